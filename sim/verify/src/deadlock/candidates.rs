//! Candidate changes that may free a chain of waits, the likeliest first.

use std::collections::BTreeSet;

use diagnostic::{Before, Change, Target};
use program::op::SemaphoreId;
use program::{EventId, Message, Op, OpIndex, Rank, RecvOp, RingId, SyncOp};

use super::ends::At;
use super::graph::{Chain, Graph};
use super::moves::moved_with;
use crate::progress::Need;

/// Ranks that are tried when a signal is missing altogether.
const MOST_SIGNALLERS: u32 = 4;

/// Something that no op does comes first: a release, send, signal or barrier that is missing. Then the ops that
/// would free others, moved to where they are needed.
pub(super) fn candidates(graph: &Graph<'_>, chain: &Chain) -> Vec<Change> {
    let (mut edits, mut moves) = (Vec::new(), Vec::new());
    for (place, &at) in chain.links.iter().enumerate() {
        let Some(node) = graph.nodes.get(&at) else { continue };
        if node.hopeless {
            missing(graph, at, node.need, &mut edits);
            continue;
        }
        let next = chain.links[(place + 1) % chain.links.len()];
        moves.extend(graph.edge(at, Some(next)));
    }
    // A barrier is the last thing to move: all ranks meet there.
    moves.sort_by_key(|&(rank, op)| {
        (matches!(graph.program.op(rank, op), Op::Sync(SyncOp::Barrier { .. })), rank, op)
    });
    edits.extend(moves.into_iter().filter_map(|at| earlier(graph, at)));
    edits
}

/// Whether the chain ends at a message that is never released.
pub(super) fn is_leak(graph: &Graph<'_>, chain: &Chain) -> bool {
    let end = chain.links.last().and_then(|at| graph.nodes.get(at));
    end.is_some_and(|node| node.hopeless && matches!(node.need, Need::Credit(_)))
}

/// The op, moved to before the one that its rank stands at.
fn earlier(graph: &Graph<'_>, at: At) -> Option<Change> {
    let (rank, before) = graph.stands_at(at);
    // What is encoded comes with its commit.
    let op = graph.commit_to_come(at).unwrap_or(at.1);
    if before == op {
        return None;
    }
    let ops = moved_with(graph.program, rank, op, before)?;
    Some(Change::moved(graph.program, rank, ops, before))
}

fn missing(graph: &Graph<'_>, (rank, _): At, need: Need, edits: &mut Vec<Change>) {
    match need {
        Need::Credit(message) => {
            edits.push(Change::release(graph.program, vec![message]));
            for messages in [leaked(graph, Some(message.ring)), leaked(graph, None)] {
                edits.push(Change::release(graph.program, messages));
            }
            edits.dedup();
        }
        Need::Message(message) => sends(graph, message, edits),
        Need::Semaphore(semaphore, value) => signals(graph, rank, semaphore, value, edits),
        Need::Barrier(number) => edits.push(Change::barrier(graph.program, number)),
        Need::Event(event, value) => event_signals(graph, rank, (event, value), edits),
        Need::Op(_) | Need::Queue => {}
    }
}

/// Messages, of one ring or of all, that are received and never released.
fn leaked(graph: &Graph<'_>, ring: Option<RingId>) -> Vec<Message> {
    let rings = graph.program.rings.iter().enumerate();
    let rings = rings.filter(|(index, _)| ring.is_none_or(|ring| ring.index() == *index));
    let mut messages = Vec::new();
    for (index, its) in rings {
        let ops = &graph.program.rank(its.consumer).ops;
        let received =
            ops.iter().filter(|op| matches!(op, Op::Recv(RecvOp::Recv { .. } | RecvOp::RecvAsync { .. })));
        let here = received.flat_map(Op::messages).copied().filter(|message| message.ring.index() == index);
        // From the ops, since a message that is never sent is in no index and may be released all the same.
        let freed: BTreeSet<Message> = ops.iter().flat_map(Op::frees).copied().collect();
        messages.extend(here.filter(|message| !freed.contains(message)));
    }
    messages
}

/// One more send on a ring, after its last one, or where its producer stands if that is later.
fn sends(graph: &Graph<'_>, message: Message, edits: &mut Vec<Change>) {
    let producer = graph.program.rings[message.ring.index()].producer;
    let before = |number: u32| graph.ends.sender(Message { number, ..message });
    let after_last = match message.number.checked_sub(1) {
        None => OpIndex(0),
        Some(number) => match before(number) {
            Some((_, op)) => OpIndex(op.0 + 1),
            // Others are missing before it.
            None => return,
        },
    };
    let stands = graph.stop.at[producer.index()];
    for before in [stands, after_last] {
        if before >= after_last {
            edits.push(Change::send(graph.program, message, before));
        }
    }
    edits.dedup();
}

/// The last signal to the semaphore gives what all of them lack, if it adds; where there is none, another rank signals.
fn signals(graph: &Graph<'_>, rank: Rank, semaphore: SemaphoreId, value: u32, edits: &mut Vec<Change>) {
    let list = graph.ends.signalled_by.get(&(rank, semaphore)).map(Vec::as_slice).unwrap_or_default();
    let all: u64 = list.iter().map(|&(_, amount)| u64::from(amount)).sum();
    let lacking = u64::from(value).saturating_sub(all) as u32;
    let adds = |at: At| matches!(graph.program.op(at.0, at.1), Op::Sync(SyncOp::Signal { .. }));
    if let Some(&(at, amount)) = list.last().filter(|&&(at, _)| adds(at)) {
        let target = Target::Semaphore(semaphore, rank);
        edits.push(Change::raise(graph.program, at, (target, amount), lacking));
    }
    let mut others: Vec<Rank> =
        (0..graph.program.n_ranks()).map(Rank).filter(|&other| other != rank).collect();
    // A rank that never signals it is the likeliest to have forgotten it.
    others.sort_by_key(|other| list.iter().any(|((by, _), _)| by == other));
    for from in others.into_iter().take(MOST_SIGNALLERS as usize) {
        let end = OpIndex(graph.program.rank(from).ops.len() as u32);
        for before in [end, graph.stop.at[from.index()]] {
            let before = Before::of(graph.program, from, before);
            edits.push(Change::Signal { from, before, to: rank, semaphore, amount: lacking });
        }
    }
    edits.dedup();
}

/// The largest signal gives what is waited for; where there is none, another rank signals at the end of its last
/// command buffer, or of the one in which it stands. Its own rank comes last.
fn event_signals(graph: &Graph<'_>, rank: Rank, (event, value): (EventId, u32), edits: &mut Vec<Change>) {
    let list = graph.ends.events.get(&event).map(Vec::as_slice).unwrap_or_default();
    if let Some(&(at, largest)) = list.iter().max_by_key(|&&(_, given)| given) {
        let by = value.saturating_sub(largest);
        edits.push(Change::raise(graph.program, at, (Target::Event(event), largest), by));
    }
    let others = (0..graph.program.n_ranks()).map(Rank).filter(|&other| other != rank);
    for rank in others.take(MOST_SIGNALLERS as usize).chain([rank]) {
        let places = graph.last_commit(rank).into_iter().chain(graph.standing_buffer(rank));
        edits.extend(places.map(|before| {
            let before = Before::of(graph.program, rank, before);
            Change::EventSignal { rank, before, event, value }
        }));
    }
    edits.dedup();
}
