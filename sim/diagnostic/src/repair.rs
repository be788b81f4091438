//! The cheapest repair of a finding, in the words of `tl`.

use program::RingId;

use crate::OpRef;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// A wait for `on` before `op`, in one rank.
    Wait {
        op: OpRef,
        on: OpRef,
    },
    /// Before `op` tells another rank that `on` was issued, it waits until that has ended.
    WaitBeforeTelling {
        op: OpRef,
        on: OpRef,
    },
    /// A wait for the arrival of a message before its slot is read; `receive` is `None` when it is not found.
    WaitForArrival {
        reader: OpRef,
        receive: Option<OpRef>,
    },
    /// A wait for the command buffer of `pass`.
    WaitForCommit {
        op: OpRef,
        pass: OpRef,
    },
    /// What the host has encoded is committed before `op`, which then waits for `after`.
    CommitAndWait {
        op: OpRef,
        after: OpRef,
    },
    Signal {
        from: OpRef,
        to: OpRef,
    },
    /// A shared event between two passes.
    Event {
        from: OpRef,
        to: OpRef,
    },
    Credits {
        ring: RingId,
    },
    ReleaseAfter {
        release: OpRef,
        on: OpRef,
    },
    ReleaseOrCopy {
        receive: OpRef,
    },
    /// The slot of a message is released after the op that reads it.
    KeepSlot {
        reader: OpRef,
    },
    SumSignals {
        signalled: u64,
    },
    Contribution {
        key: u32,
        born: Option<OpRef>,
        of: Contribution,
    },
    Fixed(Advice),
}

/// Problem of a contribution to a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contribution {
    /// No op marks the key.
    Unmarked,
    Lost {
        into: OpRef,
        last: LastUse,
    },
    NotExpected {
        by: OpRef,
    },
    Twice {
        by: Option<OpRef>,
    },
}

/// Repairs that name no op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Two writes of one rank ended in the other order.
    WaitForOlderWrite,
    WriteFirst,
    StoreAll,
    CopyThroughATile,
    SumWaits,
    /// Of a semaphore that does more than grow.
    WaitForMore,
    WaitForAll,
    CountFromOne,
    WaitAtHead,
    /// The finding of the race has the repair.
    AsOfRace,
    ReadByIdentity,
    FoldInRankOrder,
    GiveAllElements,
    None,
}

/// The last op that a contribution went into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastUse {
    Op(OpRef),
    /// No op reads it.
    Unused,
    Unknown,
}

impl Repair {
    pub(crate) fn text(&self) -> String {
        match self {
            Repair::Wait { op, on } => {
                format!("`tl.wait(&[h])` before {op:#}, where h is the handle of {on:#}")
            }
            Repair::WaitBeforeTelling { op, on } => format!(
                "`tl.wait(&[h])` before {op:#}, where h is the handle of {on:#}: it tells another rank only that the op was issued"
            ),
            Repair::WaitForArrival { reader, receive: Some(receive) } => format!(
                "`tl.wait(&[h])` before {reader:#}, where h is the handle of {receive:#}; or use `tl.recv`"
            ),
            Repair::WaitForArrival { reader, receive: None } => {
                format!("`tl.wait` for the `recv_async` before {reader:#}, or use `tl.recv`")
            }
            Repair::WaitForCommit { op, pass } => format!(
                "`tl.wait(&[commit])` before {op:#}, where commit is the handle of the `tl.commit` after {pass:#}"
            ),
            Repair::CommitAndWait { op, after } if op.rank == after.rank => {
                format!("`tl.commit()` and `tl.wait(&[h])` before {op:#}, where h is the handle of {after:#}")
            }
            Repair::CommitAndWait { op, after } => format!(
                "`tl.commit()` and `tl.wait_ge(s, 1)` before {op:#}, where s is a semaphore of its own that rank {} signals once {after:#} is done",
                after.rank.0
            ),
            Repair::Signal { from, to } => format!(
                "on rank {}, `tl.signal(s, {}, 1, &[h])`, where h is the handle of {from:#} and s a semaphore of its own; on rank {}, `tl.wait_ge(s, 1)` before {to:#}",
                from.rank.0, to.rank.0, to.rank.0
            ),
            Repair::Event { from, to } => {
                let tracked = "let the queue track passes (`tracked = true`), or ";
                let tracked = if from.rank == to.rank { tracked } else { "" };
                format!(
                    "{tracked}`tl.event_signal(e, v)` after {from:#}, and `tl.event_wait(e, v)` before {to:#}, each in the same command buffer"
                )
            }
            Repair::Credits { ring } => format!(
                "give {ring} credits (`flow = credit`) and `tl.release` each slot after its last read; more slots only make the race rarer"
            ),
            Repair::ReleaseAfter { release, on } => format!(
                "`tl.release_after(tile, &[h])` instead of {release:#}, where h is the handle of {on:#}: the slot is released once that is done"
            ),
            Repair::ReleaseOrCopy { receive } => format!(
                "`tl.release` the tile of {receive:#} after its last use, or `tl.recv_into` a tile of your own"
            ),
            Repair::KeepSlot { reader } => format!(
                "release the slot after the read is done: `tl.wait(&[h])` before `tl.release`, where h is the handle of {reader:#}"
            ),
            Repair::SumSignals { signalled } => {
                format!(
                    "signal only as much as the waits ask for, or let the last `tl.wait_ge` ask for {signalled}"
                )
            }
            Repair::Contribution { key, born, of } => of_ledger(*key, born.as_ref(), of),
            Repair::Fixed(advice) => advice.text().to_owned(),
        }
    }
}

