//! What stops a program, as diagnostics.

use diagnostic::fact::Observed;
use diagnostic::{Access, Code, Deadlock, Diagnostic, Does, Fact};
use replay::ReplayError;
use timing::TimingError;
use verify::deadlock::Waiting;
use verify::{Deadlock, Refused};

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
            let found = Diagnostic::new(Code::Malformed, Fact::Observed(Observed::NoValue { why }));
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
        | Error::Input { .. } => Vec::new(),
    }
}

/// Who waits for whom, when that is why nothing goes on.
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
        | Error::Input { .. } => None,
    }
}

/// Whether a reason against a program is this deadlock, and not what lies behind it.
pub fn is_cycle(reason: &Diagnostic, deadlock: &Deadlock) -> bool {
    let first = deadlock.cycle.first().map(|waiting| (waiting.op.rank, waiting.op.index));
    let is_stuck = reason.code == Code::Deadlock || reason.code == Code::SlotCount;
    is_stuck && reason.ops().next().map(|op| (op.rank, op.index)) == first
}
