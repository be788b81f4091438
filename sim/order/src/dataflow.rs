//! Data flow of a program: for every view an op reads, the writer of each of its bytes.
//!
//! Neither times nor planned addresses count. A TCM buffer and a tensor are what their names say, and a message is the
//! bytes its sender sent; only buffers that the author fixed by hand (`tile_at`) share bytes by address. Bytes that a
//! planner happened to leave in a buffer are uninitialised.

mod between;
mod contents;
mod decided;
mod events;
mod memory;
mod order;
mod shared;

use std::collections::{BTreeMap, BTreeSet};

use program::{NoteOp, Op, OpIndex, Program, Rank, TensorId, ViewId};

pub use between::SharedOrder;
pub use decided::Decided;
use memory::Memory;
use shared::Shared;

/// Writer of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writer {
    /// Nobody.
    Uninitialised,
    /// The host, before the run: the contents of an input tensor.
    Host(TensorId),
    /// An op. For a view of a message it is the send or forward, and the bytes are those it sent, packed.
    Op { rank: Rank, op: OpIndex },
    /// Several ranks, and nothing orders them: see [`Dataflow::candidates`].
    Ambiguous(u32),
}

/// Every byte of a view that lies in `start..end` was written by `writer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Counted from the start of the base of the view that is read.
    pub start: u64,
    pub end: u64,
    /// Where `start` lies in the base that the writer wrote to: the host's tensor, the payload of a message,
    /// or the base of the view the op writes. It differs from `start` only where buffers were laid over each
    /// other by hand.
    pub from: u64,
    pub writer: Writer,
}

/// The writers of every read of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataflow {
    /// By rank: the number of its first op; one more at the end.
    first_ops: Vec<u32>,
    /// By global op: the number of its first read; one more at the end.
    first_reads: Vec<u32>,
    /// By read: the number of its first part; one more at the end.
    first_parts: Vec<u32>,
    parts: Vec<Part>,
    /// By tensor: what the host finds in it after the run; empty unless it is an output.
    outputs: Vec<Vec<Part>>,
    /// By global op of the ledger: the parts of the view it marks.
    marks: BTreeMap<u32, Vec<Part>>,
    /// What each [`Writer::Ambiguous`] stands for.
    ambiguous: Vec<Unordered>,
}

/// Possible last writers of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unordered {
    /// Ascending. Of those that nothing orders before the reader, the newest by index, then rank.
    writers: Vec<Writer>,
    /// How many more there are: the read is ambiguous all the same, but [`Decided`] may then choose a
    /// writer that is not the newest.
    left_out: u64,
    /// Whether nothing orders one of them and the reader.
    with_reader: bool,
}

impl Unordered {
    /// Writers kept of those that nothing orders before the reader, so that many reads of bytes that many ops
    /// write stay affordable.
    const MOST: usize = 64;
}

/// The view whose bytes an op of the ledger marks. It does not read them.
fn marked(op: &Op) -> Option<ViewId> {
    if let Op::Note(NoteOp::Contribute { view, .. } | NoteOp::Expect { view, .. }) = op {
        Some(*view)
    } else {
        None
    }
}

impl Dataflow {
    /// Finds all writers.
    ///
    /// # Panics
    /// When the program's views, bases or rings do not exist.
    pub fn of(program: &Program) -> Dataflow {
        let mut flow = Dataflow { first_ops: vec![0], first_parts: vec![0], ..Dataflow::default() };
        let mut shared = Shared::resolve(program, &mut flow.ambiguous);
        let mut memory = Memory::new(program);
        for (rank, ops) in program.ranks.iter().map(|r| &r.ops).enumerate() {
            memory.enter(Rank(rank as u32));
            for (index, op) in ops.iter().enumerate() {
                flow.visit(&mut memory, &mut shared, OpIndex(index as u32), op);
            }
            flow.first_ops.push(count(flow.first_reads.len()));
        }
        flow.first_reads.push(count(flow.first_parts.len() - 1));
        flow.outputs = outputs(program, &memory, &mut shared);
        flow
    }

    fn visit(&mut self, memory: &mut Memory<'_>, shared: &mut Shared, index: OpIndex, op: &Op) {
        self.first_reads.push(count(self.first_parts.len() - 1));
        let access = op.access();
        for (operand, view) in access.reads().enumerate() {
            match shared.read(memory.rank(), index, operand) {
                Some(parts) => self.parts.extend(parts),
                None => memory.read(view, &mut self.parts),
            }
            self.first_parts.push(count(self.parts.len()));
        }
        if let Some(view) = access.write {
            memory.write(view, index);
        }
        if let Some(view) = marked(op) {
            let parts = shared.read(memory.rank(), index, 0).unwrap_or_else(|| {
                let mut parts = Vec::new();
                memory.read(view, &mut parts);
                parts
            });
            self.marks.insert(count(self.first_reads.len() - 1), parts);
        }
    }

