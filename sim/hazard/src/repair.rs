//! The cheapest repair of a finding, and the patch that makes it where no author is needed.

use diagnostic::{Draft, Meaning, OpRef, Patch, Repair, Way};
use program::{Base, Message, Op, OpIndex, QueueOp, Rank, RecvOp, RingId, Stage, SyncOp};

use crate::groups::Group;
use crate::report::Report;
use crate::shadow::{Conflict, EarlyRelease, Race};

type At = (Rank, OpIndex);
type Mended = (Repair, Option<Patch>);

/// The patch that makes `change` for every pair of a group; `None` when it cannot be made for one of them.
fn patch<T>(
    report: &Report<'_>,
    group: &Group<T>,
    change: impl Fn(&mut Draft<'_>, [u32; 2]) -> Option<()>,
) -> Option<Patch> {
    let mut pairs = group.pairs.clone();
    if group.count > pairs.len() as u64 {
        return None;
    }
    pairs.sort_unstable();
    let mut draft = Draft::new(&report.log.program);
    pairs.into_iter().try_for_each(|pair| change(&mut draft, pair))?;
    Some(draft.done())
}

/// The repair of a conflict, and others: of the opposite meaning where the program leaves it open, and those that may
/// do where the first fails.
pub fn of_conflict(report: &Report<'_>, group: &Group<Conflict>) -> (Way, Vec<Way>) {
    let decides = |group: &Group<Conflict>| match group.first.kind {
        Race::Raw => Meaning::New,
        Race::War => Meaning::Old,
        Race::Waw => Meaning::Keeps(report.op(group.first.late)),
    };
    let meaning = |group: &Group<Conflict>| group.first.is_open.then(|| decides(group));
    let way =
        |group: &Group<Conflict>, (repair, patch): Mended| Way { meaning: meaning(group), repair, patch };
    let mut all = Vec::new();
    let groups = std::iter::once(group.clone()).chain(group.first.is_open.then(|| reversed(group)));
    for group in groups {
        all.push(way(&group, likeliest(report, &group)));
        all.extend(host_first(report, &group).map(|mended| way(&group, mended)));
    }
    let first = all.remove(0);
    (first, all)
}

/// The same pairs, the other way round.
fn reversed(group: &Group<Conflict>) -> Group<Conflict> {
    let pairs = group.pairs.iter().map(|&[late, early]| [early, late]).collect();
    Group { first: group.first.reversed(), pairs, ..group.clone() }
}

fn likeliest(report: &Report<'_>, group: &Group<Conflict>) -> Mended {
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

/// On a machine with command queues, for a host that waits: what it has encoded so far is committed first, so that
/// what it waits for can happen.
fn host_first(report: &Report<'_>, group: &Group<Conflict>) -> Option<Mended> {
    let is_pass = |op: &Op| op.stage() == Stage::Pass;
    let [late_op, early_op] = ops(report, [group.first.late, group.first.early]);
    if !report.graph.is_queued() || (is_pass(late_op) && is_pass(early_op)) {
        return None;
    }
    let [op, after] = named(report, group);
    let patch = patch(report, group, |draft, pair| {
        let [(rank, op), early] = at(report, pair);
        let [_, early_op] = ops(report, pair);
        let is_encoded = is_encoded(report, (rank, op));
        if is_encoded || early.0 == rank {
            draft.insert((rank, op), Op::Queue(QueueOp::Commit {}));
        }
        if early.0 == rank {
            return (early.1 < op).then(|| draft.wait((rank, op), early.1));
        }
        let from = if is_pass(early_op) { commit_of(report, early)? } else { early };
        draft.signal(from, (rank, op));
        Some(())
    });
    Some((Repair::CommitAndWait { op, after }, patch))
}

/// Whether passes before an op of the host are not committed yet when it is reached.
fn is_encoded(report: &Report<'_>, (rank, op): At) -> bool {
    let before = report.log.program.rank(rank).ops[..op.index()].iter().rev();
    let open = before.take_while(|op| op.stage() != Stage::Commit);
    open.into_iter().any(|op| op.stage() != Stage::Host)
}

/// The commit of what is encoded there.
fn commit_of(report: &Report<'_>, (rank, pass): At) -> Option<At> {
    let commits = &report.log.program.rank(rank).ops[pass.index()..];
    let commit = commits.iter().position(|op| matches!(op, Op::Queue(QueueOp::Commit {})))?;
    Some((rank, OpIndex(pass.0 + commit as u32)))
}

/// A release names the reads that it comes after: nothing is held up.
pub fn of_release(report: &Report<'_>, group: &Group<EarlyRelease>) -> Mended {
    let EarlyRelease { release, reader, .. } = group.first;
    let patch = patch(report, group, |draft, pair| {
        let [release, (_, on)] = at(report, pair);
        (on < release.1).then(|| draft.release_after(release, on))
    });
    (Repair::ReleaseAfter { release: report.op(release), on: report.op(reader) }, patch)
}

pub fn of_leak(report: &Report<'_>, group: &Group<Message>) -> Mended {
    let patch = patch(report, group, |draft, pair| {
        let [receive, _] = ops(report, pair);
        receive.receives().first().map(|&message| draft.releases(&[message]))
    });
    (Repair::ReleaseOrCopy { receive: report.op(group.pairs[0][0]) }, patch)
}

/// Reads wait for the message's arrival.
fn arrival(report: &Report<'_>, group: &Group<Conflict>) -> Mended {
    let receive = |[late, early]: [u32; 2]| {
        let (rank, _) = report.graph.op(late);
        let message = read_of(report, [late, early])?;
        let is_receive =
            |op: &Op| matches!(op, Op::Recv(RecvOp::RecvAsync { message: of, .. }) if *of == message);
        let index = report.log.program.rank(rank).ops.iter().position(is_receive)?;
        Some((rank, OpIndex(index as u32)))
    };
    let Conflict { late, early, .. } = group.first;
    let first = receive([late, early]).map(|(rank, op)| OpRef::of(&report.log.program, rank, op));
    let patch = patch(report, group, |draft, pair| {
        let ((_, on), [reader, _]) = (receive(pair)?, at(report, pair));
        (on < reader.1).then(|| draft.wait(reader, on))
    });
    (Repair::WaitForArrival { reader: report.op(late), receive: first }, patch)
}

fn credits(report: &Report<'_>, message: Message, group: &Group<Conflict>) -> Mended {
    // The same lines may stand for a ring of each rank.
    let patch = patch(report, group, |draft, pair| sent_on(report, pair).map(|ring| draft.credits(ring)));
    (Repair::Credits { ring: message.ring }, patch)
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

fn wait(report: &Report<'_>, group: &Group<Conflict>) -> Mended {
    let [op, on] = named(report, group);
    (Repair::Wait { op, on }, patch(report, group, |draft, pair| local_wait(report, draft, pair)))
}

fn local_wait(report: &Report<'_>, draft: &mut Draft<'_>, pair: [u32; 2]) -> Option<()> {
    let [late, (other, on)] = at(report, pair);
    (late.0 == other && on < late.1).then(|| draft.wait(late, on))
}

/// A signal reports only that an op was issued; the repair delays it until the op has ended.
fn wait_before_telling(report: &Report<'_>, group: &Group<Conflict>, (rank, told): At) -> Mended {
    let [_, on] = named(report, group);
    let patch = patch(report, group, |draft, pair| {
        let [late, early] = at(report, pair);
        if late.0 == early.0 {
            return local_wait(report, draft, pair);
        }
        draft.wait(told_of(report, early)?, early.1);
        Some(())
    });
    (Repair::WaitBeforeTelling { op: OpRef::of(&report.log.program, rank, told), on }, patch)
}

/// The next op after one that tells another rank how far its own has come.
fn told_of(report: &Report<'_>, (rank, op): At) -> Option<At> {
    let after = &report.log.program.rank(rank).ops[op.index() + 1..];
    let tells = |op: &Op| {
        matches!(
            op,
            Op::Sync(SyncOp::Barrier { .. } | SyncOp::Signal { .. } | SyncOp::SignalSet { .. })
                | Op::Queue(QueueOp::Commit {})
        ) || !op.sends().is_empty()
            || !op.frees().is_empty()
    };
    let next = after.iter().position(tells)?;
    Some((rank, OpIndex(op.0 + 1 + next as u32)))
}

fn signal(report: &Report<'_>, group: &Group<Conflict>) -> Mended {
    let [to, from] = named(report, group);
    let patch = patch(report, group, |draft, pair| {
        let [to, from] = at(report, pair);
        if to.0 == from.0 {
            return local_wait(report, draft, pair);
        }
        draft.signal(from, to);
        Some(())
    });
    (Repair::Signal { from, to }, patch)
}

/// Queues are ordered by events, and the passes of one by the machine itself if it tracks them.
fn event(report: &Report<'_>, group: &Group<Conflict>) -> Mended {
    let [to, from] = named(report, group);
    let patch = patch(report, group, |draft, pair| {
        let [to, from] = at(report, pair);
        draft.event(from, to);
        Some(())
    });
    (Repair::Event { from, to }, patch)
}

/// The host waits for a command buffer before it touches what passes of it do.
fn after_commit(report: &Report<'_>, group: &Group<Conflict>) -> Mended {
    let [op, pass] = named(report, group);
    let patch = patch(report, group, |draft, pair| {
        let [to, early] = at(report, pair);
        let (rank, commit) = commit_of(report, early)?;
        if to.0 != rank {
            draft.signal((rank, commit), to);
            return Some(());
        }
        (commit < to.1).then(|| draft.wait(to, commit))
    });
    (Repair::WaitForCommit { op, pass }, patch)
}

fn at(report: &Report<'_>, pair: [u32; 2]) -> [At; 2] {
    pair.map(|op| report.graph.op(op))
}
fn ops<'a>(report: &Report<'a>, pair: [u32; 2]) -> [&'a Op; 2] {
    at(report, pair).map(|(rank, index)| report.log.program.op(rank, index))
}
/// The late and the early op of the representative pair.
fn named(report: &Report<'_>, group: &Group<Conflict>) -> [OpRef; 2] {
    [group.first.late, group.first.early].map(|op| report.op(op))
}
