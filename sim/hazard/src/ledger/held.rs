//! Contributions of every written byte, followed back from a mark through the ops that made its value.

use std::collections::BTreeMap;
use std::mem::replace;

use oplog::OpLog;
use order::{Dataflow, Decided, Part, RegionMap, Writer};
use program::{Effect, Op, OpIndex, Rank, Target, View, ViewId};

use super::Contributed;
use super::keys::Keys;
use super::regions::{Regions, written};
use super::rules::{Operand, result};

/// An op, by rank and place.
pub type At = (Rank, OpIndex);

/// By global op: the ranges of the base it writes, or of the message it sends, that are marked.
type Born = BTreeMap<usize, Vec<(u64, u64, u32)>>;

pub struct Held<'a> {
    log: &'a OpLog,
    flow: &'a Dataflow,
    decided: Decided<'a>,
    born: Born,
    /// By global op: whether what it writes has been looked at, or need not be, as it holds nothing.
    done: Vec<bool>,
    /// By global op that writes something that holds something: by byte of the base it writes, or of the message.
    known: BTreeMap<usize, RegionMap<Keys>>,
}

impl<'a> Held<'a> {
    pub fn new(log: &'a OpLog, flow: &'a Dataflow, marks: &[Contributed<'_>]) -> Held<'a> {
        let done = Vec::with_capacity(log.program.n_ops());
        let decided = Decided::of(flow, &log.entries.start, &log.entries.done);
        let mut held = Held { log, flow, decided, born: Born::new(), done, known: BTreeMap::new() };
        marks.iter().for_each(|mark| held.contribute(mark));
        log.ops().for_each(|at| held.done.push(held.holds_nothing(at)));
        held
    }

    /// Marks the values in a view, for all their readers.
    fn contribute(&mut self, &Contributed { at, view, key }: &Contributed<'_>) {
        let spans = view.spans();
        for part in self.flow.marked(at.0, at.1) {
            let Some(writer) = self.writer(at, part) else { continue };
            let born = self.born.entry(self.flow.global(writer.0, writer.1)).or_default();
            for (start, end) in &spans {
                let (start, end) = (part.start.max(*start), part.end.min(*end));
                if start < end {
                    born.push((part.from + start - part.start, part.from + end - part.start, key));
                }
            }
        }
    }

    /// Whether what an op writes surely holds nothing: it is not marked, and made only from such values of its own
    /// rank. The ops before it are known already.
    fn holds_nothing(&self, (rank, op): At) -> bool {
        let nothing = |part: &Part| match part.writer {
            Writer::Uninitialised | Writer::Host(_) => true,
            Writer::Op { rank: by, op: earlier } => {
                by == rank && earlier < op && self.done[self.flow.global(by, earlier)]
            }
            Writer::Ambiguous(_) => false,
        };
        self.flow.reads(rank, op).flatten().all(nothing) && !self.born.contains_key(&self.done.len())
    }

    /// What lies in the parts of a read of `reader`, once they have been followed.
    pub fn regions(&self, reader: At, parts: &[Part]) -> Regions {
        let mut regions = Regions::default();
        for part in parts {
            let writer = self.writer(reader, part).map(|(rank, op)| self.flow.global(rank, op));
            let Some(known) = writer.and_then(|writer| self.known.get(&writer)) else { continue };
            for (from, to, keys) in known.overlapping(part.from, part.from + (part.end - part.start)) {
                regions.push(part.start + (from - part.from), part.start + (to - part.from), keys.clone());
            }
        }
        regions
    }

    /// Finds what the writers of the parts wrote, and first what those read. Reads that form a circle, with which
    /// a replay stops, hold nothing from around it.
    pub fn follow(&mut self, reader: At, parts: &[Part]) {
        let mut stack: Vec<(At, bool)> = self.unknown(reader, parts).collect();
        while let Some(((rank, op), operands_known)) = stack.pop() {
            let global = self.flow.global(rank, op);
            if operands_known {
                if let Some(held) = self.of_op((rank, op)) {
                    self.known.insert(global, held);
                }
            } else if !replace(&mut self.done[global], true) {
                stack.push(((rank, op), true));
                for parts in self.flow.reads(rank, op) {
                    stack.extend(self.unknown((rank, op), parts));
                }
            }
        }
    }

    /// The first op, in time, whose result holds a key more than once.
    pub fn first_doubled(&self, key: u32) -> Option<At> {
        let doubled = |held: &RegionMap<Keys>| {
            held.overlapping(0, u64::MAX).any(|(_, _, keys)| keys.count(key).most > 1)
        };
        self.in_time().find(|(global, _)| self.known.get(global).is_some_and(doubled)).map(|(_, at)| at)
    }

    /// The last op, in time, that read what was made from a marked value: one before `end` on its rank, if there
    /// is one; `None` when no op does.
    pub fn last_made_from(&self, key: u32, end: At) -> Option<At> {
        let mut made = vec![false; self.done.len()];
        for (&global, born) in &self.born {
            made[global] = born.iter().any(|&(.., of)| of == key);
        }
        let (mut here, mut elsewhere) = (None, None);
        for (global, (rank, op)) in self.in_time() {
            let from = |part: &Part| {
                self.writer((rank, op), part).is_some_and(|(rank, op)| made[self.flow.global(rank, op)])
            };
            if self.flow.reads(rank, op).flatten().any(from) {
                made[global] = true;
                let last = if rank == end.0 && op < end.1 { &mut here } else { &mut elsewhere };
                *last = Some((rank, op));
            }
        }
        here.or(elsewhere)
    }

    /// All ops, by the time they start.
    fn in_time(&self) -> impl Iterator<Item = (usize, At)> + '_ {
        let mut ops: Vec<(usize, At)> = self.log.ops().enumerate().collect();
        ops.sort_by_key(|&(global, _)| (self.log.entries.start[global], global));
        ops.into_iter()
    }

    fn unknown<'p>(&'p self, reader: At, parts: &'p [Part]) -> impl Iterator<Item = (At, bool)> + 'p {
        let writers = parts.iter().filter_map(move |part| self.writer(reader, part));
        writers.filter(|&(rank, op)| !self.done[self.flow.global(rank, op)]).map(|writer| (writer, false))
    }

    /// The op that wrote a part. Where nothing orders several, it is the one that the log names.
    fn writer(&self, (rank, op): At, part: &Part) -> Option<At> {
        match self.decided.writer(Some(self.flow.global(rank, op) as u32), part.writer) {
            Writer::Op { rank, op } => Some((rank, op)),
            Writer::Uninitialised | Writer::Host(_) | Writer::Ambiguous(_) => None,
        }
    }

    /// What an op writes holds; `None` if that is nothing.
    fn of_op(&self, at: At) -> Option<RegionMap<Keys>> {
        let (rank, index) = at;
        let op = self.log.program.op(rank, index);
        let views = &self.log.program.rank(rank).views;
        let access = op.access();
        let operand = |(view, parts): (ViewId, &[Part])| Operand {
            view: &views[view.index()],
            regions: self.regions(at, parts),
        };
        let reads: Vec<Operand<'_>> = access.reads().zip(self.flow.reads(rank, index)).map(operand).collect();
        let born = self.born.get(&self.flow.global(rank, index));
        if born.is_none() && reads.iter().all(|operand| operand.regions.is_empty()) {
            return None;
        }
        let to = target(op, views)?;
        let mut held = written(&to, &result(op, &reads, &to));
        for &(start, end, key) in born.into_iter().flatten() {
            held.update(start, end, Keys::default, |keys| *keys = keys.with(key));
        }
        Some(held)
    }
}

/// The view that an op writes: for a send, the message, packed.
fn target(op: &Op, views: &[View]) -> Option<View> {
    if let Effect::Move { from, to: Target::Slots(_) } = op.effect() {
        let view = views[from.index()];
        return Some(View::packed(view.base, view.shape, view.dtype));
    }
    op.access().write.map(|to| views[to.index()])
}
