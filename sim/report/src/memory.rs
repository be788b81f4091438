//! TCM and HBM: what is live in them, and what uses it first and last.

use analysis::memory::{self, Copies, Holder, Twice};
use machine::Bytes;
use oplog::OpLog;
use program::{Rank, Space};
use serde::Serialize;

use crate::column::Column;
use crate::ticks::Ticks;

/// Copies that a page names.
const COPIES: usize = 40;

/// The memories of one kind, of all ranks.
#[derive(Debug, Default, Serialize)]
pub struct Memory {
    /// Of a PE, or of its slice.
    capacity: u64,
    ranks: Vec<OfRank>,
    /// Of all that is ever live, rank after rank: bytes, address, its number, first and last op.
    bytes: Column,
    address: Column,
    /// A buffer by its number, a tensor by that of its name.
    holder: Column,
    first: Column,
    last: Column,
    /// When it is live.
    from: Column,
    to: Column,
    /// Names of tensors.
    names: Vec<String>,
    twice: Vec<Copied>,
}

#[derive(Debug, Default, Serialize)]
struct OfRank {
    /// Buffers or tensors that ops use.
    holders: usize,
    /// Slots of rings, which are there all the time.
    slots: u64,
    /// What the program runs with.
    needed: u64,
    /// What no planner could do without; null of HBM, in which nothing is laid on anything else.
    live: Option<u64>,
    /// The most bytes that are live at once in this run, slots counted, and the tick when that begins.
    peak: u64,
    peak_at: u64,
}

/// Bytes that lie in two places at once.
#[derive(Debug, Serialize)]
struct Copied {
    rank: u32,
    bytes: u64,
    holders: [String; 2],
    /// The ops that brought them there, by number among all; null of the host.
    by: [Option<usize>; 2],
    from: u64,
    to: u64,
}

/// What the memories of a run hold.
pub struct Held<'a> {
    log: &'a OpLog,
    ticks: Ticks,
    memories: Vec<memory::Memory>,
    copies: &'a Copies,
}

impl<'a> Held<'a> {
    pub fn of(log: &'a OpLog, copies: &'a Copies, ticks: Ticks) -> Held<'a> {
        Held { log, ticks, memories: memory::memories(log), copies }
    }

    pub fn tcm(&self, shown: bool) -> Memory {
        let Bytes(capacity) = self.log.machine.spec().pe.tcm_bytes;
        let mut all = self.kind(capacity, Space::Tcm, shown);
        for (rank, plan) in all.ranks.iter_mut().zip(&self.log.layout.peaks) {
            (rank.live, rank.slots, rank.needed) = (Some(plan.live_bound.0), plan.slot_bytes.0, plan.bytes.0);
        }
        all
    }

    pub fn hbm(&self, shown: bool) -> Memory {
        let Bytes(capacity) = self.log.machine.spec().hbm.bytes_per_pe;
        self.kind(capacity, Space::Hbm, shown)
    }

    fn kind(&self, capacity: u64, space: fn(Rank) -> Space, shown: bool) -> Memory {
        let mut all = Memory { capacity, ..Memory::default() };
        for rank in (0..self.log.program.n_ranks()).map(Rank) {
            let Ok(place) = self.memories.binary_search_by_key(&space(rank), |memory| memory.space) else {
                all.ranks.push(OfRank::default());
                continue;
            };
            let memory = &self.memories[place];
            let fullest = memory.fullest();
            all.ranks.push(OfRank {
                holders: memory.lives.len(),
                slots: memory.slots,
                needed: memory.needed,
                live: None,
                peak: fullest.bytes,
                peak_at: self.ticks.at(fullest.from),
            });
            if shown {
                memory.lives.iter().for_each(|life| self.add(&mut all, life));
            }
        }
        let of_kind = |twice: &&Twice| self.is(space, twice.space);
        all.twice = self.copies.all.iter().filter(of_kind).take(COPIES).map(|it| self.copied(it)).collect();
        all
    }

    fn is(&self, space: fn(Rank) -> Space, of: Space) -> bool {
        match of {
            Space::Tcm(rank) | Space::Hbm(rank) => space(rank) == of,
            Space::Sram(_) => false,
        }
    }

    fn add(&self, all: &mut Memory, life: &memory::Life) {
        let holder = match life.holder {
            Holder::Buffer(_, buffer) => u64::from(buffer.0),
            Holder::Tensor(_) => {
                let name = life.holder.name(&self.log.program);
                let known = all.names.iter().position(|other| *other == name);
                known.unwrap_or_else(|| {
                    all.names.push(name);
                    all.names.len() - 1
                }) as u64
            }
        };
        all.bytes.put(life.bytes);
        all.address.put_after(life.address);
        all.holder.put_after(holder);
        all.first.put_after(life.first.into());
        all.last.put_after(life.last.into());
        all.from.put_after(self.ticks.at(life.from));
        all.to.put(self.ticks.at(life.to) - self.ticks.at(life.from));
    }

    fn copied(&self, twice: &Twice) -> Copied {
        let firsts = self.log.first_ops();
        let number = |(rank, op): (Rank, program::OpIndex)| firsts[rank.index()] + op.index();
        let rank = match twice.space {
            Space::Tcm(rank) | Space::Hbm(rank) => rank.0,
            Space::Sram(cube) => cube,
        };
        Copied {
            rank,
            bytes: twice.bytes,
            holders: twice.holders.map(|holder| holder.name(&self.log.program)),
            by: twice.by.map(|op| op.map(number)),
            from: self.ticks.at(twice.from),
            to: self.ticks.at(twice.to),
        }
    }
}
