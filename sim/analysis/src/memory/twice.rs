//! Bytes that one memory holds in two places at once.
//!
//! Two places hold the same where the bytes of both were made by one op, or are one box of an input of the host, and
//! were only moved since. A place holds bytes from the end of the op that wrote them there to the end of the last op
//! that reads them there; bytes that nobody reads any more are not held, whatever is allocated. So a copy is told where
//! both places are still of use: an op could read the other one. Values that are merely equal are not the same, and
//! neither are casts. A read that may find several writers counts for none of them.

use std::collections::{BTreeMap, BTreeSet};

use machine::SimTime;
use oplog::OpLog;
use order::{Dataflow, RegionMap, Writer};
use program::{Base, OpIndex, Rank, Space, TensorId};

use super::Holder;
use super::content::{Content, Contents, Run, moved, own_runs};

/// One content that two holders of a memory have at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice {
    pub space: Space,
    pub content: Content,
    /// The one that has it first, and the one that has it as well.
    pub holders: [Holder; 2],
    /// The op that brought it there; `None` of the host.
    pub by: [Option<(Rank, OpIndex)>; 2],
    /// Bytes of it that both have at some time, and from when to when.
    pub bytes: u64,
    pub from: SimTime,
    pub to: SimTime,
}

/// What a run holds twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// The largest first.
    pub all: Vec<Twice>,
    /// Whether all was looked at: a run of very many pieces has a limit.
    pub is_complete: bool,
}

/// Bytes of a content in a place.
#[derive(Clone, Copy)]
struct Unit {
    from: SimTime,
    to: SimTime,
    at: u64,
    end: u64,
    address: u64,
    holder: Holder,
    by: Option<(Rank, OpIndex)>,
}

/// Comparisons of units that are made.
const MOST_COMPARED: usize = 1 << 24;

/// What two holders have at once: which bytes of the content, and when.
#[derive(Default)]
struct Shared {
    ranges: RegionMap<()>,
    times: Option<(SimTime, SimTime)>,
}

type Pair = (Space, Content, [Holder; 2], [Option<(Rank, OpIndex)>; 2]);

impl Copies {
    /// What the memories hold twice for which `is_asked` is true.
    pub fn of(log: &OpLog, flow: &Dataflow, is_asked: impl Fn(Space) -> bool) -> Copies {
        let mut search = Search { log, flow, contents: Contents::new(log, flow), placed: Vec::new() };
        search.place_moves(&is_asked);
        search.place_sources(&is_asked);
        let units = search.units();
        let (mut pairs, mut budget) = (BTreeMap::new(), MOST_COMPARED);
        for ((space, content), units) in units {
            compare(space, content, units, &mut pairs, &mut budget);
        }
        let is_complete = search.contents.is_complete() && budget > 0;
        let mut all: Vec<Twice> =
            pairs.into_iter().filter_map(|(pair, shared)| told(pair, &shared)).collect();
        all.sort_by_key(|it| (std::cmp::Reverse(it.bytes), it.space, it.holders));
        Copies { all, is_complete }
    }
}

fn told((space, content, holders, by): Pair, shared: &Shared) -> Option<Twice> {
    let (from, to) = shared.times?;
    let bytes = shared.ranges.overlapping(0, u64::MAX).map(|(start, end, ())| end - start).sum();
    Some(Twice { space, content, holders, by, bytes, from, to })
}

/// What a writer left in a holder of a memory.
struct Placed {
    writer: Writer,
    space: Space,
    holder: Holder,
    address: u64,
    runs: Vec<Run>,
}

struct Search<'a> {
    log: &'a OpLog,
    flow: &'a Dataflow,
    contents: Contents<'a>,
    placed: Vec<Placed>,
}

