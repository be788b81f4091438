//! Granularity at which the bytes of a buffer or tensor are tracked.

use machine::{Machine, Sync};
use order::{EdgeKind, EdgeSet};
use program::program::Role;
use program::{Base, Op, Program, Rank, RankProgram, View};

/// Hazards to watch for on some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Watch {
    /// The host gives them, and no op writes them.
    Nothing,
    /// They may be read before they are written. One rank uses them, and its sequencer holds every op until those
    /// before it that touch the same bytes are done: `order::Dependencies` has compared their addresses.
    Writes,
    Everything,
}

pub struct Tracking {
    held: bool,
    tensors: Vec<Watch>,
}

impl Tracking {
    pub fn of(program: &Program, machine: &Machine, edges: EdgeSet) -> Tracking {
        let held = match machine.spec().sync {
            Sync::Interlocked => edges.has(EdgeKind::Hold),
            Sync::Explicit => false,
        };
        Tracking { held, tensors: tensors(program, held) }
    }

    pub fn ignores(&self, view: &View) -> bool {
        self.watch(view) == Watch::Nothing
    }
    /// Whether only the first write matters.
    pub fn is_held(&self, view: &View) -> bool {
        self.watch(view) <= Watch::Writes
    }

    /// Whether anybody asks when an op of the rank has ended: it touches bytes that its sequencer does not order.
    pub fn watches(&self, rank: &RankProgram, op: &Op) -> bool {
        let access = op.access();
        let mut views = access.reads().chain(access.write);
        !op.messages().is_empty() || views.any(|view| !self.is_held(&rank.views[view.index()]))
    }

    fn watch(&self, view: &View) -> Watch {
        match view.base {
            Base::Buffer(_) => {
                if self.held {
                    Watch::Writes
                } else {
                    Watch::Everything
                }
            }
            Base::Tensor(tensor) => self.tensors[tensor.index()],
            Base::Message(_) => Watch::Everything,
        }
    }
}

fn tensors(program: &Program, held: bool) -> Vec<Watch> {
    let mut users: Vec<Option<Rank>> = vec![None; program.tensors.len()];
    let mut is_shared = vec![false; program.tensors.len()];
    let mut is_written = vec![false; program.tensors.len()];
    for (rank, of_rank) in program.ranks.iter().enumerate() {
        let rank = Rank(rank as u32);
        for op in &of_rank.ops {
            let access = op.access();
            for (view, writes) in
                access.reads().map(|view| (view, false)).chain(access.write.map(|view| (view, true)))
            {
                if let Base::Tensor(tensor) = of_rank.views[view.index()].base {
                    let tensor = tensor.index();
                    is_shared[tensor] |= *users[tensor].get_or_insert(rank) != rank;
                    is_written[tensor] |= writes;
                }
            }
        }
    }
    let watch = |(tensor, role): (usize, &Role)| match role.given() {
        Some(_) if !is_written[tensor] => Watch::Nothing,
        Some(_) | None if held && !is_shared[tensor] => Watch::Writes,
        Some(_) | None => Watch::Everything,
    };
    program.tensors.iter().map(|tensor| &tensor.role).enumerate().map(watch).collect()
}
