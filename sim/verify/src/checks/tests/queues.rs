//! Command queues: what only they take, what they do not, and buffers that can never complete.

use std::num::NonZeroU32;

use diagnostic::Code::{self, Deadlock, Malformed};
use machine::Machine;
use program::dtype::DType::F32;
use program::tl::{Recording, SharedEvent, Tl};
use program::{EventId, Op, Program, QueueOp};

use super::{at, reasons};
use crate::samples::{relay, tiny};
use crate::verify;

pub(super) const ONE: NonZeroU32 = NonZeroU32::MIN;

pub(super) fn metal() -> Machine {
    Machine::preset("metal4").expect("a preset")
}

/// Two devices with an event each.
pub(super) fn pair(mut kernel: impl FnMut(&mut Tl, [SharedEvent; 2])) -> Program {
    let mut recording = Recording::new("pair", 2);
    let events = [recording.event(), recording.event()];
    recording.record(|tl| kernel(tl, events)).expect("a kernel without mistakes")
}

pub(super) fn pass(tl: &mut Tl) {
    let x = tl.tile([4], F32);
    tl.to(x).fill(1.0);
}

/// Rank 0 produces, rank 1 consumes.
pub(super) fn produced() -> Program {
    pair(|tl, [event, _]| {
        if tl.rank() == 0 {
            pass(tl);
            tl.event_signal(event, ONE);
        } else {
            tl.event_wait(event, ONE);
            pass(tl);
        }
        tl.commit();
    })
}

/// Each waits in the same buffer in which it signals.
pub(super) fn crossed() -> Program {
    pair(|tl, [a, b]| {
        let (mine, theirs) = if tl.rank() == 0 { (a, b) } else { (b, a) };
        tl.event_wait(theirs, ONE);
        pass(tl);
        tl.event_signal(mine, ONE);
        tl.commit();
    })
}

/// Each waits in one buffer and signals in the next.
pub(super) fn crossed_in_turn() -> Program {
    pair(|tl, [a, b]| {
        let (mine, theirs) = if tl.rank() == 0 { (a, b) } else { (b, a) };
        tl.event_wait(theirs, ONE);
        tl.commit();
        pass(tl);
        tl.event_signal(mine, ONE);
        tl.commit();
    })
}

/// The second buffer writes what the first, which waits for it, writes.
pub(super) fn tracked() -> Program {
    pair(|tl, [event, _]| {
        let x = tl.tile([4], F32);
        tl.event_wait(event, ONE);
        tl.to(x).fill(1.0);
        tl.commit();
        tl.to(x).fill(2.0);
        tl.event_signal(event, ONE);
        tl.commit();
    })
}

#[test]
fn buffers_that_wait_for_what_is_signalled_are_verified() {
    let serial = metal().with_queue_model(machine::QueueModel::Serial).expect("a machine");
    let untracked = metal().with_tracked(false).expect("a machine");
    let mut vacuous = produced();
    vacuous.ranks[1].ops[0] = Op::Queue(QueueOp::EventWait { event: EventId(1), value: 0 });
    for (case, program, machine) in [
        ("produced", produced(), metal()),
        ("produced, serial", produced(), serial),
        ("a wait for 0", vacuous, metal()),
        ("crossed in turn", crossed_in_turn(), metal()),
        ("tracked", tracked(), untracked),
    ] {
        verify(program, &machine).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
    }
}

type Expected = (Code, u32, u32, &'static str);

/// Each program is refused on its machine for just these reasons: kind, rank, op, and words of it.
fn check(cases: &[(&str, Program, Machine, &[Expected])]) {
    for (case, program, machine, expected) in cases {
        let expected: &[Expected] = expected;
        let reasons = reasons(program.clone(), machine, case);
        let found: Vec<_> = reasons.iter().map(|r| (r.code, at(r))).collect();
        let wanted: Vec<_> =
            expected.iter().map(|&(code, rank, op, _)| (code, (Some(rank), Some(op)))).collect();
        assert_eq!(found, wanted, "{case}: {reasons:?}");
        for (reason, (.., says)) in reasons.iter().zip(expected) {
            let said = format!("{}: {}; {}", reason.place_text(), reason.message(), reason.repair_text());
            assert!(said.contains(says), "{case}: {said}, not {says}");
        }
    }
}

/// A program of two devices, changed.
fn changed(change: fn(&mut Program)) -> Program {
    let mut program = produced();
    change(&mut program);
    program
}

#[test]
fn what_does_not_fit_the_machine_is_refused_with_its_repair() {
    check(&[
        (
            "no queues",
            produced(),
            tiny(),
            &[
                (
                    Malformed,
                    0,
                    1,
                    "has no command queues; choose a machine with command queues, such as `metal4`",
                ),
                (Malformed, 1, 0, "has no command queues"),
            ],
        ),
        (
            "rings",
            relay(),
            metal(),
            &[
                (Malformed, 0, 2, "has command queues and no rings; pass tensors through shared memory"),
                (Malformed, 1, 2, "no rings"),
                (Malformed, 2, 2, "no rings"),
            ],
        ),
    ]);
}

#[test]
fn what_is_not_committed_or_signalled_is_refused_with_its_repair() {
    let waits_early = pair(|tl, _| {
        let x = tl.tile([4], F32);
        let filled = tl.to(x).fill(1.0);
        tl.wait(&[filled]);
        tl.commit();
    });
    check(&[
        (
            "never committed",
            changed(|p| {
                p.ranks[0].ops.pop();
                p.ranks[0].sources.pop();
            }),
            metal(),
            &[(Malformed, 0, 0, "it is never committed, so it never runs; `commit` after the last pass")],
        ),
        (
            "waits before the commit",
            waits_early,
            metal(),
            &[
                (Deadlock, 0, 1, "waits for op 0, whose command buffer is not committed yet"),
                (Deadlock, 1, 1, ""),
            ],
        ),
        (
            "never signalled",
            changed(|p| p.ranks[0].ops[1] = Op::Queue(QueueOp::EventSignal { event: EventId(1), value: 1 })),
            metal(),
            &[(Deadlock, 1, 0, "event0: it waits for 1, and no op signals the event")],
        ),
        (
            "signalled too low",
            changed(|p| p.ranks[1].ops[0] = Op::Queue(QueueOp::EventWait { event: EventId(0), value: 3 })),
            metal(),
            &[(Deadlock, 1, 0, "it waits for 3, and the largest value signalled is 1")],
        ),
    ]);
}

#[test]
fn an_event_that_does_not_exist_is_refused() {
    let mut program = produced();
    program.ranks[0].ops[1] = Op::Queue(QueueOp::EventSignal { event: EventId(7), value: 1 });
    let reasons = reasons(program, &metal(), "event7");
    assert!(reasons[0].message().contains("event7 does not exist"), "{reasons:?}");
    assert!(reasons[0].repair_text().contains("declare it with `event`"), "{reasons:?}");
}