impl Search<'_> {
    /// What moves left in the memories.
    fn place_moves(&mut self, is_asked: &impl Fn(Space) -> bool) {
        for (rank, op) in self.log.ops() {
            let Some((_, Some(to))) = moved(self.log.program.op(rank, op)) else { continue };
            let Some((space, holder, address)) = self.place(rank, to) else { continue };
            if is_asked(space) {
                let runs = self.contents.of((rank, op)).to_vec();
                let writer = Writer::Op { rank, op };
                self.placed.push(Placed { writer, space, holder, address, runs });
            }
        }
    }

    /// What the makers of moved bytes left there themselves, and inputs of which there are two.
    fn place_sources(&mut self, is_asked: &impl Fn(Space) -> bool) {
        let program = &self.log.program;
        let made = self.placed.iter().flat_map(|placed| &placed.runs).map(|run| run.content);
        let mut made: BTreeSet<Content> = made.collect();
        let mut inputs: BTreeMap<(TensorId, Rank), u32> = BTreeMap::new();
        let is_input = |it: &TensorId| program.tensors[it.index()].role.given().is_some();
        let tensors = || (0..program.tensors.len() as u32).map(TensorId).filter(is_input);
        for tensor in tensors() {
            *inputs.entry((self.contents.host(tensor), program.tensors[tensor.index()].home)).or_default() +=
                1;
        }
        made.extend(inputs.iter().filter(|(_, n)| **n > 1).map(|((tensor, _), _)| Content::Host(*tensor)));
        for tensor in tensors() {
            let content = Content::Host(self.contents.host(tensor));
            let (space, bytes) = {
                let of = &program.tensors[tensor.index()];
                (Space::Hbm(of.home), of.bytes())
            };
            if made.contains(&content) && is_asked(space) {
                let runs = vec![Run { start: 0, end: bytes, content, at: 0 }];
                let (holder, address) = (Holder::Tensor(tensor), self.log.layout.tensors[tensor.index()]);
                self.placed.push(Placed { writer: Writer::Host(tensor), space, holder, address, runs });
            }
        }
        for content in made {
            let Content::Op { rank, op } = content else { continue };
            let Some(view) = program.op(rank, op).access().write else { continue };
            let Some((space, holder, address)) = self.place(rank, view) else { continue };
            if is_asked(space) {
                let runs = own_runs(&program.rank(rank).views[view.index()], content);
                self.placed.push(Placed { writer: Writer::Op { rank, op }, space, holder, address, runs });
            }
        }
    }

    /// The memory, holder and address of a view; `None` of a slot.
    fn place(&self, rank: Rank, view: program::ViewId) -> Option<(Space, Holder, u64)> {
        let view = &self.log.program.rank(rank).views[view.index()];
        let holder = match view.base {
            Base::Buffer(buffer) => Holder::Buffer(rank, buffer),
            Base::Tensor(tensor) => Holder::Tensor(tensor),
            Base::Message(_) => return None,
        };
        let (space, address) = self.log.layout.locate(&self.log.program, rank, view);
        Some((space, holder, address))
    }

    /// All that is held, by memory and content; contents that one writer alone holds are left out.
    fn units(&self) -> BTreeMap<(Space, Content), Vec<Unit>> {
        let mut held: BTreeMap<(Space, Content), u32> = BTreeMap::new();
        for placed in &self.placed {
            let contents: BTreeSet<Content> = placed.runs.iter().map(|run| run.content).collect();
            contents.into_iter().for_each(|it| *held.entry((placed.space, it)).or_default() += 1);
        }
        let is_held_twice = |space: Space, run: &Run| held.get(&(space, run.content)).is_some_and(|n| *n > 1);
        let of_use = |placed: &&Placed| placed.runs.iter().any(|run| is_held_twice(placed.space, run));
        let writers: BTreeSet<Writer> = self.placed.iter().filter(of_use).map(|it| it.writer).collect();
        let read = self.last_reads(&writers);
        let mut units: BTreeMap<(Space, Content), Vec<Unit>> = BTreeMap::new();
        for placed in self.placed.iter().filter(of_use) {
            let Some(read) = read.get(&placed.writer) else { continue };
            for run in placed.runs.iter().filter(|run| is_held_twice(placed.space, run)) {
                let of_content = units.entry((placed.space, run.content)).or_default();
                for (start, end, &to) in read.overlapping(run.start, run.end) {
                    of_content.extend(self.unit(placed, run, (start, end, to)));
                }
            }
        }
        units
    }

    fn unit(&self, placed: &Placed, run: &Run, (start, end, to): (u64, u64, SimTime)) -> Option<Unit> {
        let by = match placed.writer {
            Writer::Op { rank, op } => Some((rank, op)),
            Writer::Host(_) | Writer::Uninitialised | Writer::Ambiguous(_) => None,
        };
        let done = |(rank, op)| self.log.entries.done[self.flow.global(rank, op)];
        let from = by.map_or(SimTime::ZERO, done);
        let at = run.at + (start - run.start);
        let (address, holder) = (placed.address + start, placed.holder);
        (from < to).then_some(Unit { from, to, at, end: at + (end - start), address, holder, by })
    }

    /// Of some writers: by byte of what they wrote, the end of the last op that reads it, or of the run where the host
    /// does.
    fn last_reads(&self, writers: &BTreeSet<Writer>) -> BTreeMap<Writer, RegionMap<SimTime>> {
        let mut read: BTreeMap<Writer, RegionMap<SimTime>> = BTreeMap::new();
        if writers.is_empty() {
            return read;
        }
        let mut add = |part: &order::Part, at: SimTime| {
            if writers.contains(&part.writer) {
                let end = part.from + (part.end - part.start);
                let last = |last: &mut SimTime| *last = (*last).max(at);
                read.entry(part.writer).or_default().update(part.from, end, || SimTime::ZERO, last);
            }
        };
        for (rank, op) in self.log.ops() {
            let done = self.log.entries.done[self.flow.global(rank, op)];
            self.flow.reads(rank, op).flatten().for_each(|part| add(part, done));
        }
        let end = self.log.makespan();
        for tensor in (0..self.log.program.tensors.len() as u32).map(TensorId) {
            self.flow.output(tensor).iter().for_each(|part| add(part, end));
        }
        read
    }
}

