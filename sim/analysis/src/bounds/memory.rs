//! The busiest memory: channels that slices share, of a PE, a cube or a controller, or the SRAM of a cube.

use std::collections::BTreeMap;

use machine::{Bytes, Machine, Span};
use program::Space;

use super::transfers::{Subject, Transfer};

/// Channels that share what lies in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Channels {
    /// By the first, and how many there are.
    Hbm(u32, u32),
    Sram(u32),
}

/// What is asked of some channels.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    read_bursts: u64,
    written_bursts: u64,
    bytes: u64,
    /// Requests of an SRAM; each is rounded down to a femtosecond.
    pieces: u64,
}

/// Bytes that every memory reads and writes.
pub struct Memories<'a> {
    subject: &'a Subject<'a>,
    asked: BTreeMap<Channels, Asked>,
}

impl<'a> Memories<'a> {
    pub fn of(subject: &'a Subject<'a>) -> Memories<'a> {
        Memories { subject, asked: BTreeMap::new() }
    }

    /// Whole bursts for every run. A slice begins on a burst, so where it lies among others changes none.
    pub fn add(&mut self, transfer: &Transfer) {
        let spec = self.subject.machine.spec();
        let burst = spec.hbm.burst_bytes.0;
        for stored in &transfer.stored {
            let asked = self.asked.entry(channels(self.subject, stored.space)).or_default();
            for &(address, length) in stored.runs.iter().filter(|(_, length)| *length > 0) {
                let bursts = if stored.written { &mut asked.written_bursts } else { &mut asked.read_bursts };
                *bursts += (address + length - 1) / burst - address / burst + 1;
                asked.bytes = asked.bytes.saturating_add(length);
            }
            let packets = transfer.bytes.div_ceil(spec.noc.packet_bytes.0);
            asked.pieces = asked.pieces.saturating_add(stored.runs.len() as u64).saturating_add(packets);
        }
    }

    /// Of equal ones, the first.
    pub fn busiest(self) -> MemoryAsked {
        let machine = self.subject.machine;
        let all = self.asked.into_iter().map(|(channels, asked)| MemoryAsked::of(machine, channels, asked));
        all.reduce(|most, next| if next.least > most.least { next } else { most }).unwrap_or_default()
    }
}

/// What is asked of the busiest memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryAsked {
    /// What it takes at least.
    pub least: Span,
    /// Whole bursts, at the peak rate of the channels; at most `least`.
    pub bursts: Span,
    /// The bytes that are asked for, at the peak rate; at most `bursts`.
    pub at_peak: Span,
}

impl MemoryAsked {
    fn of(machine: &Machine, channels: Channels, asked: Asked) -> MemoryAsked {
        let least = least(machine, channels, asked);
        let (hbm, clock) = (&machine.spec().hbm, machine.spec().clock.hbm_fs);
        let (bursts, at_peak) = match channels {
            Channels::Hbm(_, n) => {
                let all = (asked.read_bursts + asked.written_bursts).saturating_mul(hbm.burst_bytes.0);
                let share = |bytes| {
                    Span::from_fs(hbm.bytes_per_cycle.span_floor(Bytes(bytes), clock).fs() / u64::from(n))
                };
                (share(all), share(asked.bytes))
            }
            Channels::Sram(_) => (least, least),
        };
        let bursts = bursts.min(least);
        MemoryAsked { least, bursts, at_peak: at_peak.min(bursts) }
    }
}

fn channels(subject: &Subject, space: Space) -> Channels {
    match space {
        Space::Tcm(rank) | Space::Hbm(rank) => {
            let slice = subject.machine.hbm_slice(subject.placement[rank.index()]);
            Channels::Hbm(slice.first_channel, slice.channels)
        }
        Space::Sram(cube) => Channels::Sram(cube),
    }
}

/// As if the bursts were dealt evenly, and nothing were lost between reads and writes. The time of one is rounded down
/// to a femtosecond.
fn least(machine: &Machine, channels: Channels, asked: Asked) -> Span {
    let spec = machine.spec();
    let (hbm, clock) = (&spec.hbm, spec.clock.hbm_fs);
    match channels {
        Channels::Hbm(_, n) => {
            let n = u64::from(n);
            let [read, write] = [machine.hbm_channel_rate(), machine.hbm_write_rate()]
                .map(|rate| rate.span_floor(hbm.burst_bytes, clock).fs());
            let (reads, writes) = (asked.read_bursts, asked.written_bursts);
            // One channel has the most bursts, and all together take their time.
            let most = read.min(write).saturating_mul((reads + writes).div_ceil(n));
            let all = u128::from(read) * u128::from(reads) + u128::from(write) * u128::from(writes);
            let shared = u64::try_from(all / u128::from(n)).unwrap_or(u64::MAX);
            Span::from_fs(most.max(shared))
        }
        Channels::Sram(_) => {
            let rate = spec.sram.map(|sram| sram.bytes_per_cycle);
            let all = rate.map_or(Span::ZERO, |rate| rate.span_floor(Bytes(asked.bytes), clock));
            Span::from_fs(all.fs().saturating_sub(asked.pieces))
        }
    }
}