    /// The place of an op in the order of all ops.
    pub fn global(&self, rank: Rank, op: OpIndex) -> usize {
        self.first_ops[rank.index()] as usize + op.index()
    }
    /// The parts of each view an op reads, in the order of [`program::Access::reads`].
    pub fn reads(&self, rank: Rank, op: OpIndex) -> impl ExactSizeIterator<Item = &[Part]> {
        let op = self.global(rank, op);
        let reads = self.first_reads[op] as usize..self.first_reads[op + 1] as usize;
        reads.map(|read| &self.parts[self.first_parts[read] as usize..self.first_parts[read + 1] as usize])
    }
    /// The places in `parts` of all that an op reads.
    fn parts_of(&self, op: usize) -> std::ops::Range<usize> {
        let part = |op: usize| self.first_parts[self.first_reads[op] as usize] as usize;
        part(op)..part(op + 1)
    }
    /// All ops of the ledger, in (rank, index) order.
    pub fn marks(&self) -> impl Iterator<Item = (Rank, OpIndex)> {
        self.marks.keys().map(|&op| {
            let rank = self.first_ops.partition_point(|&first| first <= op) - 1;
            (Rank(rank as u32), OpIndex(op - self.first_ops[rank]))
        })
    }
    /// The parts of the view that an op of the ledger marks; empty for other ops.
    pub fn marked(&self, rank: Rank, op: OpIndex) -> &[Part] {
        self.marks.get(&count(self.global(rank, op))).map_or(&[], Vec::as_slice)
    }
    /// Writers of an output tensor at the end of the run; empty for other tensors.
    pub fn output(&self, tensor: TensorId) -> &[Part] {
        &self.outputs[tensor.index()]
    }
    /// The writers that an [`Writer::Ambiguous`] stands for, ascending; any other writer stands for itself.
    /// The first is [`Writer::Host`] or [`Writer::Uninitialised`] when possibly none of them came first.
    pub fn candidates(&self, writer: Writer) -> Vec<Writer> {
        match writer {
            Writer::Ambiguous(list) => self.ambiguous[list as usize].writers.clone(),
            Writer::Uninitialised | Writer::Host(_) | Writer::Op { .. } => vec![writer],
        }
    }
    /// Whether nothing orders the reader and one of the writers that a [`Writer::Ambiguous`] stands for; else all of
    /// them come before it, and only among themselves nothing orders them.
    fn races_reader(&self, writer: Writer) -> bool {
        match writer {
            Writer::Ambiguous(list) => self.ambiguous[list as usize].with_reader,
            Writer::Uninitialised | Writer::Host(_) | Writer::Op { .. } => false,
        }
    }
    /// How many possible writers [`Dataflow::candidates`] leaves out, because there are very many.
    pub fn left_out(&self, writer: Writer) -> u64 {
        match writer {
            Writer::Ambiguous(list) => self.ambiguous[list as usize].left_out,
            Writer::Uninitialised | Writer::Host(_) | Writer::Op { .. } => 0,
        }
    }
    /// The ops whose bytes some op reads or the host takes, in any order of what nothing orders with its reader.
    pub fn read_writers(&self) -> BTreeSet<(Rank, OpIndex)> {
        let parts = self.parts.iter().chain(self.outputs.iter().flatten());
        let certain = parts.filter(|part| !self.races_reader(part.writer));
        let writers = certain.flat_map(|part| self.candidates(part.writer));
        let op = |writer| match writer {
            Writer::Op { rank, op } => Some((rank, op)),
            Writer::Uninitialised | Writer::Host(_) | Writer::Ambiguous(_) => None,
        };
        writers.filter_map(op).collect()
    }
    /// Whether any read has more than one possible writer.
    pub fn is_ambiguous(&self) -> bool {
        !self.ambiguous.is_empty()
    }
}

fn outputs(program: &Program, memory: &Memory<'_>, shared: &mut Shared) -> Vec<Vec<Part>> {
    let of_tensor = |(index, tensor): (usize, &program::program::Tensor)| match tensor.role.taken() {
        Some(_) => {
            let tensor = TensorId(index as u32);
            shared.output(tensor).unwrap_or_else(|| memory.output(tensor))
        }
        None => Vec::new(),
    };
    program.tensors.iter().enumerate().map(of_tensor).collect()
}

fn count(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than 2^32 reads")
}

#[cfg(test)]
#[path = "dataflow_tests.rs"]
mod tests;
