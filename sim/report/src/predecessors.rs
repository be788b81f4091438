//! Ops that an op is held by, for its rank: how far back each is. Ops of a loop have the same distances, so lists of
//! them are kept once.

use std::collections::BTreeMap;

use order::Dependencies;
use program::{Op, OpIndex, SyncOp};
use serde::Serialize;

use crate::column::Column;

#[derive(Debug, Default, Serialize)]
pub struct Predecessors {
    #[serde(skip)]
    known: BTreeMap<Vec<u64>, u32>,
    /// Different lists.
    n: u32,
    /// Of each list how many distances it has, and of all lists their distances.
    lengths: Column,
    distances: Column,
    /// By op: the number of its list.
    list: Column,
}

impl Predecessors {
    /// Adds the next op: of all ops it is number `number`, and of its rank number `index`. A wait is held by the ops
    /// that it names.
    pub fn add(&mut self, dependencies: &Dependencies, number: usize, (index, op): (usize, &Op)) {
        let named: &[OpIndex] = if let Op::Sync(SyncOp::Wait { on }) = op { on } else { &[] };
        let held = dependencies.of(number).iter().chain(named);
        // An op of a damaged log may be held by a later one: it is left out.
        let back = held.filter_map(|by| index.checked_sub(by.index())).map(|n| n as u64);
        let list: Vec<u64> = back.filter(|&n| n > 0).collect();
        let number = self.known.get(&list).copied().unwrap_or_else(|| self.keep(list));
        self.list.put(u64::from(number));
    }

    fn keep(&mut self, list: Vec<u64>) -> u32 {
        self.lengths.put(list.len() as u64);
        list.iter().for_each(|&back| self.distances.put(back));
        self.known.insert(list, self.n);
        self.n += 1;
        self.n - 1
    }
}
