//! Matching of the ops of two logs: by rank and identity, never by position.

use std::ops::Range;

use oplog::OpLog;
use order::Dataflow;
use program::Rank;

use super::common::common;
use super::identity::{Keys, LEVELS, OWN, keys, ops_of};

/// Ops by their global numbers. An op has at most one partner, on the rank of the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// By op of `a`.
    to_b: Vec<Option<u32>>,
    /// By op of `b`.
    to_a: Vec<Option<u32>>,
    /// Ops of `a`, ascending, that come in another place among the others in `b`.
    moved: Vec<u32>,
}

impl Matching {
    pub fn of(a: &OpLog, b: &OpLog) -> Matching {
        Matching::with([a, b], [&Dataflow::of(&a.program), &Dataflow::of(&b.program)])
    }

    /// As [`Matching::of`], for logs whose programs have these flows.
    pub fn with(logs: [&OpLog; 2], flows: [&Dataflow; 2]) -> Matching {
        let [a, b] = logs;
        let keys = [keys(a, flows[0]), keys(b, flows[1])];
        let firsts = [a.first_ops(), b.first_ops()];
        let mut matching = Matching {
            to_b: vec![None; a.entries.done.len()],
            to_a: vec![None; b.entries.done.len()],
            moved: Vec::new(),
        };
        for rank in (0..a.program.n_ranks().max(b.program.n_ranks())).map(Rank) {
            let [of_a, of_b] = [ops_of(&firsts[0], rank), ops_of(&firsts[1], rank)];
            matching.add_rank(&keys, [of_a, of_b]);
        }
        matching
    }

    pub fn to_b(&self, op_of_a: usize) -> Option<usize> {
        self.to_b[op_of_a].map(|op| op as usize)
    }
    pub fn to_a(&self, op_of_b: usize) -> Option<usize> {
        self.to_a[op_of_b].map(|op| op as usize)
    }
    pub fn is_moved(&self, op_of_a: usize) -> bool {
        self.moved.binary_search(&(op_of_a as u32)).is_ok()
    }
    /// Ops that both logs have, ascending in `a`: their numbers in `a` and in `b`.
    pub fn pairs(&self) -> impl Iterator<Item = [usize; 2]> + '_ {
        self.to_b.iter().enumerate().filter_map(|(a, b)| b.map(|b| [a, b as usize]))
    }

    /// In order, by the most exact keys first: these tell apart ops that ask for the same. Where that would leave ops
    /// out, because of what was put in among them, what they ask for decides alone.
    fn add_rank(&mut self, keys: &[Keys; 2], ranges: [Range<usize>; 2]) {
        let at = |level: usize| [&keys[0][level][..], &keys[1][level][..]];
        let exact = |from: usize| {
            (from..=OWN).fold(Vec::new(), |pairs, level| self.refined(at(level), pairs, &ranges))
        };
        let mut pairs = exact(0);
        if pairs.len() < ranges[0].len().min(ranges[1].len()) {
            let others = exact(OWN);
            if others.len() > pairs.len() {
                pairs = others;
            }
        }
        pairs.iter().for_each(|&(a, b)| self.join(a, b));
        let [of_a, of_b] = ranges.clone();
        self.add_moved(at(OWN), of_a, of_b);
        for level in OWN + 1..LEVELS {
            pairs = self.refined(at(level), pairs, &ranges);
            pairs.iter().for_each(|&(a, b)| self.join(a, b));
        }
    }

    /// The pairs, and between them more by another kind of key, of ops that have no partner yet.
    fn refined(
        &self,
        keys: [&[u64]; 2],
        pairs: Vec<(usize, usize)>,
        ranges: &[Range<usize>; 2],
    ) -> Vec<(usize, usize)> {
        let mut refined = Vec::with_capacity(pairs.len());
        let (mut from, last) = ((ranges[0].start, ranges[1].start), (ranges[0].end, ranges[1].end));
        for to in pairs.into_iter().chain([last]) {
            let left_a: Vec<usize> = (from.0..to.0).filter(|&op| self.to_b[op].is_none()).collect();
            let left_b: Vec<usize> = (from.1..to.1).filter(|&op| self.to_a[op].is_none()).collect();
            if !left_a.is_empty() && !left_b.is_empty() {
                let of = |keys: &[u64], ops: &[usize]| ops.iter().map(|&op| keys[op]).collect::<Vec<u64>>();
                let found = common(&of(keys[0], &left_a), &of(keys[1], &left_b));
                refined.extend(found.into_iter().map(|(a, b)| (left_a[a], left_b[b])));
            }
            if to != last {
                refined.push(to);
            }
            from = (to.0 + 1, to.1 + 1);
        }
        refined
    }

    /// Pairs what is left and asks for the same, wherever it is: the first with the first.
    fn add_moved(&mut self, keys: [&[u64]; 2], of_a: Range<usize>, of_b: Range<usize>) {
        let mut left_a: Vec<_> =
            of_a.filter(|&op| self.to_b[op].is_none()).map(|op| (keys[0][op], op)).collect();
        let mut left_b: Vec<_> =
            of_b.filter(|&op| self.to_a[op].is_none()).map(|op| (keys[1][op], op)).collect();
        left_a.sort_unstable();
        left_b.sort_unstable();
        let mut others = left_b.into_iter().peekable();
        for (key, a) in left_a {
            while others.next_if(|other| other.0 < key).is_some() {}
            if let Some((_, b)) = others.next_if(|other| other.0 == key) {
                self.join(a, b);
                self.moved.push(a as u32);
            }
        }
        self.moved.sort_unstable();
    }

    fn join(&mut self, a: usize, b: usize) {
        self.to_b[a] = Some(b as u32);
        self.to_a[b] = Some(a as u32);
    }
}

/// A step of the alignment, in the order of `a`, with the ops that only `b` has at their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    OnlyA(usize),
    OnlyB(usize),
    Both([usize; 2]),
}

/// All ops of a rank, merged.
pub fn turns(matching: &Matching, of_a: Range<usize>, of_b: Range<usize>) -> Vec<Turn> {
    let (mut turns, mut at_b) = (Vec::new(), of_b.start);
    let mut only_b = |turns: &mut Vec<Turn>, to: usize| {
        turns.extend((at_b..to).filter(|&op| matching.to_a(op).is_none()).map(Turn::OnlyB));
        at_b = at_b.max(to);
    };
    for a in of_a {
        match matching.to_b(a) {
            None => turns.push(Turn::OnlyA(a)),
            Some(b) => {
                if !matching.is_moved(a) {
                    only_b(&mut turns, b);
                }
                turns.push(Turn::Both([a, b]));
            }
        }
    }
    only_b(&mut turns, of_b.end);
    turns
}
