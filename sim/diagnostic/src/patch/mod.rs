//! A patch of a program: what to insert, change, move and set. Ops are named by their numbers in the program as it
//! is, and all steps are taken at once.

mod draft;
mod ids;
mod sequence;
mod text;

use program::program::{Buffer, Flow};
use program::{BufferId, Op, OpIndex, Program, Rank, RingId, View, ViewId};
use serde::Serialize;
use serde_json::{Value, json};

pub use draft::Draft;
pub(crate) use draft::uses;
pub use ids::Ids;

/// Steps in a fixed order: tables of the program, then by rank its tables and its ops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Patch {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A new op right before another; the number after a rank's last op is its end.
    Insert {
        rank: Rank,
        before: OpIndex,
        op: Op,
    },
    /// A replacement of an op.
    Change {
        rank: Rank,
        index: OpIndex,
        op: Op,
    },
    /// Ops of a rank, in their order, to before another. A rank with a move has no other step of ops.
    Move {
        rank: Rank,
        ops: Vec<OpIndex>,
        before: OpIndex,
    },
    Set(Setting),
}

/// A value that is not an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Events {
        n_events: u32,
    },
    Slots {
        ring: RingId,
        n_slots: u32,
    },
    Flow {
        ring: RingId,
        flow: Flow,
    },
    Semaphores {
        rank: Rank,
        n_semaphores: u32,
    },
    /// A new buffer, with the next free number.
    Buffer {
        rank: Rank,
        id: BufferId,
        buffer: Buffer,
    },
    /// A new view, with the next free number.
    View {
        rank: Rank,
        id: ViewId,
        view: View,
    },
}

impl Patch {
    pub fn of(mut steps: Vec<Step>) -> Patch {
        steps.sort_by_key(Step::place);
        Patch { steps }
    }
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The patched program, not yet verified.
    #[must_use]
    pub fn apply(&self, program: &Program) -> Program {
        let mut patched = program.clone();
        let mut inserted: Vec<Vec<(OpIndex, Op)>> = vec![Vec::new(); program.ranks.len()];
        for step in &self.steps {
            match step {
                Step::Insert { rank, before, op } => inserted[rank.index()].push((*before, op.clone())),
                Step::Change { rank, index, op } => {
                    patched.ranks[rank.index()].ops[index.index()] = op.clone();
                }
                Step::Move { rank, ops, before } => {
                    patched.ranks[rank.index()] = program.rank(*rank).with_moved(ops, *before);
                }
                Step::Set(setting) => setting.apply(&mut patched),
            }
        }
        for (rank, new) in patched.ranks.iter_mut().zip(inserted).filter(|(_, new)| !new.is_empty()) {
            *rank = rank.with_inserted(&new);
        }
        patched
    }
}

impl Step {
    /// Where it stands in a patch: an op's insertions come before its change.
    fn place(&self) -> (u8, u32, u8, u32) {
        match self {
            Step::Insert { rank, before, .. } => (2, rank.0, 3, 2 * before.0),
            Step::Change { rank, index, .. } => (2, rank.0, 3, 2 * index.0 + 1),
            Step::Move { rank, .. } => (2, rank.0, 3, 0),
            Step::Set(setting) => setting.place(),
        }
    }
}

impl Setting {
    fn place(&self) -> (u8, u32, u8, u32) {
        match *self {
            Setting::Events { .. } => (0, 0, 0, 0),
            Setting::Slots { ring, .. } => (1, ring.0, 0, 0),
            Setting::Flow { ring, .. } => (1, ring.0, 1, 0),
            Setting::Semaphores { rank, .. } => (2, rank.0, 0, 0),
            Setting::Buffer { rank, id, .. } => (2, rank.0, 1, id.0),
            Setting::View { rank, id, .. } => (2, rank.0, 2, id.0),
        }
    }

    fn apply(&self, program: &mut Program) {
        match *self {
            Setting::Events { n_events } => program.n_events = n_events,
            Setting::Slots { ring, n_slots } => program.rings[ring.index()].n_slots = n_slots,
            Setting::Flow { ring, flow } => program.rings[ring.index()].flow = flow,
            Setting::Semaphores { rank, n_semaphores } => {
                program.ranks[rank.index()].n_semaphores = n_semaphores;
            }
            Setting::Buffer { rank, buffer, .. } => program.ranks[rank.index()].buffers.push(buffer),
            Setting::View { rank, view, .. } => program.ranks[rank.index()].views.push(view),
        }
    }

    /// The path of the value in Program JSON.
    pub fn path(&self) -> String {
        match *self {
            Setting::Events { .. } => "n_events".to_owned(),
            Setting::Slots { ring, .. } => format!("rings[{}].n_slots", ring.0),
            Setting::Flow { ring, .. } => format!("rings[{}].flow", ring.0),
            Setting::Semaphores { rank, .. } => format!("ranks[{}].n_semaphores", rank.0),
            Setting::Buffer { rank, id, .. } => format!("ranks[{}].buffers[{}]", rank.0, id.0),
            Setting::View { rank, id, .. } => format!("ranks[{}].views[{}]", rank.0, id.0),
        }
    }

    /// The value in Program JSON.
    pub fn value(&self) -> Value {
        match self {
            Setting::Events { n_events } => json!(n_events),
            Setting::Slots { n_slots, .. } => json!(n_slots),
            Setting::Flow { flow, .. } => json!(flow),
            Setting::Semaphores { n_semaphores, .. } => json!(n_semaphores),
            Setting::Buffer { buffer, .. } => json!(buffer),
            Setting::View { view, .. } => json!(view),
        }
    }
}

#[cfg(test)]
mod tests;
