//! Waits and signals of shared events without effect. An event starts at 0, and a wait gates only what follows it in
//! its own command buffer.

use order::EventGraph;
use program::op::Stage;
use program::{Op, OpIndex, QueueOp, Rank, command_buffers};

use crate::groups::Groups;

/// Why an event op has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ineffective {
    /// A wait for 0: the event starts at 0.
    ZeroWait,
    /// A signal of 0: no wait can depend on it.
    ZeroSignal,
    /// A wait that no pass and no signal of its buffer follows.
    GatesNothing,
}

/// Event ops without effect, in program order of each rank.
pub fn ineffective(graph: &EventGraph<'_>) -> Groups<Ineffective> {
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
                for (why, name) in found(what, gates).into_iter().flatten() {
                    groups.add(graph, name, [op, op], why);
                }
            }
        }
    }
    groups
}

fn found(op: &Op, gates: bool) -> [Option<(Ineffective, &'static str)>; 2] {
    if let Op::Queue(QueueOp::EventSignal { value: 0, .. }) = op {
        return [Some((Ineffective::ZeroSignal, "signal")), None];
    }
    let Op::Queue(QueueOp::EventWait { value, .. }) = op else { return [None, None] };
    [
        (*value == 0).then_some((Ineffective::ZeroWait, "wait")),
        (!gates).then_some((Ineffective::GatesNothing, "gates")),
    ]
}

/// Whether an op has to wait for those before it in its buffer to mean anything: a pass, or a signal to others.
fn is_gated(op: &Op) -> bool {
    op.stage() == Stage::Pass || matches!(op, Op::Queue(QueueOp::EventSignal { .. }))
}

/// The buffer that an op of a rank is encoded in, counted from 0.
pub fn buffer_of(graph: &EventGraph<'_>, rank: Rank, index: OpIndex) -> usize {
    program::buffer_of(&command_buffers(graph.program.rank(rank)), index)
}
