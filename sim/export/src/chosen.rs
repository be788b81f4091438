//! The ops, stalls and messages of a log that a window has.

use analysis::memory::{Memory, memories};
use machine::SimTime;
use oplog::{OpLog, Stall};
use order::MessageIndex;
use program::{Message, OpIndex, Rank, Space};

use crate::window::Window;

/// An op with its number among all ops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChosenOp {
    pub global: usize,
    pub rank: Rank,
    pub index: OpIndex,
}

/// The part of a log in a window.
pub struct Chosen<'a> {
    pub(crate) log: &'a OpLog,
    pub(crate) window: &'a Window,
    pub(crate) index: MessageIndex,
    /// By rank: the number of its first op; one more at the end.
    pub(crate) firsts: Vec<usize>,
    /// In (rank, program index) order.
    pub(crate) ops: Vec<ChosenOp>,
    /// Those of the chosen ops, in the order of the log.
    pub(crate) stalls: Vec<Stall>,
    /// In the order of rings and numbers.
    pub(crate) messages: Vec<Message>,
    /// What the memories hold, in the order of the spaces.
    memories: Vec<Memory>,
}

/// How many a window leaves out, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub ops: [usize; 2],
    pub messages: [usize; 2],
}

impl<'a> Chosen<'a> {
    /// Chooses from a log that makes sense: see [`oplog::check()`].
    pub fn of(log: &'a OpLog, window: &'a Window) -> Chosen<'a> {
        let index = MessageIndex::of(&log.program);
        let (entries, all) = (&log.entries, log.ops().enumerate());
        let is_in = |&(global, (rank, _)): &(usize, (Rank, OpIndex))| {
            window.has_rank(rank) && window.touches(entries.issue[global], entries.done[global])
        };
        let ops: Vec<ChosenOp> =
            all.filter(is_in).map(|(global, (rank, index))| ChosenOp { global, rank, index }).collect();
        let has = |op: u32| ops.binary_search_by_key(&(op as usize), |chosen| chosen.global).is_ok();
        let stalls = log.stalls.iter().filter(|stall| has(stall.op)).copied().collect();
        let messages = index.messages().filter(|&message| has_message(log, &index, window, message));
        let messages = messages.collect();
        let (firsts, memories) = (log.first_ops(), memories(log));
        Chosen { log, window, ops, stalls, messages, index, firsts, memories }
    }

    /// The TCM and the HBM of a rank, with what they are called; where nothing is in HBM, the TCM alone.
    pub(crate) fn memories_of(&self, rank: Rank) -> impl Iterator<Item = (&Memory, &'static str)> {
        [(Space::Tcm(rank), "TCM"), (Space::Hbm(rank), "HBM")].into_iter().filter_map(|(space, name)| {
            let place = self.memories.binary_search_by_key(&space, |memory| memory.space).ok()?;
            Some((&self.memories[place], name))
        })
    }

    pub(crate) fn has(&self, global: u32) -> bool {
        self.ops.binary_search_by_key(&(global as usize), |op| op.global).is_ok()
    }
    /// The chosen ops of a rank, in program order.
    pub(crate) fn ops_of(&self, rank: Rank) -> &[ChosenOp] {
        let before = |end: usize| self.ops.partition_point(|op| op.global < end);
        &self.ops[before(self.firsts[rank.index()])..before(self.firsts[rank.index() + 1])]
    }
    /// The waits of the chosen ops of a rank.
    pub(crate) fn stalls_of(&self, rank: Rank) -> &[Stall] {
        let before = |end: usize| self.stalls.partition_point(|stall| (stall.op as usize) < end);
        &self.stalls[before(self.firsts[rank.index()])..before(self.firsts[rank.index() + 1])]
    }
    /// The rank and index of an op.
    pub(crate) fn op(&self, global: u32) -> ChosenOp {
        let global = global as usize;
        let rank = self.firsts.partition_point(|&first| first <= global) - 1;
        ChosenOp { global, rank: Rank(rank as u32), index: OpIndex((global - self.firsts[rank]) as u32) }
    }

    pub fn n_ops(&self) -> usize {
        self.ops.len()
    }
    /// Slices of ops and of waits that a trace of them has.
    pub fn n_slices(&self) -> usize {
        self.ops.len() + self.stalls.len()
    }

    pub fn left_out(&self) -> LeftOut {
        let all = self.index.n_messages();
        let n_ops = self.log.entries.done.len();
        LeftOut { ops: [n_ops - self.ops.len(), n_ops], messages: [all - self.messages.len(), all] }
    }
}

/// A message lives from the start of its send until its credit is back; when it is never released, until the end.
fn has_message(log: &OpLog, index: &MessageIndex, window: &Window, message: Message) -> bool {
    let ring = &log.program.rings[message.ring.index()];
    let times = log.messages[message.ring.index()][message.number as usize];
    let sender = index.sender(message);
    let begin = sender.map_or(times.filled, |op| log.entries.start[op as usize]);
    let end = times.credit.unwrap_or(SimTime::MAX);
    (window.has_rank(ring.producer) || window.has_rank(ring.consumer)) && window.touches(begin, end)
}
