//! A stop that only timing shows. No verified program has one, so these are changed after they were verified.

use std::num::NonZeroU32;
use std::sync::Arc;

use machine::{Machine, QueueModel};
use oplog::RunId;
use program::dtype::DType::F16;
use program::op::SemaphoreId;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{EventId, Op, Program, QueueOp, SyncOp};
use verify::{Deadlock, verify};

use crate::TimingError;

fn record(slots: u32, kernel: impl FnMut(&mut Tl)) -> Program {
    let mut recording = Recording::new("stuck", 2);
    recording.links(Topology::Line, slots, 64, SlotPlace::Tcm);
    recording.record(kernel).expect("a kernel without mistakes")
}

/// Both wait for two of their sends before they receive.
fn opposite() -> Program {
    record(2, |tl| {
        let side = if tl.rank() == 0 { Direction::Right } else { Direction::Left };
        let x = tl.full([8], F16, 1.0);
        for _ in 0..2 {
            let sent = tl.send(side, x);
            tl.wait(&[sent]);
        }
        for _ in 0..2 {
            let got = tl.recv(side, [8], F16);
            tl.release(got);
        }
    })
}

/// Each signals the other, and waits for its signal.
fn signals() -> Program {
    record(1, |tl| {
        let semaphore = tl.semaphore();
        tl.signal(semaphore, 1 - tl.rank(), 1, &[]);
        tl.wait_ge(semaphore, 1);
    })
}

/// Rank 0 sends before the barrier, and rank 1 receives after it.
fn barrier() -> Program {
    record(1, |tl| {
        if tl.rank() == 0 {
            let x = tl.full([8], F16, 1.0);
            tl.send(Direction::Right, x);
            tl.barrier();
        } else {
            tl.barrier();
            let got = tl.recv(Direction::Left, [8], F16);
            tl.release(got);
        }
    })
}

/// Each signals in one buffer, and waits for the other in the next.
fn queues() -> Program {
    let mut recording = Recording::new("stuck", 2);
    let events = [recording.event(), recording.event()];
    let kernel = |tl: &mut Tl| {
        let (mine, theirs) = (events[tl.rank() as usize], events[1 - tl.rank() as usize]);
        let x = tl.tile([8], F16);
        tl.event_signal(mine, NonZeroU32::MIN);
        tl.commit();
        tl.event_wait(theirs, NonZeroU32::MIN);
        tl.to(x).fill(1.0);
        tl.commit();
        tl.to(x).fill(2.0);
        tl.commit();
    };
    recording.record(kernel).expect("a kernel without mistakes")
}

fn one_slot(program: &mut Program) {
    program.rings.iter_mut().for_each(|ring| ring.n_slots = 1);
}
fn waits_first(program: &mut Program) {
    program.ranks.iter_mut().for_each(|rank| rank.ops.swap(0, 1));
}
fn waits_for_more(program: &mut Program) {
    program.ranks[1].ops[1] = Op::Sync(SyncOp::WaitGe { semaphore: SemaphoreId(0), value: 2 });
}
fn receives_before_the_barrier(program: &mut Program) {
    program.ranks[0].ops.swap(1, 2);
    program.ranks[1].ops.swap(0, 1);
}
fn waits_in_the_first_buffer(program: &mut Program) {
    program.ranks.iter_mut().for_each(|rank| rank.ops.swap(0, 2));
}
fn does_not_signal(program: &mut Program) {
    program.ranks[1].ops[0] = Op::Queue(QueueOp::EventSignal { event: EventId(0), value: 1 });
}

#[test]
fn timing_and_the_verifier_say_the_same_of_a_deadlock() {
    type Case<'a> = (&'static str, &'a Machine, Program, fn(&mut Program));
    let [tiny, overlap] = ["tiny", "metal4"].map(|name| Machine::preset(name).expect("a preset"));
    let serial = overlap.with_queue_model(QueueModel::Serial).expect("a machine");
    let cases: [Case<'_>; 7] = [
        ("slots", &tiny, opposite(), one_slot),
        ("semaphores", &tiny, signals(), waits_first),
        ("a semaphore too high", &tiny, signals(), waits_for_more),
        ("barrier", &tiny, barrier(), receives_before_the_barrier),
        ("serial queues", &serial, queues(), waits_in_the_first_buffer),
        ("an event, in a serial queue", &serial, queues(), does_not_signal),
        // The last buffer stands behind a pass that it is tracked against.
        ("an event", &overlap, queues(), does_not_signal),
    ];
    for (case, machine, mut program, change) in cases {
        let mut verified = verify(program.clone(), machine).expect(case);
        change(&mut program);
        let refusal = verify(program.clone(), machine).map(|_| ()).expect_err(case);
        let refused = refusal.deadlock.expect(case);
        verified.program = Arc::new(program);
        let stopped = crate::run(&verified, RunId::default()).map(|_| ()).expect_err(case);
        let TimingError::Deadlock { deadlock: stopped, .. } = stopped else { panic!("{case}: {stopped}") };
        assert!(stopped.repair.contains("a mistake of the simulator"), "{case}: {stopped}");
        let same_repair = Deadlock {
            repair: refused.repair.clone(),
            edits: refused.edits.clone(),
            smallest_slots: refused.smallest_slots,
            ..*stopped
        };
        assert_eq!(same_repair, *refused, "{case}");
    }
}
