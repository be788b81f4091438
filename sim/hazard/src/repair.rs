//! The cheapest repair of a finding: in the words of `tl`, and as an edit of the program where it is one.

use oplog::{Finding, words};
use program::{Base, Message, Op, OpIndex, QueueOp, Rank, RecvOp, RingId, Stage, SyncOp};

use crate::edit::{Change, Edit};
use crate::groups::Group;
use crate::report::Report;
use crate::shadow::{Conflict, EarlyRelease, Race};

/// What to do about a finding.
pub struct Repair {
    words: String,
    edit: Option<Edit>,
}

/// A finding, and what can be done about it without its author.
pub struct Told {
    pub finding: Finding,
    pub edit: Option<Edit>,
}

impl From<Finding> for Told {
    fn from(finding: Finding) -> Told {
        Told { finding, edit: None }
    }
}

impl Repair {
    pub fn told(self, finding: Finding) -> Told {
        Told { finding: Finding { repair: self.words, ..finding }, edit: self.edit }
    }
    /// `change` is that of one pair of a group; an edit mends all of them, or there is none.
    fn of<T>(words: String, group: &Group<T>, change: impl Fn([u32; 2]) -> Option<Change>) -> Repair {
        let all = group.count <= group.pairs.len() as u64;
        let changes: Option<Vec<Change>> = group.pairs.iter().map(|&pair| change(pair)).collect();
        let changes = changes.filter(|_| all).map(|mut changes| {
            changes.sort_unstable();
            changes.dedup();
            Edit(changes)
        });
        Repair { words, edit: changes }
    }
}

type At = (Rank, OpIndex);

pub fn of_conflict(report: &Report<'_>, group: &Group<Conflict>) -> Repair {
    let Conflict { kind, late, early, base, issue_known, .. } = group.first;
    let is_message = matches!(base, Base::Message(_));
    let ([late, early], [late_op, early_op]) = (at(report, [late, early]), ops(report, [late, early]));
    if is_message && kind == Race::Raw && late.0 != early.0 {
        return arrival(report, group);
    }
    if let Some(message) = without_credits(report, late_op).filter(|_| is_message) {
        return credits(report, message, group);
    }
    if report.graph.is_queued() {
        return match [late_op.stage(), early_op.stage()].map(|stage| stage == Stage::Pass) {
            [true, true] => event(report, group),
            [false, true] => after_commit(report, group),
            [_, false] => signal(report, group),
        };
    }
    if late.0 == early.0 {
        wait(report, group)
    } else if let Some(told) = told_of(report, early).filter(|_| issue_known) {
        wait_before_telling(report, group, told)
    } else {
        signal(report, group)
    }
}

/// A release is told which reads it comes after: nothing is held up.
pub fn of_release(report: &Report<'_>, group: &Group<EarlyRelease>) -> Repair {
    let EarlyRelease { release, reader, .. } = group.first;
    let [release, reader] = named(report, [release, reader]);
    let words = format!(
        "`tl.release_after(tile, &[h])` instead of {release}, where h is the handle of {reader}: the slot is given back once that is done"
    );
    Repair::of(words, group, |pair| {
        let [(rank, release), (_, on)] = at(report, pair);
        (on < release).then_some(Change::ReleaseAfter { rank, release, on })
    })
}

pub fn of_leak(report: &Report<'_>, group: &Group<Message>) -> Repair {
    let [receive, _] = named(report, group.pairs[0]);
    let words = format!(
        "`tl.release` the tile of {receive} after its last use, or `tl.recv_into` a tile of your own"
    );
    Repair::of(words, group, |pair| {
        let [receive, _] = ops(report, pair);
        receive.receives().first().map(|&message| Change::Release { message })
    })
}

/// Reads wait for the message's arrival.
fn arrival(report: &Report<'_>, group: &Group<Conflict>) -> Repair {
    let receive = |[late, early]: [u32; 2]| {
        let (rank, _) = report.graph.op(late);
        let message = read_of(report, [late, early])?;
        let is_receive =
            |op: &Op| matches!(op, Op::Recv(RecvOp::RecvAsync { message: of, .. }) if *of == message);
        let index = report.log.program.rank(rank).ops.iter().position(is_receive)?;
        Some((rank, OpIndex(index as u32)))
    };
    let Conflict { late, early, .. } = group.first;
    let [reader, _] = named(report, [late, early]);
    let receive_name = receive([late, early]).map_or_else(
        || "the `recv_async`".to_owned(),
        |(rank, op)| words::op_by_line(&report.log.program, rank, op),
    );
    let words = format!(
        "`tl.wait(&[arrived])` before {reader}, where arrived is the handle of {receive_name}; or use `tl.recv`"
    );
    Repair::of(words, group, |pair| {
        let ((rank, on), [(_, op), _]) = (receive(pair)?, at(report, pair));
        (on < op).then_some(Change::WaitBefore { rank, op, on })
    })
}

fn credits(report: &Report<'_>, message: Message, group: &Group<Conflict>) -> Repair {
    let ring = message.ring;
    let words = format!(
        "give {ring} credits (`flow = credit`) and `tl.release` each slot after its last read; more slots only make it rarer"
    );
    // The same lines may stand for a ring of each rank.
    Repair::of(words, group, |pair| Some(Change::Credits { ring: sent_on(report, pair)? }))
}

/// The ring without credits that the late op of a pair sends on.
fn sent_on(report: &Report<'_>, pair: [u32; 2]) -> Option<RingId> {
    without_credits(report, ops(report, pair)[0]).map(|message| message.ring)
}

