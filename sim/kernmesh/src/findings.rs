//! What stops a program, in the words that findings have.

use oplog::{Finding, FindingKind, FindingOp};
use program::RefusalKind;
use replay::ReplayError;
use serde::Serialize;
use timing::TimingError;
use verify::deadlock::Waiting;
use verify::{Deadlock, Refused};

use crate::error::Error;
use crate::steps::EditStep;

/// A finding, and its repair in the terms of Program JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Found {
    #[serde(flatten)]
    pub finding: Finding,
    /// `None` when only the author can make it, or when nobody asked.
    pub edit: Option<Vec<EditStep>>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Found {
        Found { finding, edit: None }
    }
}

/// The findings that an error amounts to; none when it is about files or arguments.
pub fn of_error(error: &Error) -> Vec<Finding> {
    match error {
        Error::Refused(refusal) => {
            let of_reason = |reason| match refusal.deadlock.as_deref().filter(|it| says(reason, it)) {
                Some(deadlock) => Finding { ops: cycle_of(deadlock), ..of_refused(reason) },
                None => of_refused(reason),
            };
            refusal.reasons.iter().map(of_reason).collect()
        }
        Error::Timing(TimingError::Deadlock { deadlock, .. }) => vec![of_deadlock(deadlock)],
        Error::Replay(ReplayError::Op { place, source }) => {
            vec![Finding { place: place.clone(), message: source.to_string(), ..bare() }]
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
fn says(reason: &Refused, deadlock: &Deadlock) -> bool {
    let first = deadlock.cycle.first().map(|waiting| (Some(waiting.rank), Some(waiting.index)));
    matches!(reason.kind, RefusalKind::Deadlock | RefusalKind::SlotCount)
        && first == Some((reason.rank, reason.op))
}

fn cycle_of(deadlock: &Deadlock) -> Vec<FindingOp> {
    let op = |waiting: &Waiting| FindingOp {
        rank: waiting.rank,
        index: waiting.index,
        op: waiting.op.clone(),
        unit: String::new(),
        source: waiting.source.clone(),
    };
    deadlock.cycle.iter().map(op).collect()
}

fn of_refused(reason: &Refused) -> Finding {
    let op = |(rank, index)| FindingOp {
        rank,
        index,
        op: reason.op_kind.clone(),
        unit: String::new(),
        source: reason.source.clone(),
    };
    let place = match (reason.rank, reason.op) {
        (Some(rank), None) if reason.place.is_empty() => format!("rank {rank}"),
        (Some(rank), None) => format!("rank {rank}, {}", reason.place),
        (Some(_) | None, _) => reason.place.clone(),
    };
    Finding {
        kind: kind(reason.kind),
        ops: reason.rank.zip(reason.op).map(op).into_iter().collect(),
        place,
        message: reason.message.clone(),
        repair: reason.repair.clone(),
        ..bare()
    }
}

fn of_deadlock(deadlock: &Deadlock) -> Finding {
    Finding {
        kind: FindingKind::Deadlock,
        ops: cycle_of(deadlock),
        message: format!("the program cannot finish: {}", deadlock.clause()),
        repair: deadlock.repair.clone(),
        ..bare()
    }
}

fn bare() -> Finding {
    Finding {
        kind: FindingKind::Malformed,
        ops: Vec::new(),
        place: String::new(),
        bytes: None,
        message: String::new(),
        missing: String::new(),
        repair: String::new(),
        value_differed: None,
        slack_fs: None,
    }
}

fn kind(kind: RefusalKind) -> FindingKind {
    match kind {
        RefusalKind::UseAfterRelease => FindingKind::UseAfterRelease,
        RefusalKind::DoubleRelease => FindingKind::DoubleRelease,
        RefusalKind::Semaphore => FindingKind::Semaphore,
        RefusalKind::OutOfBounds => FindingKind::OutOfBounds,
        RefusalKind::UnmatchedSend => FindingKind::UnmatchedSend,
        RefusalKind::UnmatchedRecv => FindingKind::UnmatchedRecv,
        RefusalKind::Mismatch => FindingKind::Mismatch,
        RefusalKind::SlotCount => FindingKind::SlotCount,
        RefusalKind::Capacity => FindingKind::Capacity,
        RefusalKind::Deadlock => FindingKind::Deadlock,
        RefusalKind::Malformed => FindingKind::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use machine::SimTime;
    use verify::Refusal;

    use super::*;

    #[test]
    fn a_refusal_is_a_list_of_findings() {
        let reason = Refused {
            rank: Some(1),
            op: Some(7),
            kind: RefusalKind::OutOfBounds,
            op_kind: "load".to_owned(),
            source: "k.rs:3:5".to_owned(),
            place: "tensor `q`".to_owned(),
            message: "it ends at byte 130 of 128".to_owned(),
            repair: "load less".to_owned(),
        };
        let of_rank = Refused { op: None, kind: RefusalKind::Capacity, ..reason.clone() };
        let found = of_error(&Refusal { reasons: vec![reason, of_rank], deadlock: None }.into());
        assert_eq!((found[0].kind, &found[0].place[..]), (FindingKind::OutOfBounds, "tensor `q`"));
        assert_eq!((found[0].ops[0].rank, found[0].ops[0].index), (1, 7));
        assert_eq!((found[1].ops.len(), &found[1].place[..]), (0, "rank 1, tensor `q`"));
    }

    fn stuck() -> Deadlock {
        let waiting = |rank| Waiting {
            rank,
            index: 4,
            op: "recv".to_owned(),
            waits_for: "a message".to_owned(),
            source: String::new(),
            on: None,
        };
        Deadlock {
            cycle: vec![waiting(0), waiting(1)],
            closed: true,
            waits: vec![waiting(0), waiting(1), waiting(2)],
            smallest_slots: None,
            repair: "send first".to_owned(),
            edits: Vec::new(),
        }
    }

    #[test]
    fn a_deadlock_is_a_finding_about_its_cycle_wherever_it_shows() {
        let reason = Refused {
            rank: Some(0),
            op: Some(4),
            kind: RefusalKind::Deadlock,
            op_kind: "recv".to_owned(),
            source: String::new(),
            place: String::new(),
            message: "the program cannot finish: 2 ops wait for each other".to_owned(),
            repair: "send first".to_owned(),
        };
        let refused = Refusal { reasons: vec![reason], deadlock: Some(Box::new(stuck())) };
        let stopped = TimingError::Deadlock { at: SimTime::ZERO, deadlock: Box::new(stuck()) };
        let (refused, stopped) = (Error::from(refused), Error::from(stopped));
        assert_eq!(of_error(&refused), of_error(&stopped));
        assert_eq!(of_error(&refused)[0].ops.len(), 2);
        assert_eq!((deadlock(&refused), deadlock(&stopped)), (Some(&stuck()), Some(&stuck())));
    }
}
