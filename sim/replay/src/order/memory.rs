//! Memory contents during a legal order: for every byte, the version it comes from, or poison.

use std::collections::BTreeMap;

use oplog::OpLog;
use order::RegionMap;
use program::{Message, Op, Space, TensorId};

use super::steps::{Moment, Step};
use crate::history::{Part, push};
use crate::reads::Reads;
use crate::rule::taken_by_host;
use crate::version::{VersionId, Versions, Writer, runs};

/// Memories and what the ops have read from them. Memory is poison until it is written, and so is a slot that has
/// been released: what is still there may be overwritten at any time.
#[derive(Clone)]
pub struct Memory<'a> {
    log: &'a OpLog,
    versions: &'a Versions,
    spaces: BTreeMap<Space, RegionMap<Cell>>,
    /// By op, then by read.
    read: Vec<Vec<Vec<Part>>>,
}

#[derive(Clone, Copy)]
struct Cell {
    /// `None` in a slot that was released.
    version: Option<VersionId>,
    /// An address less this, wrapping, is a byte of the version's value.
    shift: u64,
}

impl<'a> Memory<'a> {
    /// With the host's tensors in it.
    pub fn new(log: &'a OpLog, versions: &'a Versions) -> Memory<'a> {
        let read = vec![Vec::new(); versions.n_ops()];
        let mut memory = Memory { log, versions, spaces: BTreeMap::new(), read };
        for (id, version) in versions.iter() {
            if let Writer::Host(_) = version.writer {
                memory.write(id);
            }
        }
        memory
    }

    /// Whether a step reads or changes any byte.
    pub fn is_touched_by(&self, step: Step) -> bool {
        let (op, writes) = (self.what(step.op), self.versions.written_by(step.op as usize).is_some());
        match step.moment {
            Moment::Issue | Moment::Start => false,
            Moment::Read => op.access().reads().next().is_some(),
            Moment::End => writes && !is_sent(op) || !op.frees().is_empty(),
            Moment::Arrive => true,
        }
    }

    pub fn step(&mut self, step: Step) {
        let op = self.what(step.op);
        match step.moment {
            Moment::Issue | Moment::Start => {}
            Moment::Read => self.read(step.op),
            Moment::End => {
                if self.versions.written_by(step.op as usize).is_some() && !is_sent(op) {
                    self.write(VersionId(step.op));
                }
                op.frees().iter().for_each(|&message| self.release(message));
            }
            Moment::Arrive => {
                let arriving = op.sends().iter().filter_map(|&message| self.versions.of_message(message));
                arriving.collect::<Vec<_>>().into_iter().for_each(|id| self.write(id));
            }
        }
    }

    /// All reads; the host takes its outputs now.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::new();
        for parts in &self.read {
            parts.iter().for_each(|parts| reads.read(parts.iter().copied()));
            reads.next_reader();
        }
        for tensor in 0..self.log.program.tensors.len() as u32 {
            if let Some((space, runs)) = taken_by_host(self.log, TensorId(tensor)) {
                reads.read(self.parts(space, &runs));
            }
            reads.next_reader();
        }
        reads
    }

    /// State that decides all later reads: what has been read, and the current contents.
    pub fn key(&self) -> Vec<u64> {
        let mut key = Vec::new();
        let name = |version: Option<VersionId>| version.map_or(u64::MAX, |id| u64::from(id.0));
        for parts in self.read.iter().flatten() {
            key.push(u64::MAX);
            key.extend(parts.iter().flat_map(|part| [part.start, part.length, name(part.version), part.at]));
        }
        for map in self.spaces.values() {
            key.push(u64::MAX);
            let mut last = None;
            for (start, end, cell) in map.overlapping(0, u64::MAX) {
                let now = (start, name(cell.version), cell.shift);
                // A cell that was cut and goes on as before is one.
                if last != Some(now) {
                    key.extend([now.0, now.1, now.2]);
                }
                last = Some((end, now.1, now.2));
            }
            key.extend(last.map(|(end, ..)| end));
        }
        key
    }

    fn read(&mut self, op: u32) {
        let (rank, index) = self.versions.op(op);
        let program = &self.log.program;
        let access = program.op(rank, index).access();
        let parts = access.reads().map(|view| {
            let view = &program.rank(rank).views[view.index()];
            let (space, base) = self.log.layout.locate(program, rank, view);
            self.parts(space, &runs(view, base))
        });
        self.read[op as usize] = parts.collect();
    }

    fn parts(&self, space: Space, runs: &[(u64, u64)]) -> Vec<Part> {
        let (mut parts, map) = (Vec::new(), self.spaces.get(&space));
        let poison = |start, end| Part { start, length: end - start, version: None, at: 0 };
        for &(start, length) in runs {
            let mut at = start;
            for (from, to, cell) in map.into_iter().flat_map(|map| map.overlapping(start, start + length)) {
                push(&mut parts, poison(at, from));
                let within = cell.version.map_or(0, |_| from.wrapping_sub(cell.shift));
                push(&mut parts, Part { start: from, length: to - from, version: cell.version, at: within });
                at = to;
            }
            push(&mut parts, poison(at, start + length));
        }
        parts
    }

    fn write(&mut self, id: VersionId) {
        let version = self.versions.get(id);
        let map = self.spaces.entry(version.space).or_default();
        let (mut offset, value) = (0u64, Some(self.versions.value_of(id)));
        for &(start, length) in &version.runs {
            map.insert(start, start + length, Cell { version: value, shift: start.wrapping_sub(offset) });
            offset += length;
        }
    }

    /// Poisons what is left of a message; a later one that has come meanwhile stays.
    fn release(&mut self, message: Message) {
        let Some(id) = self.versions.of_message(message) else { return };
        let version = self.versions.get(id);
        let (start, end) = (version.address(), version.address() + version.bytes());
        let value = Some(self.versions.value_of(id));
        let map = self.spaces.entry(version.space).or_default();
        let held = map.overlapping(start, end).filter(|(.., cell)| cell.version == value);
        for (from, to) in held.map(|(from, to, _)| (from, to)).collect::<Vec<_>>() {
            map.insert(from, to, Cell { version: None, shift: 0 });
        }
    }

    fn what(&self, op: u32) -> &'a Op {
        let (rank, index) = self.versions.op(op);
        self.log.program.op(rank, index)
    }
}

fn is_sent(op: &Op) -> bool {
    !op.sends().is_empty()
}
