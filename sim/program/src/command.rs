//! Command buffers: on a machine with command queues, what a rank encodes between two commits.
//!
//! The queue of a rank walks each committed buffer from its first op to its last, one op at a time. A pass keeps the
//! walk until it is done, a wait until its event is large enough, a signal takes effect at once. Walks of different
//! buffers are ordered by the queue model alone.

use crate::op::{OpIndex, Stage};
use crate::program::RankProgram;

/// One command buffer of a rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandBuffer {
    /// Passes, signals and waits, in the order in which they were encoded.
    pub ops: Vec<OpIndex>,
    /// `None` when it is never committed, and so never runs.
    pub commit: Option<OpIndex>,
}

/// The command buffers of a rank, in the order of their commits. The last has no commit when ops follow the
/// last commit; a commit without ops is a buffer of its own.
pub fn command_buffers(rank: &RankProgram) -> Vec<CommandBuffer> {
    let mut buffers = Vec::new();
    let mut current = CommandBuffer::default();
    for (index, op) in rank.ops.iter().enumerate() {
        let index = OpIndex(index as u32);
        match op.stage() {
            Stage::Pass | Stage::Event => current.ops.push(index),
            Stage::Commit => {
                current.commit = Some(index);
                buffers.push(std::mem::take(&mut current));
            }
            Stage::Host => {}
        }
    }
    if !current.ops.is_empty() {
        buffers.push(current);
    }
    buffers
}

/// The buffer among `buffers` that an encoded op of their rank belongs to.
pub fn buffer_of(buffers: &[CommandBuffer], op: OpIndex) -> usize {
    buffers.partition_point(|buffer| buffer.commit.is_some_and(|commit| commit < op))
}
