//! Refusals and deadlocks as diagnostics.

use diagnostic::fact::Observed;
use diagnostic::{Access, Code, Deadlock, Diagnostic, Does, Fact};
use replay::ReplayError;
use timing::TimingError;

use crate::error::Error;

/// The diagnostics that an error amounts to; none when it is about files or arguments.
pub fn of_error(error: &Error) -> Vec<Diagnostic> {
    match error {
        Error::Refused(refusal) => {
            let with_cycle = |reason: &Diagnostic| match refusal.deadlock.as_deref() {
                Some(deadlock) if is_cycle(reason, deadlock) => {
                    Diagnostic { accesses: deadlock.diagnostic(None).accesses, ..reason.clone() }
                }
                Some(_) | None => reason.clone(),
            };
            refusal.reasons.iter().map(with_cycle).collect()
        }
        Error::Timing(TimingError::Deadlock { deadlock, .. }) => vec![deadlock.diagnostic(None)],
        Error::Replay(ReplayError::Op { op, source }) => {
            let why = source.to_string();
            let access = Access::new((**op).clone(), Does::Names);
            let found = Diagnostic::new(Code::Malformed, Fact::Observed(Box::new(Observed::NoValue { why })));
            vec![Diagnostic { accesses: vec![access], ..found }]
        }
        Error::Timing(TimingError::TooLong { .. })
        | Error::Replay(_)
        | Error::Plan(_)
        | Error::Device(_)
        | Error::Machine(_)
        | Error::Kernel(_)
        | Error::Damaged { .. }
        | Error::Program { .. }
        | Error::System { .. }
        | Error::Panic { .. }
        | Error::Input { .. } => Vec::new(),
    }
}

/// The deadlock of an error, if it is one.
pub fn deadlock(error: &Error) -> Option<&Deadlock> {
    match error {
        Error::Refused(refusal) => refusal.deadlock.as_deref(),
        Error::Timing(TimingError::Deadlock { deadlock, .. }) => Some(deadlock),
        Error::Timing(TimingError::TooLong { .. })
        | Error::Replay(_)
        | Error::Plan(_)
        | Error::Device(_)
        | Error::Machine(_)
        | Error::Kernel(_)
        | Error::Damaged { .. }
        | Error::Program { .. }
        | Error::System { .. }
        | Error::Panic { .. }
        | Error::Input { .. } => None,
    }
}

/// Whether a reason against a program is this deadlock, and not what lies behind it.
pub fn is_cycle(reason: &Diagnostic, deadlock: &Deadlock) -> bool {
    let first = deadlock.cycle.first().map(|waiting| (waiting.op.rank, waiting.op.index));
    let is_stuck = reason.code == Code::Deadlock || reason.code == Code::SlotCount;
    is_stuck && reason.ops().next().map(|op| (op.rank, op.index)) == first
}

#[cfg(test)]
mod tests {
    use diagnostic::deadlock::{Hint, WaitsFor, WayOut};
    use diagnostic::{OpRef, Waiting};
    use machine::SimTime;
    use program::{Message, OpIndex, Rank, RingId};
    use verify::Refusal;

    use super::*;

    fn stuck() -> Deadlock {
        let waiting = |rank| Waiting {
            op: OpRef { rank: Rank(rank), index: OpIndex(4), kind: "recv", unit: None, location: None },
            waits_for: WaitsFor::Message(Message { ring: RingId(rank), number: 0 }, None),
            on: None,
        };
        let (cycle, waits) = (vec![waiting(0), waiting(1)], vec![waiting(0), waiting(1), waiting(2)]);
        Deadlock { cycle, closed: true, waits, smallest_slots: None, way_out: WayOut::untried(Hint::Send) }
    }

    #[test]
    fn a_deadlock_is_a_finding_about_its_cycle_wherever_it_shows() {
        let reason = stuck().diagnostic(None);
        assert_eq!(reason.message(), "the program cannot finish: 2 ops wait for each other");
        let refused = Refusal { reasons: vec![reason], deadlock: Some(Box::new(stuck())) };
        let stopped = TimingError::Deadlock { at: SimTime::ZERO, deadlock: Box::new(stuck()) };
        let (refused, stopped) = (Error::from(refused), Error::from(stopped));
        assert_eq!(of_error(&refused), of_error(&stopped));
        assert_eq!(of_error(&refused)[0].accesses.len(), 2);
        assert_eq!((deadlock(&refused), deadlock(&stopped)), (Some(&stuck()), Some(&stuck())));
    }
}
