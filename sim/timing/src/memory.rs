//! HBM and SRAM channels. Every channel is a FIFO server that takes whole bursts; consecutive bursts lie on
//! consecutive channels. A transfer books all its bursts when its request arrives, so two transfers that meet
//! at a channel are served one after the other, not interleaved: the sum is right, the shares are not.

use machine::spec::HbmPlacement;
use machine::{Clock, Machine, PeId, SimTime, Span};

use crate::network::Server;

/// A memory outside the TCM: where it is reached, and where its channels stand in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRef {
    /// The PE at whose router the memory is.
    pub pe: PeId,
    first_channel: u32,
    channels: u32,
    /// Added to an address before it is striped.
    offset: u64,
    sram: bool,
}

/// What a booking found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The first burst begins.
    pub start: SimTime,
    /// The last byte has been read, or written.
    pub end: SimTime,
}

#[derive(Debug)]
pub struct Memories {
    machine: Machine,
    channel_free: Vec<SimTime>,
    hbm: Kind,
    sram: Option<Kind>,
    first_sram: u32,
}

/// One sort of memory.
#[derive(Clone, Copy, Debug)]
struct Kind {
    channel: Server,
    burst: u64,
    latency: Span,
}

impl Memories {
    pub fn new(machine: &Machine) -> Memories {
        let spec = machine.spec();
        let clock: Clock = spec.clock.hbm_fs;
        let mesh = machine.mesh();
        let first_sram = mesh.n_pes() * spec.hbm.channels_per_pe;
        let sram = spec.sram.map(|sram| Kind {
            channel: Server::new(sram.bytes_per_cycle, clock),
            burst: 1,
            latency: clock.span(sram.latency_cycles),
        });
        let n_srams = if sram.is_some() { mesh.n_cubes() } else { 0 };
        Memories {
            channel_free: vec![SimTime::ZERO; (first_sram + n_srams) as usize],
            hbm: Kind {
                channel: Server::new(machine.hbm_channel_rate(), clock),
                burst: spec.hbm.burst_bytes.0,
                latency: clock.span(spec.hbm.latency_cycles),
            },
            sram,
            first_sram,
            machine: machine.clone(),
        }
    }

    /// The HBM slice of a PE.
    pub fn hbm(&self, pe: PeId) -> MemoryRef {
        let (hbm, mesh) = (&self.machine.spec().hbm, self.machine.mesh());
        match hbm.placement {
            HbmPlacement::PerPe => MemoryRef {
                pe,
                first_channel: pe.0 * hbm.channels_per_pe,
                channels: hbm.channels_per_pe,
                offset: 0,
                sram: false,
            },
            HbmPlacement::Striped => {
                let grid = self.machine.spec().grid.pe;
                let (cube, at) = (mesh.cube_of(pe), mesh.coord(pe));
                let in_cube = u64::from(at.y % grid[1]) * u64::from(grid[0]) + u64::from(at.x % grid[0]);
                let pes = grid[0] * grid[1];
                MemoryRef {
                    pe,
                    first_channel: cube * pes * hbm.channels_per_pe,
                    channels: pes * hbm.channels_per_pe,
                    offset: in_cube * hbm.bytes_per_pe.0,
                    sram: false,
                }
            }
        }
    }

    /// The shared memory of a cube. The verifier refuses programs that use it on a machine without one.
    pub fn sram(&self, cube: u32) -> MemoryRef {
        let pe = self.machine.mesh().first_pe_of_cube(cube);
        MemoryRef { pe, first_channel: self.first_sram + cube, channels: 1, offset: 0, sram: true }
    }

    /// From a request to its first byte.
    pub fn latency(&self, memory: MemoryRef) -> Span {
        self.kind(memory).latency
    }

    fn kind(&self, memory: MemoryRef) -> Kind {
        if memory.sram { self.sram.expect("the verifier refuses SRAM that is not there") } else { self.hbm }
    }

    /// Books the bursts that cover `pieces` (address, length), asked for at `now`.
    pub fn book(&mut self, memory: MemoryRef, pieces: &[(u64, u64)], now: SimTime) -> Booking {
        let kind = self.kind(memory);
        let mut booking = Booking { start: SimTime::MAX, end: now };
        for &(address, length) in pieces {
            self.book_piece(memory, &kind, address + memory.offset, length, now, &mut booking);
        }
        Booking { start: booking.start.min(booking.end), end: booking.end + kind.latency }
    }

    fn book_piece(
        &mut self,
        memory: MemoryRef,
        kind: &Kind,
        address: u64,
        length: u64,
        now: SimTime,
        booking: &mut Booking,
    ) {
        if memory.sram {
            // One port, no bursts.
            let span = kind.channel.occupancy(0, length);
            self.book_channel(memory.first_channel, span, now, booking);
            return;
        }
        let (first, last) = (address / kind.burst, (address + length - 1) / kind.burst);
        let (bursts, channels) = (last - first + 1, u64::from(memory.channels));
        for turn in 0..channels.min(bursts) {
            let channel = memory.first_channel + ((first + turn) % channels) as u32;
            let count = bursts / channels + u64::from(turn < bursts % channels);
            self.book_channel(channel, kind.channel.occupancy(0, count * kind.burst), now, booking);
        }
    }

    fn book_channel(&mut self, channel: u32, span: Span, now: SimTime, booking: &mut Booking) {
        let free = &mut self.channel_free[channel as usize];
        let start = now.max(*free);
        *free = start + span;
        booking.start = booking.start.min(start);
        booking.end = booking.end.max(*free);
    }
}
