//! Ops of a rank that must keep their order when one is moved forward. The rule is conservative: an order that is
//! kept needlessly only leaves a repair unfound.

use std::collections::BTreeMap;

use program::program::Role;
use program::{Base, BufferId, Op, OpIndex, Program, QueueOp, Rank, RingId, Stage, SyncOp, ViewId};

/// A longer stretch of a program is not reordered: it would hardly be the author's mistake.
const MOST_OPS_PASSED: u32 = 1 << 12;

/// The ops that must move for `target` to stand before `before`, in order; `None` when `before` is one of them.
pub(super) fn moved_with(
    program: &Program,
    rank: Rank,
    target: OpIndex,
    before: OpIndex,
) -> Option<Vec<OpIndex>> {
    if target.0.checked_sub(before.0)? > MOST_OPS_PASSED {
        return None;
    }
    let mut moved = vec![target];
    let mut uses = uses(program, rank, target);
    for op in (before.0..target.0).rev().map(OpIndex) {
        let own = self::uses(program, rank, op);
        let meets = |(thing, &changed): (&Thing, &bool)| uses.get(thing).is_some_and(|&it| it || changed);
        if own.iter().any(meets) {
            moved.push(op);
            own.into_iter().for_each(|(thing, changed)| *uses.entry(thing).or_default() |= changed);
        }
    }
    moved.reverse();
    (moved[0] != before || target == before).then_some(moved)
}

/// What an op uses. Two ops that use the same thing keep their order if one of them changes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Op(OpIndex),
    Bytes(Base),
    /// The numbers of messages on a ring count at each end.
    Sent(RingId),
    Received(RingId),
    Barriers,
    /// What is encoded keeps its side of each commit.
    Buffers,
    /// Signals of events are given when what was encoded before them is done.
    Encoded,
    /// Tensors that other ranks may write. What tells ranks of each other may be what orders their writes.
    Shared,
}

/// What an op uses, and whether it changes it.
type Uses = BTreeMap<Thing, bool>;

fn uses(program: &Program, rank: Rank, index: OpIndex) -> Uses {
    let op = program.op(rank, index);
    let mut uses = Uses::from([(Thing::Op(index), true)]);
    touched(program, rank, op, &mut uses);
    let mut named = op.clone();
    for &mut other in named.named_ops_mut() {
        uses.entry(Thing::Op(other)).or_default();
        if is_committed_after(program, rank, other, index) {
            continue;
        }
        // Who waits for an op may do so because of the bytes it touches.
        touched(program, rank, program.op(rank, other), &mut uses);
        run(program, rank, other, &mut uses);
    }
    match op.stage() {
        Stage::Commit => {
            uses.insert(Thing::Buffers, true);
            run(program, rank, index, &mut uses);
        }
        // On a machine without command queues there is no commit, and no signal of an event, to meet.
        Stage::Pass | Stage::Event => {
            uses.entry(Thing::Buffers).or_default();
            if !matches!(op, Op::Queue(QueueOp::EventWait { .. })) {
                uses.insert(Thing::Encoded, matches!(op, Op::Queue(QueueOp::EventSignal { .. })));
            }
        }
        Stage::Host => {}
    }
    if let Op::Sync(SyncOp::Barrier { .. }) = op {
        uses.insert(Thing::Barriers, true);
    }
    let tells = matches!(
        op,
        Op::Sync(
            SyncOp::Barrier { .. }
                | SyncOp::Signal { .. }
                | SyncOp::SignalSet { .. }
                | SyncOp::SemaphoreSet { .. }
                | SyncOp::WaitGe { .. }
                | SyncOp::WaitUntil { .. },
        ) | Op::Queue(QueueOp::EventSignal { .. } | QueueOp::EventWait { .. })
    );
    if tells {
        uses.entry(Thing::Shared).or_default();
    }
    uses
}

/// Whether an encoded op is committed only after `index`: what stands there can wait for it, and for nothing that it
/// does to bytes.
fn is_committed_after(program: &Program, rank: Rank, encoded: OpIndex, index: OpIndex) -> bool {
    let ops = &program.rank(rank).ops;
    let after = ops.iter().enumerate().skip(encoded.index()).take(MOST_OPS_PASSED as usize);
    let commit = after.filter(|(_, op)| op.stage() == Stage::Commit).map(|(at, _)| at).next();
    ops[encoded.index()].stage() != Stage::Host && commit.is_some_and(|commit| commit > index.index())
}

/// What the passes touch that an op commits: they run once it is reached, and are done when it is.
fn run(program: &Program, rank: Rank, index: OpIndex, uses: &mut Uses) {
    if program.op(rank, index).stage() != Stage::Commit {
        return;
    }
    let before = program.rank(rank).ops[..index.index()].iter().rev();
    for op in before.take_while(|op| op.stage() != Stage::Commit).filter(|op| op.stage() == Stage::Pass) {
        touched(program, rank, op, uses);
    }
}

fn touched(program: &Program, rank: Rank, op: &Op, uses: &mut Uses) {
    let access = op.access();
    for view in op.views() {
        let thing = thing(program, rank, view);
        // The ledger changes what is known of a view.
        let changes = access.write == Some(view) || !access.reads().any(|read| read == view);
        *uses.entry(Thing::Bytes(thing)).or_default() |= changes;
        if let Base::Tensor(tensor) = thing
            && !matches!(program.tensors[tensor.index()].role, Role::Input { .. })
        {
            uses.insert(Thing::Shared, true);
        }
    }
    if !op.messages().is_empty() {
        uses.entry(Thing::Shared).or_default();
    }
    uses.extend(op.sends().iter().map(|message| (Thing::Sent(message.ring), true)));
    for &message in op.receives().iter().chain(op.frees()) {
        uses.insert(Thing::Bytes(Base::Message(message)), true);
    }
    uses.extend(op.receives().iter().map(|message| (Thing::Received(message.ring), true)));
}

/// Tiles whose addresses the author chose may share bytes: they are one thing.
fn thing(program: &Program, rank: Rank, view: ViewId) -> Base {
    let rank = program.rank(rank);
    match rank.views[view.index()].base {
        Base::Buffer(buffer) if rank.buffers[buffer.index()].at.is_some() => Base::Buffer(BufferId(u32::MAX)),
        base @ (Base::Buffer(_) | Base::Tensor(_) | Base::Message(_)) => base,
    }
}
