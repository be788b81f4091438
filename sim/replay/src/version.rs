//! A version: one value written once to one place. Ops that write make one each, a send makes the message
//! it fills a slot with, and the host makes one for every input tensor. A multicast makes one for every slot it
//! fills: their value is that of the first, by whose id it is named wherever the place does not matter.

use std::collections::BTreeMap;

use machine::SimTime;
use oplog::OpLog;
use order::MessageIndex;
use program::{DType, Dims, Effect, Message, Op, OpIndex, Rank, Space, Target, TensorId, View};
use smallvec::{SmallVec, smallvec};

use crate::error::ReplayError;

/// A version's place in [`Versions`]: the global number of the op that wrote it, or, after all ops, of the
/// tensor that the host filled; then come the further copies of multicasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId(pub u32);

impl VersionId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// `(address, length)`, disjoint, in address order: one but for views with holes.
pub type Runs = SmallVec<[(u64, u64); 1]>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Global op number.
    Op(u32),
    Host(TensorId),
}

impl Writer {
    pub fn op(self) -> Option<u32> {
        match self {
            Writer::Op(op) => Some(op),
            Writer::Host(_) => None,
        }
    }
}

/// Result of one write: place, time and value. Its value is the bytes of `runs`, one after the other.
#[derive(Clone, Debug)]
pub struct Version {
    pub writer: Writer,
    /// The message, when a slot was filled.
    pub message: Option<Message>,
    pub space: Space,
    /// `(address, length)`, disjoint, in address order.
    pub runs: Runs,
    /// Address that the bytes of its write count from in the program's dataflow.
    pub base: u64,
    /// By run: where it begins in the value. Empty when there is one.
    offsets: Box<[u64]>,
    pub shape: Dims,
    pub dtype: DType,
    pub t_write: SimTime,
    /// When the writing op started; for the host, the beginning.
    pub t_start: SimTime,
}

impl Version {
    pub fn bytes(&self) -> u64 {
        self.runs.iter().map(|&(_, length)| length).sum()
    }
    /// The first address written.
    pub fn address(&self) -> u64 {
        self.runs.first().map_or(0, |&(start, _)| start)
    }
    /// Where the bytes from `address` on lie in the value: `(address, length, offset)`, as far as `length` goes.
    pub fn pieces(&self, address: u64, length: u64) -> impl Iterator<Item = (u64, u64, u64)> {
        let end = address + length;
        let first = self.runs.partition_point(|&(start, run)| start + run <= address);
        let runs = self.runs.iter().enumerate().skip(first).take_while(move |(_, (start, _))| *start < end);
        runs.filter_map(move |(at, &(start, run))| {
            let (from, to) = (start.max(address), (start + run).min(end));
            let offset = self.offsets.get(at).copied().unwrap_or_default();
            (from < to).then(|| (from, to - from, offset + (from - start)))
        })
    }
    /// Place in the order of writes: by time, then the host before ops, then (rank, index).
    pub fn order(&self) -> (SimTime, u32) {
        let tie = match self.writer {
            Writer::Op(op) => op + 1,
            Writer::Host(_) => 0,
        };
        (self.t_write, tie)
    }
}

/// Every version of a run.
pub struct Versions {
    list: Vec<Option<Version>>,
    /// By global number.
    ops: Vec<(Rank, OpIndex)>,
    /// Of multicasts, those after the first.
    copies: Vec<Version>,
    /// Of multicasts, by message: the version of a copy after the first.
    copy_of: BTreeMap<Message, VersionId>,
    index: MessageIndex,
}

impl Versions {
    /// # Errors
    /// [`ReplayError::Log`] when the log's columns do not have one entry per op and message.
    pub fn of(log: &OpLog) -> Result<Versions, ReplayError> {
        let program = &log.program;
        let n_ops = program.n_ops();
        let columns = [log.entries.start.len(), log.entries.done.len(), log.entries.issue.len()];
        if columns.iter().any(|&n| n != n_ops) || log.messages.len() != program.rings.len() {
            return Err(ReplayError::Log("its columns are not as long as its program".to_owned()));
        }
        let ops: Vec<(Rank, OpIndex)> = log.ops().collect();
        let (list, copies, copy_of) = (Vec::with_capacity(n_ops), Vec::new(), BTreeMap::new());
        let mut versions = Versions { list, ops, copies, copy_of, index: MessageIndex::of(program) };
        for (rank, index) in log.ops() {
            let version = versions.of_op(log, rank, program.op(rank, index))?;
            versions.list.push(version);
        }
        for tensor in 0..program.tensors.len() as u32 {
            versions.list.push(of_host(log, TensorId(tensor))?);
        }
        Ok(versions)
    }

