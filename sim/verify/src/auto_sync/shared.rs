//! Memory that several ranks use: who is done with it may have to be known elsewhere.

use std::collections::BTreeSet;

use order::queue::{Queue, SEQUENCER};
use program::program::Flow;
use program::{Base, Op, OpIndex, Program, Rank, RankProgram, TensorId};

pub(super) struct Shared<'a> {
    program: &'a Program,
    /// Tensors of several ranks, one of which writes.
    tensors: BTreeSet<TensorId>,
}

impl<'a> Shared<'a> {
    pub fn of(program: &'a Program) -> Shared<'a> {
        let (mut users, mut written) = (vec![BTreeSet::new(); program.tensors.len()], BTreeSet::new());
        for (of_rank, rank) in program.ranks.iter().zip((0..).map(Rank)) {
            for op in &of_rank.ops {
                let access = op.access();
                for view in access.reads().chain(access.write) {
                    if let Base::Tensor(tensor) = of_rank.views[view.index()].base {
                        users[tensor.index()].insert(rank);
                        written.extend((access.write == Some(view)).then_some(tensor));
                    }
                }
            }
        }
        let several = |tensor: &TensorId| users[tensor.index()].len() > 1;
        Shared { program, tensors: written.into_iter().filter(several).collect() }
    }

    /// By op: the newest one of its queue, itself included, that touches such memory.
    pub fn shown(&self, rank: &RankProgram, queues: &[Queue]) -> Vec<Option<OpIndex>> {
        let mut newest = vec![None; queues.iter().max().map_or(0, |most| most + 1)];
        let ops = rank.ops.iter().zip(queues).zip((0..).map(OpIndex));
        ops.map(|((op, &queue), index)| {
            if queue != SEQUENCER && self.is_touched(rank, op) {
                newest[queue] = Some(index);
            }
            newest[queue]
        })
        .collect()
    }

    /// A slot without credits is used again without a release.
    fn is_touched(&self, rank: &RankProgram, op: &Op) -> bool {
        let access = op.access();
        access.reads().chain(access.write).any(|view| match rank.views[view.index()].base {
            Base::Tensor(tensor) => self.tensors.contains(&tensor),
            Base::Message(message) => self.program.rings[message.ring.index()].flow == Flow::None,
            Base::Buffer(_) => false,
        })
    }
}