/// What to do about a contribution that is missing or there too often.
fn of_ledger(key: u32, born: Option<&OpRef>, of: &Contribution) -> String {
    let marked = born.map_or_else(String::new, |op| format!(", marked by {op:#},"));
    match of {
        Contribution::Unmarked => format!(
            "no rank contributes {key}: mark its partial with `tl.contribute` where it is made, or do not expect it"
        ),
        Contribution::Lost { into, last: LastUse::Op(op) } => {
            format!("merge contribution {key}{marked} before {into:#}; the last op made from it is {op:#}")
        }
        Contribution::Lost { into, last: LastUse::Unused } => {
            format!("merge contribution {key}{marked} before {into:#}; no op reads it")
        }
        Contribution::Lost { into, last: LastUse::Unknown } => {
            format!("merge contribution {key}{marked} before {into:#}")
        }
        Contribution::NotExpected { by } => {
            format!("contribution {key}{marked} is not expected here: leave it out, or let {by:#} expect it")
        }
        Contribution::Twice { by: Some(by) } => format!(
            "contribution {key}{marked} is merged again by {by:#}: merge each partial once (a ring in both directions delivers it twice)"
        ),
        Contribution::Twice { by: None } => {
            format!("contribution {key}{marked} is there more than once: mark and merge each partial once")
        }
    }
}

impl Advice {
    const fn text(self) -> &'static str {
        match self {
            Advice::WaitForOlderWrite => {
                "the older write ended last: `tl.wait` for it before the newer one starts"
            }
            Advice::WriteFirst => "write the bytes first: `tl.load` them, or `tl.full` the tile",
            Advice::StoreAll => "`tl.store` every element of an output",
            Advice::CopyThroughATile => {
                "copy to a tile that shares no bytes with the source, and from there to where it belongs"
            }
            Advice::SumWaits => "a semaphore only grows: `tl.wait_ge` for the sum of all signals so far",
            Advice::WaitForMore => {
                "leave the wait out, or let it ask for what is signalled after the earlier one"
            }
            Advice::WaitForAll => "leave the last signals out, or wait for them too",
            Advice::CountFromOne => "count from 1: `tl.event_signal` and `tl.event_wait` take no 0",
            Advice::WaitAtHead => {
                "encode the wait at the head of the buffer whose passes need it: `tl.event_wait` before them, and one `tl.commit` after"
            }
            Advice::AsOfRace => "order the two ops: the finding of their race has the repair",
            Advice::ReadByIdentity => {
                "replay with the identity rule, which finds the version by its message number"
            }
            Advice::FoldInRankOrder => {
                "compute both copies in one fixed order: fold the partials in rank order on every rank; copies that differ by more than rounding are computed from other values on one of the ranks"
            }
            Advice::GiveAllElements => "give every element of the output a tensor with its box",
            Advice::None => "",
        }
    }
}