    fn of_op(&mut self, log: &OpLog, rank: Rank, op: &Op) -> Result<Option<Version>, ReplayError> {
        let global = self.list.len();
        let (done, t_start) = (log.entries.done[global], log.entries.start[global]);
        let views = &log.program.rank(rank).views;
        let writer = Writer::Op(global as u32);
        if let Effect::Move { from, to: Target::Slots(messages) } = op.effect() {
            let n_ids = log.program.n_ops() + log.program.tensors.len();
            let mut first = None;
            for &message in messages {
                let version = sent(log, message, &views[from.index()], (writer, t_start))?;
                if first.is_none() {
                    first = Some(version);
                } else {
                    self.copy_of.insert(message, VersionId((n_ids + self.copies.len()) as u32));
                    self.copies.push(version);
                }
            }
            return Ok(first);
        }
        Ok(op.access().write.map(|to| {
            let view = &views[to.index()];
            let (space, base) = log.layout.locate(&log.program, rank, view);
            let runs = runs(view, base);
            let (offsets, message) = (offsets(&runs), None);
            let (shape, dtype) = (view.shape, view.dtype);
            Version { writer, message, space, runs, base, offsets, shape, dtype, t_write: done, t_start }
        }))
    }

    pub fn get(&self, id: VersionId) -> &Version {
        match id.index().checked_sub(self.list.len()) {
            None => self.list[id.index()].as_ref().expect("a version that is named has been written"),
            Some(copy) => &self.copies[copy],
        }
    }
    /// The version by which the value of this one is named: of a copy, what its op made.
    pub fn value_of(&self, id: VersionId) -> VersionId {
        match self.get(id).writer {
            Writer::Op(op) => VersionId(op),
            Writer::Host(_) => id,
        }
    }
    /// The version that a global op writes or sends.
    pub fn written_by(&self, op: usize) -> Option<&Version> {
        self.list[..self.ops.len()].get(op)?.as_ref()
    }
    /// All versions with their ids, ops first, copies last.
    pub fn iter(&self) -> impl Iterator<Item = (VersionId, &Version)> {
        let numbered = self.list.iter().map(Option::as_ref).chain(self.copies.iter().map(Some)).enumerate();
        numbered.filter_map(|(at, version)| Some((VersionId(at as u32), version?)))
    }
    /// How many ids of values there are, versions or not: copies are not counted.
    pub fn n_ids(&self) -> usize {
        self.list.len()
    }
    pub fn n_ops(&self) -> usize {
        self.ops.len()
    }
    /// Rank and index of a global op.
    pub fn op(&self, op: u32) -> (Rank, OpIndex) {
        self.ops[op as usize]
    }
    /// The version a host-filled tensor starts with.
    pub fn of_tensor(&self, tensor: TensorId) -> VersionId {
        VersionId((self.ops.len() + tensor.index()) as u32)
    }
    /// The version that is the content of a message, when it was sent.
    pub fn of_message(&self, message: Message) -> Option<VersionId> {
        let copy = self.copy_of.get(&message).copied();
        copy.or_else(|| self.index.sender(message).map(VersionId))
    }
}

/// The version that a message is.
fn sent(
    log: &OpLog,
    message: Message,
    view: &View,
    (writer, t_start): (Writer, SimTime),
) -> Result<Version, ReplayError> {
    let times = log.messages[message.ring.index()]
        .get(message.number as usize)
        .ok_or_else(|| ReplayError::Log(format!("it has no times for message {message}")))?;
    let slot = message.number % log.program.rings[message.ring.index()].n_slots;
    let (space, address) = log.layout.slot(&log.program, message.ring, slot);
    let runs = smallvec![(address, view.bytes())];
    let (shape, dtype, t_write) = (view.shape, view.dtype, times.filled);
    let (offsets, message) = (Box::default(), Some(message));
    // A send's bytes count from the first byte of its payload.
    Ok(Version { writer, message, space, runs, base: address, offsets, shape, dtype, t_write, t_start })
}

fn of_host(log: &OpLog, id: TensorId) -> Result<Option<Version>, ReplayError> {
    let tensor = &log.program.tensors[id.index()];
    if tensor.role.given().is_none() {
        return Ok(None);
    }
    let space = Space::Hbm(tensor.home);
    let deep = || ReplayError::Log(format!("tensor `{}` has more than four dimensions", tensor.name));
    let shape = Dims::checked(&tensor.shape).ok_or_else(deep)?;
    let bytes = shape.product() * tensor.dtype.size();
    let base = log.layout.tensors[id.index()];
    let (writer, dtype) = (Writer::Host(id), tensor.dtype);
    Ok(Some(Version {
        writer,
        message: None,
        space,
        runs: smallvec![(base, bytes)],
        base,
        offsets: Box::default(),
        shape,
        dtype,
        t_write: SimTime::ZERO,
        t_start: SimTime::ZERO,
    }))
}

fn offsets(runs: &[(u64, u64)]) -> Box<[u64]> {
    if runs.len() < 2 {
        return Box::default();
    }
    let begin = |next: &mut u64, &(_, length): &(u64, u64)| {
        let begins = *next;
        *next += length;
        Some(begins)
    };
    runs.iter().scan(0, begin).collect()
}

/// A whole tensor in HBM as a view.
pub fn whole_tensor(log: &OpLog, id: TensorId) -> Option<View> {
    let tensor = &log.program.tensors[id.index()];
    Some(View::packed(program::Base::Tensor(id), Dims::checked(&tensor.shape)?, tensor.dtype))
}

/// The bytes that a view touches when its base lies at `base`: disjoint `(address, length)`, ascending.
pub fn runs(view: &View, base: u64) -> Runs {
    let mut runs = Runs::new();
    view.for_each_span(|start, end| runs.push((base + start, end - start)));
    runs
}
