//! Program order between accesses of tensors that ranks share: what a read means, where the program says it.

use std::collections::BTreeMap;

use program::{Base, OpIndex, Program, Rank};

use super::marked;
use super::order::{Stamp, walk};
use super::shared::shared_tensors;

type At = (Rank, OpIndex);

/// The place in program order of every op that uses a shared tensor.
#[derive(Debug)]
pub struct SharedOrder {
    stamps: BTreeMap<At, Stamp>,
}

impl SharedOrder {
    pub fn of(program: &Program) -> SharedOrder {
        let shared = shared_tensors(program);
        let mut stamps = BTreeMap::new();
        walk(program, |stamp, op| {
            let access = op.access();
            let mut views = access.reads().chain(marked(op)).chain(access.write);
            let is_shared = views.any(|view| match program.rank(stamp.rank).views[view.index()].base {
                Base::Tensor(tensor) => shared[tensor.index()],
                Base::Buffer(_) | Base::Message(_) => false,
            });
            if is_shared {
                stamps.insert((stamp.rank, stamp.op), stamp.clone());
            }
        });
        SharedOrder { stamps }
    }

    /// Whether the first op comes before the second one; `None` where the program leaves that open.
    pub fn is_before(&self, first: At, second: At) -> Option<bool> {
        let (first, second) = (self.stamps.get(&first)?, self.stamps.get(&second)?);
        if first.before(second) { Some(true) } else { second.before(first).then_some(false) }
    }
}
