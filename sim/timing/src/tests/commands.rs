//! Command queues: what starts when under each model, and what is recorded of the waits.

use std::num::NonZeroU32;

use machine::Machine;
use oplog::{OpLog, RunId, StallReason};
use program::op::BusyUnit::{Gemm, Math};
use program::tl::{Recording, SharedEvent, Tl};
use program::{DType, Op, Program, QueueOp};

use super::{cycles, line, stalls};

use StallReason::{Commit, Event, Queue, Tracked, Wait};

const ONE: NonZeroU32 = NonZeroU32::MIN;

fn devices(n: u32, model: &str, more: &str) -> Machine {
    line(n, &format!("sync = \"explicit\"\n[math]\nlanes = 1\n[queue]\nmodel = \"{model}\"\n{more}"))
}

fn record(n: u32, mut kernel: impl FnMut(&mut Tl, SharedEvent)) -> Program {
    let mut recording = Recording::new("queues", n);
    let event = recording.event();
    recording.record(|tl| kernel(tl, event)).expect("a program")
}

fn run(program: &Program, machine: &Machine) -> OpLog {
    let verified = verify::verify(program.clone(), machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    crate::run(&verified, RunId::default()).expect("a run that ends")
}

/// Start and done of an op, and its waits: reason, from, to. All in cycles.
type Seen = ([u64; 2], Vec<(StallReason, u64, u64)>);

fn seen(log: &OpLog, rank: u32, op: u32) -> Seen {
    let [_, start, done] = cycles(log, rank, op);
    ([start, done], stalls(log, rank, op))
}

/// What is seen of ops, by rank and index, under each model.
fn check(program: &Program, serial: &[(u32, u32, Seen)], overlap: &[(u32, u32, Seen)]) {
    for (model, expected) in [("serial", serial), ("overlap", overlap)] {
        let log = run(program, &devices(program.n_ranks(), model, ""));
        for (rank, op, wanted) in expected {
            assert_eq!(seen(&log, *rank, *op), *wanted, "{model}: rank{rank} op{op}");
        }
    }
}

#[test]
fn a_buffer_starts_when_its_predecessor_has_completed_or_started() {
    let program = record(1, |tl, _| {
        tl.busy(Math, 10);
        tl.commit();
        tl.busy(Gemm, 5);
        tl.commit();
    });
    check(
        &program,
        &[
            (0, 1, ([0, 10], vec![])),
            (0, 2, ([10, 15], vec![(Queue, 0, 10)])),
            // A commit is done when its buffer has completed.
            (0, 3, ([0, 15], vec![])),
        ],
        &[(0, 1, ([0, 10], vec![])), (0, 2, ([0, 5], vec![])), (0, 3, ([0, 5], vec![]))],
    );
}

#[test]
fn passes_of_one_buffer_run_one_after_another_and_a_unit_runs_one_at_a_time() {
    let program = record(1, |tl, _| {
        tl.busy(Math, 10);
        tl.busy(Gemm, 5);
        tl.commit();
        tl.busy(Math, 3);
        tl.commit();
    });
    let second = (0, 1, ([10, 15], vec![(Queue, 0, 10)]));
    // The unit has another pass until then, which is no wait of its own.
    let overlapped = (0, 3, ([10, 13], vec![]));
    check(&program, &[second.clone(), (0, 3, ([15, 18], vec![(Queue, 0, 15)]))], &[second, overlapped]);
}

#[test]
fn an_event_gates_only_later_passes_of_its_buffer() {
    let program = record(2, |tl, event| {
        if tl.rank() == 0 {
            tl.busy(Math, 20);
            tl.event_signal(event, ONE);
            tl.busy(Math, 2);
            tl.commit();
            return;
        }
        tl.busy(Gemm, 1);
        tl.event_wait(event, ONE);
        tl.busy(Gemm, 2);
        tl.commit();
        tl.busy(Math, 3);
        tl.commit();
    });
    let gated = [
        // The signal takes effect before the buffer is through.
        (0, 1, ([20, 20], vec![])),
        (1, 0, ([0, 1], vec![])),
        (1, 1, ([1, 20], vec![])),
        (1, 2, ([20, 22], vec![(Queue, 0, 1), (Event, 1, 20)])),
    ];
    let serial = [&gated[..], &[(1, 4, ([22, 25], vec![(Queue, 0, 22)]))]].concat();
    let overlap = [&gated[..], &[(1, 4, ([0, 3], vec![]))]].concat();
    check(&program, &serial, &overlap);
}

#[test]
fn a_buffer_that_only_waits_gates_later_buffers_in_a_serial_queue_alone() {
    let program = record(2, |tl, event| {
        if tl.rank() == 0 {
            tl.busy(Math, 20);
            tl.event_signal(event, ONE);
        } else {
            tl.event_wait(event, ONE);
            tl.commit();
            tl.busy(Gemm, 2);
        }
        tl.commit();
    });
    let waits = (1, 1, ([0, 20], vec![]));
    check(
        &program,
        &[waits.clone(), (1, 2, ([20, 22], vec![(Queue, 0, 20)]))],
        &[waits, (1, 2, ([0, 2], vec![]))],
    );
}

#[test]
fn a_wait_for_0_waits_for_nothing() {
    let mut program = record(2, |tl, event| {
        if tl.rank() == 0 {
            tl.busy(Math, 20);
            tl.event_signal(event, ONE);
        } else {
            tl.event_wait(event, ONE);
            tl.busy(Gemm, 2);
        }
        tl.commit();
    });
    for rank in &mut program.ranks {
        for op in &mut rank.ops {
            if let Op::Queue(QueueOp::EventSignal { value, .. } | QueueOp::EventWait { value, .. }) = op {
                *value = 0;
            }
        }
    }
    let at_once = [(1, 0, ([0, 0], vec![])), (1, 1, ([0, 2], vec![])), (0, 1, ([20, 20], vec![]))];
    check(&program, &at_once, &at_once);
}

#[test]
fn the_host_waits_for_a_pass_or_for_a_whole_buffer() {
    let program = record(1, |tl, _| {
        let first = tl.busy(Math, 4);
        tl.busy(Math, 6);
        let all = tl.commit();
        tl.wait(&[first]);
        tl.busy(Gemm, 1);
        tl.wait(&[all]);
        tl.commit();
    });
    let seen = [
        (0, 3, ([0, 4], vec![(Wait, 0, 4)])),
        (0, 5, ([4, 10], vec![(Wait, 4, 10)])),
        (0, 4, ([10, 11], vec![(Commit, 4, 10)])),
    ];
    check(&program, &seen, &seen);
}

#[test]
fn encoding_takes_the_hosts_time_and_nothing_runs_before_its_commit() {
    let program = record(1, |tl, _| {
        tl.busy(Math, 1);
        tl.busy(Gemm, 1);
        tl.commit();
    });
    let log = run(&program, &devices(1, "overlap", "[pe]\nissue_cycles = 3\n"));
    assert_eq!([0, 1, 2].map(|op| cycles(&log, 0, op)), [[0, 6, 7], [3, 7, 8], [6, 6, 8]]);
    assert_eq!(stalls(&log, 0, 0), [(Commit, 0, 6)]);
    assert_eq!(stalls(&log, 0, 1), [(Commit, 3, 6), (Queue, 6, 7)]);
}

#[test]
fn a_tracking_queue_orders_passes_that_touch_the_same_bytes() {
    let program = record(1, |tl, _| {
        let x = tl.tile([8], DType::F32);
        let y = tl.tile([8], DType::F32);
        tl.to(x).fill(1.0); // 0: writes x, 8 cycles
        tl.commit();
        tl.copy(x, y); // 2: reads x, 1 cycle
        tl.commit();
        let done = tl.to(x).fill(2.0); // 4: overwrites x
        tl.commit();
        tl.wait(&[done]);
    });
    let tracked = run(&program, &devices(1, "overlap", ""));
    assert_eq!(seen(&tracked, 0, 2), ([8, 9], vec![(Tracked, 0, 8)]));
    assert_eq!(seen(&tracked, 0, 4), ([9, 17], vec![(Tracked, 0, 9)]));
    let untracked = run(&program, &devices(1, "overlap", "tracked = false\n"));
    assert_eq!(seen(&untracked, 0, 2), ([0, 1], vec![]));
    // Its unit still runs one pass at a time.
    assert_eq!(seen(&untracked, 0, 4), ([8, 16], vec![]));
}

#[test]
fn the_host_copies_at_the_rate_of_the_memory_and_is_held_meanwhile() {
    let hbm = "[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 10\nburst_bytes = 64\n";
    let mut recording = Recording::new("mask", 1);
    let x = recording.input("x", [640], DType::U8);
    let x = recording.input_share(x, 0, [0], [640]);
    let mask = recording.scratch("mask", 0, [640], DType::U8);
    let program = recording.record(|tl| {
        tl.busy(Math, 1);
        tl.commit();
        tl.host_copy(tl.tensor(x), tl.tensor(mask));
        tl.busy(Math, 1);
        tl.commit();
    });
    let log = run(&program.expect("a program"), &devices(1, "overlap", hbm));
    // 80 cycles to read, then 80 to write the same channel, and its latency; passes go on meanwhile.
    assert_eq!(cycles(&log, 0, 2), [0, 0, 170]);
    assert_eq!(cycles(&log, 0, 0), [0, 0, 1]);
    assert_eq!(cycles(&log, 0, 3), [170, 170, 171]);
}
