//! Command queues that cannot finish: who waits for whom, and the repairs that were tried, word for word.

use machine::{Machine, QueueModel};
use program::dtype::DType::F32;
use program::{EventId, Op, Program, QueueOp};

use super::queues::{ONE, crossed, crossed_in_turn, metal, pair, pass, produced, tracked};
use crate::verify;

/// Rank 1 waits for what nobody signals.
fn never_signalled() -> Program {
    let mut program = produced();
    let ops = &mut program.ranks[0].ops;
    ops.retain(|op| !matches!(op, Op::Queue(QueueOp::EventSignal { .. })));
    program
}

/// Rank 1 waits for more than is signalled.
fn too_high() -> Program {
    let mut program = produced();
    program.ranks[1].ops[0] = Op::Queue(QueueOp::EventWait { event: EventId(0), value: 3 });
    program
}

/// The event is signalled for another, and both ranks wait.
fn handshake() -> Program {
    pair(|tl, [there, back]| {
        if tl.rank() == 0 {
            tl.event_signal(there, ONE);
            tl.event_wait(back, ONE);
            pass(tl);
        } else {
            tl.event_wait(there, ONE);
            pass(tl);
        }
        tl.commit();
    })
}

/// Each host waits for a buffer that waits for one which it has not committed yet.
fn waits_too_early() -> Program {
    pair(|tl, [event, _]| {
        tl.event_wait(event, ONE);
        pass(tl);
        let first = tl.commit();
        tl.wait(&[first]);
        pass(tl);
        tl.event_signal(event, ONE);
        tl.commit();
    })
}

/// Each host waits for a pass before it commits it.
fn waits_before_the_commit() -> Program {
    pair(|tl, _| {
        let x = tl.tile([4], F32);
        let filled = tl.to(x).fill(1.0);
        tl.wait(&[filled]);
        tl.commit();
    })
}

/// The cycle, how it ends, and the repair, which is tried once more; `None` where none was found.
fn check(
    case: &str,
    mut program: Program,
    machine: &Machine,
    cycle: &[&str],
    closed: bool,
    repair: Option<&str>,
) {
    // Without sources the text does not depend on the lines of these files.
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    let refusal = verify(program.clone(), machine).map(|_| ()).expect_err(case);
    let deadlock = refusal.deadlock.expect(case);
    let links: Vec<String> = deadlock.cycle.iter().map(ToString::to_string).collect();
    assert_eq!(links, cycle, "{case}");
    assert_eq!((deadlock.closed, deadlock.smallest_slots), (closed, None), "{case}");
    let Some(repair) = repair else {
        assert!(
            deadlock.way_out.to_string().ends_with("; no change that was tried is enough"),
            "{case}: {deadlock}"
        );
        return assert!(deadlock.way_out.changes.is_empty(), "{case}: {deadlock}");
    };
    assert_eq!(deadlock.way_out.to_string(), format!("{repair}: tried, and it then finishes"), "{case}");
    let changed = deadlock.way_out.apply(&program);
    verify(changed, machine).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
}

#[test]
fn an_event_that_nobody_signals_is_named_and_signalled() {
    check(
        "an event that nobody signals",
        never_signalled(),
        &metal(),
        &["rank 1, op 0 (event_wait) waits for event0 to reach 1: it is 0, and no op signals it"],
        false,
        Some("on rank 0, `event_signal` event0 with 1 before rank 0, op 1 (commit)"),
    );
    check(
        "a wait for more than is signalled",
        too_high(),
        &metal(),
        &[
            "rank 1, op 0 (event_wait) waits for event0 to reach 3: it is 1, and no op signals a value so large",
        ],
        false,
        Some("raise the value of rank 0, op 1 (event_signal) for event0 by 2, to 3"),
    );
    check(
        "an answer that is never signalled",
        handshake(),
        &metal(),
        &["rank 0, op 1 (event_wait) waits for event1 to reach 1: it is 0, and no op signals it"],
        false,
        Some("on rank 1, `event_signal` event1 with 1 before rank 1, op 2 (commit)"),
    );
}

#[test]
fn queues_that_wait_for_each_other_are_named_and_repaired() {
    check(
        "each waits in the buffer in which it signals",
        crossed(),
        &metal(),
        &[
            "rank 0, op 0 (event_wait) waits for event1 to reach 1: it is 0, signalled by rank 1, op 2 (event_signal), \
             behind op 0",
            "rank 1, op 0 (event_wait) waits for event0 to reach 1: it is 0, signalled by rank 0, op 2 (event_signal), \
             behind op 0",
        ],
        true,
        Some("move rank 0, op 2 (event_signal) before rank 0, op 0 (event_wait), with op 1 that it needs"),
    );
    let serial = metal().with_queue_model(QueueModel::Serial).expect("a machine");
    check(
        "each waits in one buffer and signals in the next, of a serial queue",
        crossed_in_turn(),
        &serial,
        &[
            "rank 0, op 0 (event_wait) waits for event1 to reach 1: it is 0, signalled by rank 1, op 3 (event_signal), \
             behind op 2",
            "rank 1, op 2 (fill) waits for the command buffer before it: rank 1, op 1 (commit), behind op 0",
            "rank 1, op 0 (event_wait) waits for event0 to reach 1: it is 0, signalled by rank 0, op 3 (event_signal), \
             behind op 2",
            "rank 0, op 2 (fill) waits for the command buffer before it: rank 0, op 1 (commit), behind op 0",
        ],
        true,
        None,
    );
    check(
        "a pass is tracked behind one that waits",
        tracked(),
        &metal(),
        &[
            "rank 0, op 0 (event_wait) waits for event0 to reach 1: it is 0, signalled by rank 0, op 4 (event_signal), \
             behind op 3",
            "rank 0, op 3 (fill) waits for bytes held by rank 0, op 1 (fill), behind op 0",
        ],
        true,
        Some("move rank 0, op 1 (fill) before rank 0, op 0 (event_wait)"),
    );
}

#[test]
fn a_host_that_waits_for_what_it_has_yet_to_commit_is_named_and_repaired() {
    check(
        "a buffer that waits for one that is not committed",
        waits_too_early(),
        &metal(),
        &[
            "rank 0, op 0 (event_wait) waits for event0 to reach 1: it is 0, signalled by rank 0, op 5 (event_signal), \
             committed by op 6, behind op 3",
            "rank 0, op 3 (wait) waits for rank 0, op 2 (commit), behind op 0",
        ],
        true,
        Some("move rank 0, op 6 (commit) before rank 0, op 3 (wait), with 2 ops from op 4 on that it needs"),
    );
    check(
        "a pass that is not committed",
        waits_before_the_commit(),
        &metal(),
        &["rank 0, op 1 (wait) waits for rank 0, op 0 (fill), committed by op 2, behind op 1"],
        true,
        Some(
            "move rank 0, op 2 (commit) before rank 0, op 1 (wait); then move rank 1, op 2 (commit) before rank 1, op 1 (wait)",
        ),
    );
}
