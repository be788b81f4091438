//! The properties can fail, and what fails becomes small.

use program::op::MoveOp;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Tl};
use program::{Base, DType, Op, Program, Rank, RankProgram};
use replay::Options;
use replay::order::{Moment, Step, swap};

use crate::properties::{Run, agree};
use crate::shrink::{places, shrink_by};
use crate::{Case, Census, Depth, Kind, Target, examine, generate, machines, without};

const DEPTH: Depth = Depth { seeds: 2, removals: 1, one_in_threads: 16 };

/// Runs of the first seeds.
fn each_run(mut visit: impl FnMut(&Case, &Run<'_>)) {
    let targets = machines();
    for seed in 0..300 {
        let case = generate(seed, &targets);
        if let Ok(run) = Run::of(&case.program, &targets[case.target], seed).expect("no property fails") {
            visit(&case, &run);
        }
    }
}

#[test]
fn a_program_that_is_wrongly_called_ordered_fails() {
    let (mut racy, mut differ) = (0, 0);
    each_run(|_, run| {
        if run.unordered && run.replayed.is_some() {
            racy += 1;
            differ += u32::from(agree(run, 3, &mut Census::default()).is_err());
        }
    });
    assert!(racy > 30 && differ * 2 > racy, "{differ} of {racy}");
}

/// Whether the program is refused because of messages or barriers.
fn is_torn(program: &Program, target: &Target) -> bool {
    use diagnostic::Code::{Malformed, UnmatchedRecv, UnmatchedSend};
    let torn = |code| [UnmatchedSend, UnmatchedRecv].contains(&code);
    let barrier =
        |reason: &diagnostic::Diagnostic| reason.code == Malformed && reason.message().contains("barrier");
    verify::verify(program.clone(), &target.machine)
        .is_err_and(|refusal| refusal.reasons.iter().any(|it| torn(it.code) || barrier(it)))
}

#[test]
fn without_an_op_messages_and_barriers_stay_whole() {
    let targets = machines();
    each_run(|case, _| {
        for (rank, index) in places(&case.program) {
            let fewer = without(&case.program, &[(rank, index)]);
            assert!(fewer.n_ops() < case.program.n_ops());
            assert!(!is_torn(&fewer, &targets[case.target]), "seed {}: without {rank} {index}", case.seed);
        }
    });
}

#[test]
fn a_failing_program_is_shrunk() {
    // A copy of a message keeps the ends of that message; one of a tile needs no other op.
    let of_tile = |rank: &RankProgram, op: &Op| {
        let Op::Move(MoveOp::Copy { from, .. }) = op else { return false };
        matches!(rank.views[from.index()].base, Base::Buffer(_))
    };
    let copied =
        |program: &Program| program.ranks.iter().any(|rank| rank.ops.iter().any(|op| of_tile(rank, op)));
    let mut shrunk = 0;
    each_run(|case, _| {
        if copied(&case.program) {
            let least = shrink_by(case.program.clone(), &copied);
            assert_eq!((least.n_ops(), copied(&least)), (1, true), "seed {}", case.seed);
            shrunk += 1;
        }
    });
    assert!(shrunk > 10, "{shrunk}");
}

const F32: DType = DType::F32;

/// Rank 1 waits for one signal: its own, or that of rank 0, which tells of a message that rank 1 sends after the wait.
#[test]
fn a_late_order_does_not_wait_for_a_signal_that_comes_after_the_wait() {
    let mut recording = Recording::new("signals", 2);
    let (producer, consumer) = (Rank(1), Rank(0));
    let (queue, n_slots, slot_bytes, place, flow) = (0, 1, 16, SlotPlace::Tcm, Flow::Credit);
    let ring = recording.ring(Ring { producer, consumer, queue, n_slots, slot_bytes, place, flow });
    let recorded = recording.record(|tl: &mut Tl| {
        let told = tl.semaphore();
        if tl.rank() == 0 {
            let (got, arrived) = tl.recv_async_ring(ring, [4], F32);
            tl.signal(told, 1, 1, &[arrived]);
            tl.release_after(got, &[arrived]);
            return;
        }
        tl.signal(told, 1, 1, &[]);
        tl.wait_ge(told, 1);
        let tile = tl.full([4], F32, 1.0);
        tl.send_ring(ring, tile);
    });
    let (targets, program) = (machines(), recorded.expect("a program"));
    let run = Run::of(&program, &targets[0], 0).expect("no property fails").expect("a run");
    assert!(!run.unordered, "{:?}", run.findings);
    assert_eq!(agree(&run, 4, &mut Census::default()), Ok(()));
}

/// Two ranks store to one tensor, with a barrier between or not.
#[test]
fn two_events_swap_when_nothing_orders_them() {
    for barrier in [false, true] {
        let mut recording = Recording::new("stores", 2);
        let shared = recording.scratch("shared", 0, [4], F32);
        let recorded = recording.record(|tl: &mut Tl| {
            let tile = tl.full([4], F32, 1.0);
            if barrier && tl.rank() == 1 {
                tl.barrier();
            }
            let stored = tl.store(tile, tl.tensor(shared));
            if barrier && tl.rank() == 0 {
                tl.wait(&[stored]);
                tl.barrier();
            }
        });
        let (targets, program) = (machines(), recorded.expect("a program"));
        let run = Run::of(&program, &targets[0], 0).expect("no property fails").expect("a run");
        let stores = [(Rank(0), 1), (Rank(1), if barrier { 2 } else { 1 })]
            .map(|(rank, op)| program.first_ops()[rank.index()] as u32 + op)
            .map(|op| Step { op, moment: Moment::End });
        let [a, b] = stores;
        let ways = [[a, b], [b, a]].map(|pair| {
            swap(&run.log, &run.flow, &run.dependencies, &run.inputs, Options::default(), pair)
                .expect("values")
                .is_some()
        });
        assert_eq!(ways, [true, !barrier], "barrier: {barrier}");
    }
}

/// Flags, sums and credits are drawn, and some of what has them is refused, racy and clean.
#[test]
fn semaphores_that_do_more_than_grow_are_drawn() {
    let targets = machines();
    let has_levels = |program: &Program| {
        let is_level = |op: &Op| matches!(op.name(), "semaphore_set" | "signal_set" | "wait_until");
        program.ranks.iter().any(|rank| rank.ops.iter().any(is_level))
    };
    let mut seen = [0; Kind::ALL.len()];
    for seed in 0..4000 {
        let case = generate(seed, &targets);
        if has_levels(&case.program) {
            let (kind, _) =
                examine(&case, &targets, DEPTH).unwrap_or_else(|it| panic!("seed {seed}: {it:?}"));
            seen[kind as usize] += 1;
        }
    }
    for kind in [Kind::Refused, Kind::Racy, Kind::Clean] {
        assert!(seen[kind as usize] > 20, "{}: {seen:?}", kind.name());
    }
}