/// Finds what is held in two places at once. A third place is told beside the first alone.
fn compare(
    space: Space,
    content: Content,
    mut units: Vec<Unit>,
    pairs: &mut BTreeMap<Pair, Shared>,
    budget: &mut usize,
) {
    units.sort_by_key(|unit| (unit.from, unit.holder, unit.at));
    let mut live: Vec<Unit> = Vec::new();
    for unit in units {
        live.retain(|other| other.to > unit.from);
        *budget = budget.saturating_sub(live.len());
        if *budget == 0 {
            return;
        }
        let mut rest = vec![(unit.at, unit.end)];
        for other in live.iter().filter(|other| other.holder != unit.holder && other.lies_apart(&unit)) {
            let mut left = Vec::new();
            for (at, end) in rest {
                let (start, stop) = (at.max(other.at), end.min(other.end));
                if start >= stop {
                    left.push((at, end));
                    continue;
                }
                let pair = (space, content, [other.holder, unit.holder], [other.by, unit.by]);
                pairs.entry(pair).or_default().add((start, stop), (unit.from, unit.to.min(other.to)));
                left.extend([(at, start), (stop, end)].into_iter().filter(|(at, end)| at < end));
            }
            rest = left;
        }
        live.push(unit);
    }
}

impl Shared {
    fn add(&mut self, (start, end): (u64, u64), (from, to): (SimTime, SimTime)) {
        self.ranges.insert(start, end, ());
        let (first, last) = self.times.unwrap_or((from, to));
        self.times = Some((first.min(from), last.max(to)));
    }
}

impl Unit {
    /// Whether the bytes are not the same bytes of the memory: buffers that the author laid on one another may be.
    fn lies_apart(&self, other: &Unit) -> bool {
        let end = |unit: &Unit| unit.address + (unit.end - unit.at);
        end(self) <= other.address || end(other) <= self.address
    }
}
