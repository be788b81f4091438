//! Memories of a run, and what they hold from when to when: TCM and HBM of every rank, and SRAM of every cube.
//!
//! A TCM buffer is live from the start of the first op that names it to the end of the last. A tensor in HBM is live
//! from its first use to its last: one that the host fills from the beginning of the run, one that the host takes to
//! its end. Slots of rings are there for the whole run.

mod content;
mod held;
mod twice;

use std::collections::BTreeMap;

use machine::SimTime;
use oplog::OpLog;
use program::program::Role;
use program::{Base, BufferId, Location, OpIndex, Program, Rank, Space, TensorId};

use held::{Addresses, Held};

pub use content::Content;
pub use twice::{Copies, Twice};

/// What an address range was given to; slots of rings are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    Buffer(Rank, BufferId),
    Tensor(TensorId),
}

/// A holder while it is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub holder: Holder,
    pub bytes: u64,
    pub address: u64,
    pub from: SimTime,
    pub to: SimTime,
    /// The first and last op that names it, by their numbers among all: of a buffer in the order of its program, of a
    /// tensor in that of time.
    pub first: u32,
    pub last: u32,
}

/// One memory, and all that lives in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    pub space: Space,
    pub capacity: u64,
    /// Slots of rings.
    pub slots: u64,
    /// One past the highest address that is given away: the run needs so much.
    pub needed: u64,
    /// In the order of the holders; what no op names is not live.
    pub lives: Vec<Life>,
}

/// When a memory is at its fullest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fullest {
    /// Bytes that are live, slots counted.
    pub bytes: u64,
    /// The first time at which there are so many, and the end of that.
    pub from: SimTime,
    pub to: SimTime,
}

/// The memories of a run in which something lies, in the order of the spaces.
pub fn memories(log: &OpLog) -> Vec<Memory> {
    let mut all: BTreeMap<Space, Memory> = BTreeMap::new();
    let program = &log.program;
    let of = |space| Memory { space, capacity: capacity(log, space), slots: 0, needed: 0, lives: Vec::new() };
    for (ring, slots) in program.rings.iter().zip(&log.layout.rings) {
        let bytes = u64::from(ring.n_slots).saturating_mul(ring.slot_bytes);
        let memory = all.entry(slots.space).or_insert_with(|| of(slots.space));
        memory.slots = memory.slots.saturating_add(bytes);
        memory.needed = memory.needed.max(slots.address.saturating_add(bytes));
    }
    for (tensor, &address) in program.tensors.iter().zip(&log.layout.tensors) {
        let space = Space::Hbm(tensor.home);
        let memory = all.entry(space).or_insert_with(|| of(space));
        memory.needed = memory.needed.max(address.saturating_add(tensor.bytes()));
    }
    let mut tensors = vec![None; program.tensors.len()];
    let firsts = log.first_ops();
    for rank in (0..program.n_ranks()).map(Rank) {
        let space = Space::Tcm(rank);
        let memory = all.entry(space).or_insert_with(|| of(space));
        memory.needed = log.layout.peaks[rank.index()].bytes.0;
        memory.lives = buffers(log, rank, firsts[rank.index()], &mut tensors);
    }
    for life in tensors.into_iter().enumerate().filter_map(|(index, life)| ended(log, index, life?)) {
        let Holder::Tensor(tensor) = life.holder else { continue };
        let space = Space::Hbm(program.tensors[tensor.index()].home);
        all.entry(space).or_insert_with(|| of(space)).lives.push(life);
    }
    all.into_values().filter(|memory| memory.needed > 0).collect()
}

fn capacity(log: &OpLog, space: Space) -> u64 {
    let spec = log.machine.spec();
    match space {
        Space::Tcm(_) => spec.pe.tcm_bytes.0,
        Space::Hbm(_) => spec.hbm.bytes_per_pe.0,
        Space::Sram(_) => spec.sram.map_or(0, |sram| sram.bytes.0),
    }
}

