//! HBM and SRAM channels. Every channel is a FIFO server that takes whole bursts; consecutive bursts lie on
//! consecutive channels. A request books all its bursts when it arrives, so two requests that meet at a channel are
//! served one after the other, not interleaved: the sum is right, the shares are not. A channel that changes between
//! reads and writes is lost for its turnaround. It serves requests in the order of arrival, so it turns more often than
//! a controller that groups reads and writes.

mod address_runs;
mod tcm;

use machine::{Clock, Machine, PeId, SimTime, Span};

use crate::server::{Booking, Server};
pub use address_runs::AddressRuns;
pub use tcm::Tcms;

/// A memory outside the TCM: the router that it is reached at, and its channels in the table.
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

/// Direction of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// A channel: when it is free, and what it did last.
#[derive(Clone, Copy, Debug, Default)]
struct Channel {
    free: SimTime,
    last: Option<Access>,
}

#[derive(Debug)]
pub struct Memories {
    machine: Machine,
    channels: Vec<Channel>,
    hbm: Kind,
    sram: Option<Kind>,
    first_sram: u32,
}

/// Rates of one kind of memory.
#[derive(Clone, Copy, Debug)]
struct Kind {
    read: Server,
    write: Server,
    /// Between a read and a write of one channel.
    turnaround: Span,
    burst: u64,
    latency: Span,
}

impl Memories {
    pub fn new(machine: &Machine) -> Memories {
        let spec = machine.spec();
        let clock: Clock = spec.clock.hbm_fs;
        let mesh = machine.mesh();
        let first_sram = machine.n_hbm_channels();
        let sram = spec.sram.map(|sram| Kind {
            read: Server::new(sram.bytes_per_cycle, clock),
            write: Server::new(sram.bytes_per_cycle, clock),
            turnaround: Span::ZERO,
            burst: 1,
            latency: clock.span(sram.latency_cycles),
        });
        let n_srams = if sram.is_some() { mesh.n_cubes() } else { 0 };
        Memories {
            channels: vec![Channel::default(); (first_sram + n_srams) as usize],
            hbm: Kind {
                read: Server::new(machine.hbm_channel_rate(), clock),
                write: Server::new(machine.hbm_write_rate(), clock),
                turnaround: clock.span(spec.hbm.turnaround_cycles.unwrap_or_default()),
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
        let slice = self.machine.hbm_slice(pe);
        MemoryRef {
            pe: slice.router,
            first_channel: slice.first_channel,
            channels: slice.channels,
            offset: slice.offset,
            sram: false,
        }
    }

    /// The shared memory of a cube. The verifier refuses programs that use it on a machine without one.
    pub fn sram(&self, cube: u32) -> MemoryRef {
        let pe = self.machine.mesh().first_pe_of_cube(cube);
        MemoryRef { pe, first_channel: self.first_sram + cube, channels: 1, offset: 0, sram: true }
    }

    /// Latency of a request to its first byte.
    pub fn latency(&self, memory: MemoryRef) -> Span {
        self.kind(memory).latency
    }

    fn kind(&self, memory: MemoryRef) -> Kind {
        if memory.sram { self.sram.expect("the verifier refuses SRAM that is not there") } else { self.hbm }
    }

    /// Books the bursts that cover `runs` (address, length), asked for at `now`.
    pub fn book(&mut self, memory: MemoryRef, runs: &[(u64, u64)], access: Access, now: SimTime) -> Booking {
        let kind = self.kind(memory);
        let request = Request { memory, kind, access, now };
        let mut booking = Booking { start: SimTime::MAX, end: now };
        for &(address, length) in runs {
            self.book_run(&request, address + memory.offset, length, &mut booking);
        }
        Booking { start: booking.start.min(booking.end), end: booking.end + kind.latency }
    }

    fn book_run(&mut self, request: &Request, address: u64, length: u64, booking: &mut Booking) {
        let Request { memory, kind, .. } = request;
        if memory.sram {
            // One port, no bursts.
            return self.book_channel(request, memory.first_channel, length, booking);
        }
        let (first, last) = (address / kind.burst, (address + length - 1) / kind.burst);
        let (bursts, channels) = (last - first + 1, u64::from(memory.channels));
        for turn in 0..channels.min(bursts) {
            let channel = memory.first_channel + ((first + turn) % channels) as u32;
            let count = bursts / channels + u64::from(turn < bursts % channels);
            self.book_channel(request, channel, count * kind.burst, booking);
        }
    }

    fn book_channel(&mut self, request: &Request, channel: u32, bytes: u64, booking: &mut Booking) {
        let Request { kind, access, now, .. } = *request;
        let channel = &mut self.channels[channel as usize];
        let turns = channel.last.is_some_and(|last| last != access);
        let free = if turns { channel.free + kind.turnaround } else { channel.free };
        let server = match access {
            Access::Read => kind.read,
            Access::Write => kind.write,
        };
        let start = now.max(free);
        *channel = Channel { free: start + server.occupancy(0, bytes), last: Some(access) };
        booking.start = booking.start.min(start);
        booking.end = booking.end.max(channel.free);
    }
}

/// A request: what is accessed, how, and when.
#[derive(Clone, Copy, Debug)]
struct Request {
    memory: MemoryRef,
    kind: Kind,
    access: Access,
    now: SimTime,
}
