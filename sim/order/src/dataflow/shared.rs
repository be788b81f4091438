//! Tensors that several ranks use and at least one writes: the last writer in program order across ranks, or, where that
//! is not unique, every possible one.

use std::collections::BTreeMap;

use program::{Base, Op, OpIndex, Program, Rank, TensorId, View, ViewId};

use super::contents::append;
use super::memory::initial;
use super::order::{Stamp, walk};
use super::{Part, Unordered, Writer, marked};
use crate::RegionMap;

/// The parts of every read of a shared tensor.
#[derive(Default)]
pub struct Shared {
    reads: BTreeMap<(Rank, OpIndex, usize), Vec<Part>>,
    outputs: BTreeMap<TensorId, Vec<Part>>,
}

struct Read {
    tensor: TensorId,
    by: Stamp,
    operand: usize,
    ranges: Vec<(u64, u64)>,
}

/// All accesses to shared tensors, in an order that happens-before allows.
struct Accesses {
    reads: Vec<Read>,
    writes: Vec<Stamp>,
    /// By tensor: which of `writes` wrote each byte.
    written: BTreeMap<TensorId, RegionMap<Writes>>,
}

/// By rank: the places in [`Accesses::writes`] of what it wrote, in program order.
type Writes = BTreeMap<Rank, Vec<u32>>;

impl Shared {
    /// Finds the writers of shared tensors; lists of writers that nothing orders go to `ambiguous`.
    pub fn resolve(program: &Program, ambiguous: &mut Vec<Unordered>) -> Shared {
        let shared = shared_tensors(program);
        if !shared.contains(&true) {
            return Shared::default();
        }
        let accesses = Accesses::of(program, &shared);
        let mut lists = Lists { known: BTreeMap::new(), all: ambiguous };
        let mut found = Shared::default();
        for read in &accesses.reads {
            let parts = accesses.parts(program, read.tensor, &read.ranges, Some(&read.by), &mut lists);
            found.reads.insert((read.by.rank, read.by.op, read.operand), parts);
        }
        for (index, tensor) in program.tensors.iter().enumerate() {
            if shared[index] && tensor.role.taken().is_some() {
                let (id, all) = (TensorId(index as u32), [(0, tensor.bytes())]);
                found.outputs.insert(id, accesses.parts(program, id, &all, None, &mut lists));
            }
        }
        found
    }

    /// The parts of a read, when it is of a shared tensor.
    pub fn read(&mut self, rank: Rank, op: OpIndex, operand: usize) -> Option<Vec<Part>> {
        if self.reads.is_empty() {
            return None;
        }
        self.reads.remove(&(rank, op, operand))
    }
    /// Final writers of a shared tensor.
    pub fn output(&mut self, tensor: TensorId) -> Option<Vec<Part>> {
        self.outputs.remove(&tensor)
    }
}

impl Accesses {
    fn of(program: &Program, shared: &[bool]) -> Accesses {
        let mut accesses = Accesses { reads: Vec::new(), writes: Vec::new(), written: BTreeMap::new() };
        walk(program, |stamp, op| accesses.visit(program, shared, stamp, op));
        accesses
    }

    fn visit(&mut self, program: &Program, shared: &[bool], by: &Stamp, op: &Op) {
        let access = op.access();
        let of_view = |view: ViewId| shared_view(program, shared, by.rank, view);
        for (operand, view) in access.reads().chain(marked(op)).enumerate() {
            if let Some((tensor, view)) = of_view(view) {
                self.reads.push(Read { tensor, by: by.clone(), operand, ranges: view.spans() });
            }
        }
        if let Some((tensor, view)) = access.write.and_then(of_view) {
            let write = self.writes.len() as u32;
            self.writes.push(by.clone());
            let map = self.written.entry(tensor).or_default();
            for (start, end) in view.spans() {
                map.update(start, end, Writes::new, |writes| writes.entry(by.rank).or_default().push(write));
            }
        }
    }

    /// The parts of `ranges` as `reader` finds them; the host, who reads last, is `None`.
    fn parts(
        &self,
        program: &Program,
        tensor: TensorId,
        ranges: &[(u64, u64)],
        reader: Option<&Stamp>,
        lists: &mut Lists<'_>,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        let before = initial(program, tensor);
        let mut add = |start: u64, end: u64, writer| {
            if start < end {
                append(&mut parts, 0, Part { start, end, from: start, writer });
            }
        };
        for &(start, end) in ranges {
            let mut next = start;
            for (from, to, writes) in
                self.written.get(&tensor).into_iter().flat_map(|m| m.overlapping(start, end))
            {
                add(next, from, before);
                add(from, to, lists.writer(self.candidates(writes, reader, before)));
                next = to;
            }
            add(next, end, before);
        }
        parts
    }