/// The lives of the buffers of a rank. What its ops do with tensors goes to `tensors`.
fn buffers(log: &OpLog, rank: Rank, first: usize, tensors: &mut [Option<Life>]) -> Vec<Life> {
    let of_rank = log.program.rank(rank);
    let mut lives: Vec<Option<Life>> = vec![None; of_rank.buffers.len()];
    for (index, op) in of_rank.ops.iter().enumerate() {
        let number = first + index;
        let (from, to) = (log.entries.start[number], log.entries.done[number]);
        let number = number as u32;
        for view in op.views() {
            match of_rank.views[view.index()].base {
                Base::Buffer(buffer) => {
                    let bytes = of_rank.buffers[buffer.index()].bytes;
                    let address = log.layout.buffers[rank.index()][buffer.index()];
                    let holder = Holder::Buffer(rank, buffer);
                    let life = lives[buffer.index()].get_or_insert(Life {
                        holder,
                        bytes,
                        address,
                        from,
                        to,
                        first: number,
                        last: number,
                    });
                    life.last = number;
                    (life.from, life.to) = (life.from.min(from), life.to.max(to));
                }
                Base::Tensor(tensor) => {
                    let bytes = log.program.tensors[tensor.index()].bytes();
                    let address = log.layout.tensors[tensor.index()];
                    let holder = Holder::Tensor(tensor);
                    let life = Life { holder, bytes, address, from, to, first: number, last: number };
                    tensors[tensor.index()].get_or_insert(life).take_in(&life);
                }
                Base::Message(_) => {}
            }
        }
    }
    lives.into_iter().flatten().collect()
}

impl Life {
    /// Makes it as long as it and another use together.
    fn take_in(&mut self, used: &Life) {
        if used.from < self.from {
            (self.from, self.first) = (used.from, used.first);
        }
        if used.to > self.to {
            (self.to, self.last) = (used.to, used.last);
        }
    }
}

/// The life of a tensor with what the host does.
fn ended(log: &OpLog, tensor: usize, life: Life) -> Option<Life> {
    let life = match log.program.tensors[tensor].role {
        Role::Input { .. } => Life { from: SimTime::ZERO, ..life },
        Role::Output { .. } => Life { to: log.makespan(), ..life },
        Role::InOut { .. } => Life { from: SimTime::ZERO, to: log.makespan(), ..life },
        Role::Scratch => life,
    };
    (life.bytes > 0).then_some(life)
}

impl Memory {
    /// The bytes that are live from each time on, slots counted; what two buffers at one address share counts once. What
    /// ends at a moment makes room for what begins at it.
    pub fn levels(&self) -> Vec<(SimTime, u64)> {
        let mut changes: Vec<(SimTime, bool, Addresses)> = Vec::with_capacity(2 * self.lives.len());
        for life in self.lives.iter().filter(|life| life.from < life.to) {
            let addresses = (life.address, life.address.saturating_add(life.bytes));
            changes.extend([(life.from, true, addresses), (life.to, false, addresses)]);
        }
        changes.sort_unstable();
        let mut held = Held::of(changes.iter().map(|change| change.2));
        let mut levels = vec![(SimTime::ZERO, self.slots)];
        for (at, begins, addresses) in changes {
            held.change(addresses, begins);
            let now = self.slots.saturating_add(held.bytes);
            match levels.last_mut() {
                Some(last) if last.0 == at => last.1 = now,
                Some(_) | None => levels.push((at, now)),
            }
        }
        levels
    }

    pub fn fullest(&self) -> Fullest {
        let levels = self.levels();
        let most = levels.iter().map(|&(_, bytes)| bytes).max().unwrap_or(0);
        let at = levels.iter().position(|&(_, bytes)| bytes == most).unwrap_or(0);
        let from = levels[at].0;
        Fullest { bytes: most, from, to: levels.get(at + 1).map_or(from, |next| next.0) }
    }

    /// What is live at a moment, the largest first.
    pub fn live_at(&self, at: SimTime) -> Vec<Life> {
        let mut lives: Vec<Life> =
            self.lives.iter().copied().filter(|life| life.from <= at && at < life.to).collect();
        lives.sort_by_key(|life| (std::cmp::Reverse(life.bytes), life.holder));
        lives
    }
}

impl Holder {
    /// `b3`, or the name of the tensor.
    pub fn name(self, program: &Program) -> String {
        match self {
            Holder::Buffer(_, buffer) => buffer.to_string(),
            Holder::Tensor(tensor) => program.tensors[tensor.index()].name.clone(),
        }
    }
}

/// The rank and index of an op by its number among all.
pub fn op_of(firsts: &[usize], number: u32) -> (Rank, OpIndex) {
    let number = number as usize;
    let rank = firsts.partition_point(|&first| first <= number) - 1;
    (Rank(rank as u32), OpIndex((number - firsts[rank]) as u32))
}

/// The source line of an op by its number among all.
pub fn line_of(log: &OpLog, firsts: &[usize], number: u32) -> Option<Location> {
    let (rank, op) = op_of(firsts, number);
    log.program.location(rank, op)
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
