//! The busiest memory: the slice of a PE, all slices of a cube where they are striped, or the SRAM of a cube.

use std::collections::BTreeMap;

use machine::spec::HbmPlacement;
use machine::{Bytes, Machine, PeId, Span};

use super::transfers::{Subject, Transfer};
use crate::layout::Space;

/// Channels that share what lies in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Channels {
    Slice(PeId),
    Cube(u32),
    Sram(u32),
}

/// What is asked of some channels.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    bursts: u64,
    bytes: u64,
    /// Requests of an SRAM; each is rounded down to a femtosecond.
    pieces: u64,
}

/// What every memory has to read and write.
pub struct Memories<'a> {
    subject: &'a Subject<'a>,
    asked: BTreeMap<Channels, Asked>,
}

impl<'a> Memories<'a> {
    pub fn of(subject: &'a Subject<'a>) -> Memories<'a> {
        Memories { subject, asked: BTreeMap::new() }
    }

    /// Whole bursts for every run. A slice begins on a burst, so where it lies among those of its cube changes none.
    pub fn add(&mut self, transfer: &Transfer) {
        let spec = self.subject.machine.spec();
        let burst = spec.hbm.burst_bytes.0;
        for stored in &transfer.stored {
            let asked = self.asked.entry(channels(self.subject, stored.space)).or_default();
            for &(address, length) in stored.runs.iter().filter(|(_, length)| *length > 0) {
                asked.bursts += (address + length - 1) / burst - address / burst + 1;
                asked.bytes = asked.bytes.saturating_add(length);
            }
            let packets = transfer.bytes.div_ceil(spec.noc.packet_bytes.0);
            asked.pieces = asked.pieces.saturating_add(stored.runs.len() as u64).saturating_add(packets);
        }
    }

    pub fn busiest(self) -> Span {
        let least = |(channels, asked)| least(self.subject.machine, channels, asked);
        self.asked.into_iter().map(least).max().unwrap_or_default()
    }
}

fn channels(subject: &Subject, space: Space) -> Channels {
    match space {
        Space::Tcm(rank) | Space::Hbm(rank) => {
            let pe = subject.placement[rank.index()];
            match subject.machine.spec().hbm.placement {
                HbmPlacement::PerPe => Channels::Slice(pe),
                HbmPlacement::Striped => Channels::Cube(subject.machine.mesh().cube_of(pe)),
            }
        }
        Space::Sram(cube) => Channels::Sram(cube),
    }
}

/// As if the bursts were dealt evenly. The time of one is rounded down to a femtosecond.
fn least(machine: &Machine, channels: Channels, asked: Asked) -> Span {
    let spec = machine.spec();
    let (hbm, clock) = (&spec.hbm, spec.clock.hbm_fs);
    let each = u64::from(hbm.channels_per_pe);
    let n = match channels {
        Channels::Slice(_) => each,
        Channels::Cube(_) => each * u64::from(spec.grid.pe[0]) * u64::from(spec.grid.pe[1]),
        Channels::Sram(_) => {
            let rate = spec.sram.map(|sram| sram.bytes_per_cycle);
            let all = rate.map_or(Span::ZERO, |rate| rate.span_floor(Bytes(asked.bytes), clock));
            return Span::from_fs(all.fs().saturating_sub(asked.pieces));
        }
    };
    let burst = machine.hbm_channel_rate().span_floor(hbm.burst_bytes, clock);
    Span::from_fs(burst.fs().saturating_mul(asked.bursts.div_ceil(n)))
}