    /// Everyone who may have written last among `writes`, all of the same bytes; never empty.
    fn candidates(&self, writes: &Writes, reader: Option<&Stamp>, initial: Writer) -> Unordered {
        let (mut earlier, mut unordered): (Vec<&Stamp>, Vec<&Stamp>) = (Vec::new(), Vec::new());
        let itself =
            |write: &Stamp| reader.is_some_and(|reader| (reader.rank, reader.op) == (write.rank, write.op));
        let mut left_out = 0;
        for of_rank in writes.values() {
            let stamp = |write: &u32| &self.writes[*write as usize];
            // What precedes the reader, then what nothing orders, then what follows it: each in one piece,
            // because a later op of a rank knows all that an earlier one knows.
            let before =
                of_rank.partition_point(|write| reader.is_none_or(|reader| stamp(write).before(reader)));
            let after =
                of_rank.partition_point(|write| reader.is_none_or(|reader| !reader.before(stamp(write))));
            earlier.extend(of_rank[..before].last().map(stamp));
            // Of the reader's own rank this is at most the op itself.
            let between = &of_rank[before..after.max(before)];
            let old = between.len().saturating_sub(Unordered::MOST);
            unordered.extend(between[old..].iter().map(stamp).filter(|write| !itself(write)));
            left_out += old;
        }
        unordered.sort_by_key(|write| (write.op, write.rank));
        let old = unordered.len().saturating_sub(Unordered::MOST);
        unordered.drain(..old);
        left_out += old;
        let last = earlier.iter().filter(|write| !earlier.iter().any(|other| write.before(other)));
        let writer = |write: &Stamp| Writer::Op { rank: write.rank, op: write.op };
        let mut candidates: Vec<Writer> = last.map(|write| writer(write)).collect();
        if candidates.is_empty() {
            candidates.push(initial);
        }
        let with_reader = !unordered.is_empty();
        candidates.extend(unordered.into_iter().map(writer));
        candidates.sort_unstable();
        Unordered { writers: candidates, left_out: left_out as u64, with_reader }
    }
}

/// Lists of unordered writers, each kept once.
struct Lists<'a> {
    known: BTreeMap<Unordered, u32>,
    all: &'a mut Vec<Unordered>,
}

impl Lists<'_> {
    fn writer(&mut self, candidates: Unordered) -> Writer {
        if let [only] = candidates.writers[..] {
            return only;
        }
        let next = self.all.len() as u32;
        let list = *self.known.entry(candidates.clone()).or_insert(next);
        if list == next {
            self.all.push(candidates);
        }
        Writer::Ambiguous(list)
    }
}

fn shared_view<'a>(
    program: &'a Program,
    shared: &[bool],
    rank: Rank,
    view: ViewId,
) -> Option<(TensorId, &'a View)> {
    let view = &program.rank(rank).views[view.index()];
    match view.base {
        Base::Tensor(tensor) => shared[tensor.index()].then_some((tensor, view)),
        Base::Buffer(_) | Base::Message(_) => None,
    }
}

/// By tensor: whether several ranks use it and one of them writes it.
pub(super) fn shared_tensors(program: &Program) -> Vec<bool> {
    let mut first_user = vec![None; program.tensors.len()];
    let mut several = vec![false; program.tensors.len()];
    let mut written = vec![false; program.tensors.len()];
    for (rank, rank_program) in program.ranks.iter().enumerate() {
        for op in &rank_program.ops {
            let access = op.access();
            for (view, writes) in
                access.reads().chain(marked(op)).map(|v| (v, false)).chain(access.write.map(|v| (v, true)))
            {
                if let Base::Tensor(tensor) = rank_program.views[view.index()].base {
                    let tensor = tensor.index();
                    several[tensor] |= *first_user[tensor].get_or_insert(rank) != rank;
                    written[tensor] |= writes;
                }
            }
        }
    }
    several.iter().zip(written).map(|(several, written)| *several && written).collect()
}
