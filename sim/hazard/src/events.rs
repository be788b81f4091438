//! Waits and signals of shared events that cannot mean what they seem to: an event starts at 0, and a wait gates only
//! what follows it in its own command buffer.

use order::EventGraph;
use program::op::Stage;
use program::{Op, OpIndex, QueueOp, Rank, command_buffers};

use crate::groups::Groups;

/// What an event op does in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vain {
    /// A wait for 0, which is over before it begins.
    Wait,
    /// A signal of 0, which nobody can wait for.
    Signal,
    /// A wait behind which its buffer has no pass and no signal.
    GatesNothing,
}

/// Every such op, in program order of its rank.
pub fn in_vain(graph: &EventGraph<'_>) -> Groups<Vain> {
    let mut groups = Groups::default();
    if !graph.is_queued() {
        return groups;
    }
    for (rank, of_rank) in graph.program.ranks.iter().enumerate() {
        for buffer in command_buffers(of_rank) {
            for (at, &index) in buffer.ops.iter().enumerate() {
                let op = graph.global(Rank(rank as u32), index);
                let what = &of_rank.ops[index.index()];
                let gates = buffer.ops[at + 1..].iter().any(|&later| is_gated(&of_rank.ops[later.index()]));
                for (vain, name) in found(what, gates).into_iter().flatten() {
                    groups.add(graph, name, [op, op], vain);
                }
            }
        }
    }
    groups
}

fn found(op: &Op, gates: bool) -> [Option<(Vain, &'static str)>; 2] {
    if let Op::Queue(QueueOp::EventSignal { value: 0, .. }) = op {
        return [Some((Vain::Signal, "signal")), None];
    }
    let Op::Queue(QueueOp::EventWait { value, .. }) = op else { return [None, None] };
    [(*value == 0).then_some((Vain::Wait, "wait")), (!gates).then_some((Vain::GatesNothing, "gates"))]
}

/// Whether an op has to wait for those before it in its buffer to mean anything: a pass, or a signal to others.
fn is_gated(op: &Op) -> bool {
    op.stage() == Stage::Pass || matches!(op, Op::Queue(QueueOp::EventSignal { .. }))
}

/// The buffer that an op of a rank is encoded in, counted from 0.
pub fn buffer_of(graph: &EventGraph<'_>, rank: Rank, index: OpIndex) -> usize {
    program::buffer_of(&command_buffers(graph.program.rank(rank)), index)
}