/// What an op sends although no credit tells that its slot is free.
fn without_credits(report: &Report<'_>, op: &Op) -> Option<Message> {
    op.sends().iter().copied().find(|&message| !report.has_credits(message))
}

/// The message that the early op of a pair sends and the late one reads.
fn read_of(report: &Report<'_>, [late, early]: [u32; 2]) -> Option<Message> {
    let (rank, index) = report.graph.op(late);
    let program = report.log.program.rank(rank);
    let is_read = |message: &&Message| {
        let base = Base::Message(**message);
        program.ops[index.index()].access().reads().any(|view| program.views[view.index()].base == base)
    };
    ops(report, [late, early])[1].sends().iter().find(is_read).copied()
}

fn wait(report: &Report<'_>, group: &Group<Conflict>) -> Repair {
    let [late, early] = named(report, [group.first.late, group.first.early]);
    let words = format!("`tl.wait(&[h])` before {late}, where h is the handle of {early}");
    Repair::of(words, group, |pair| local_wait(report, pair))
}

fn local_wait(report: &Report<'_>, pair: [u32; 2]) -> Option<Change> {
    let [(rank, op), (other, on)] = at(report, pair);
    (rank == other && on < op).then_some(Change::WaitBefore { rank, op, on })
}

/// Other ranks are told that an op was issued; they are to be told once it has ended.
fn wait_before_telling(report: &Report<'_>, group: &Group<Conflict>, (rank, told): At) -> Repair {
    let [_, early] = named(report, [group.first.late, group.first.early]);
    let told = words::op_by_line(&report.log.program, rank, told);
    let words = format!(
        "on rank {}, `tl.wait(&[h])` before {told}, where h is the handle of {early}: alone, it tells only that the op was issued",
        rank.0
    );
    Repair::of(words, group, |pair| {
        let [late, early] = at(report, pair);
        if late.0 == early.0 {
            return local_wait(report, pair);
        }
        let (rank, op) = told_of(report, early)?;
        Some(Change::WaitBefore { rank, op, on: early.1 })
    })
}

/// The next op after one that tells another rank how far its own has come.
fn told_of(report: &Report<'_>, (rank, op): At) -> Option<At> {
    let after = &report.log.program.rank(rank).ops[op.index() + 1..];
    let tells = |op: &Op| {
        matches!(op, Op::Sync(SyncOp::Barrier { .. } | SyncOp::Signal { .. }) | Op::Queue(QueueOp::Commit {}))
            || !op.sends().is_empty()
            || !op.frees().is_empty()
    };
    let next = after.iter().position(tells)?;
    Some((rank, OpIndex(op.0 + 1 + next as u32)))
}

fn signal(report: &Report<'_>, group: &Group<Conflict>) -> Repair {
    let Conflict { late, early, .. } = group.first;
    let ([late_name, early_name], [late, early]) = (named(report, [late, early]), at(report, [late, early]));
    let words = format!(
        "`tl.signal(s, {}, 1, &[h])` on rank {}, where s is a semaphore of its own and h the handle of {early_name}, and `tl.wait_ge(s, 1)` on rank {} before {late_name}",
        late.0.0, early.0.0, late.0.0
    );
    Repair::of(words, group, |pair| {
        let [to, from] = at(report, pair);
        if to.0 == from.0 { local_wait(report, pair) } else { Some(Change::SignalWait { from, to }) }
    })
}

/// Queues are ordered by events, and the passes of one by the machine itself if it tracks them.
fn event(report: &Report<'_>, group: &Group<Conflict>) -> Repair {
    let ops = [group.first.late, group.first.early];
    let ([late_name, early_name], [late, early]) = (named(report, ops), at(report, ops));
    let tracked = if late.0 == early.0 { "let the queue track passes (`tracked = true`), or " } else { "" };
    let words = format!(
        "{tracked}`tl.event_signal(e, v)` after {early_name} in its command buffer, and `tl.event_wait(e, v)` at the head of that of {late_name}"
    );
    Repair::of(words, group, |pair| {
        let [to, from] = at(report, pair);
        Some(Change::EventBetween { from, to })
    })
}

/// The host waits for a command buffer before it touches what passes of it do.
fn after_commit(report: &Report<'_>, group: &Group<Conflict>) -> Repair {
    let [late_name, early_name] = named(report, [group.first.late, group.first.early]);
    let words = format!(
        "`tl.wait(&[commit])` before {late_name}, where commit is the handle of the `tl.commit` after {early_name}"
    );
    Repair::of(words, group, |pair| {
        let [to, (rank, pass)] = at(report, pair);
        let commits = &report.log.program.rank(rank).ops[pass.index()..];
        let commit = commits.iter().position(|op| matches!(op, Op::Queue(QueueOp::Commit {})))?;
        let commit = OpIndex(pass.0 + commit as u32);
        if to.0 != rank {
            return Some(Change::SignalWait { from: (rank, commit), to });
        }
        (commit < to.1).then_some(Change::WaitBefore { rank, op: to.1, on: commit })
    })
}

fn at(report: &Report<'_>, pair: [u32; 2]) -> [At; 2] {
    pair.map(|op| report.graph.op(op))
}
fn ops<'a>(report: &Report<'a>, pair: [u32; 2]) -> [&'a Op; 2] {
    at(report, pair).map(|(rank, index)| report.log.program.op(rank, index))
}
fn named(report: &Report<'_>, pair: [u32; 2]) -> [String; 2] {
    at(report, pair).map(|(rank, index)| words::op_by_line(&report.log.program, rank, index))
}
