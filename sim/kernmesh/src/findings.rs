//! What stops a program, in the words that findings have.

use oplog::{Finding, FindingKind, FindingOp};
use program::{RefusalKind, Refused};
use replay::ReplayError;
use timing::{TimingError, WaitFor};

use crate::error::Error;
use crate::summary::Wait;

/// The findings that an error amounts to; none when it is about files or arguments.
pub fn of_error(error: &Error) -> Vec<Finding> {
    match error {
        Error::Refused(refusal) => refusal.reasons.iter().map(of_refused).collect(),
        Error::Timing(TimingError::Deadlock { waits, .. }) => vec![of_deadlock(waits)],
        Error::Replay(ReplayError::Op { place, source }) => {
            vec![Finding { place: place.clone(), message: source.to_string(), ..bare() }]
        }
        Error::Timing(TimingError::TooLong { .. })
        | Error::Replay(_)
        | Error::Machine(_)
        | Error::Kernel(_)
        | Error::Damaged { .. }
        | Error::Program { .. }
        | Error::System { .. }
        | Error::Input { .. } => Vec::new(),
    }
}

/// Who waits for what, when the error is a deadlock.
pub fn waits(error: &Error) -> Vec<Wait> {
    let Error::Timing(TimingError::Deadlock { waits, .. }) = error else { return Vec::new() };
    let wait = |wait: &WaitFor| Wait {
        rank: wait.rank,
        op: wait.op,
        kind: wait.kind.to_owned(),
        source: wait.source.clone(),
        waits_for: wait.waits_for.clone(),
    };
    waits.iter().map(wait).collect()
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

fn of_deadlock(waits: &[WaitFor]) -> Finding {
    let op = |wait: &WaitFor| FindingOp {
        rank: wait.rank,
        index: wait.op,
        op: wait.kind.to_owned(),
        unit: String::new(),
        source: wait.source.clone(),
    };
    Finding {
        kind: FindingKind::Deadlock,
        ops: waits.iter().map(op).collect(),
        message: format!("nothing can happen any more, and {} ops have not ended", waits.len()),
        repair: "break the cycle of waits: receive or release earlier, or give the ring more slots"
            .to_owned(),
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
    use program::Refusal;

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
        let found = of_error(&Refusal { reasons: vec![reason, of_rank] }.into());
        assert_eq!((found[0].kind, &found[0].place[..]), (FindingKind::OutOfBounds, "tensor `q`"));
        assert_eq!((found[0].ops[0].rank, found[0].ops[0].index), (1, 7));
        assert_eq!((found[1].ops.len(), &found[1].place[..]), (0, "rank 1, tensor `q`"));
    }

    #[test]
    fn a_deadlock_names_every_wait() {
        let wait = WaitFor {
            rank: 2,
            op: 4,
            kind: "send",
            source: String::new(),
            waits_for: "a credit of ring1".to_owned(),
        };
        let error = Error::from(TimingError::Deadlock { at: SimTime::ZERO, waits: vec![wait.clone(), wait] });
        let found = of_error(&error);
        assert_eq!((found.len(), found[0].kind, found[0].ops.len()), (1, FindingKind::Deadlock, 2));
        assert_eq!(waits(&error)[0].waits_for, "a credit of ring1");
    }
}
