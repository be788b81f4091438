//! TCM bandwidth, shared by all units and transfers of a PE. Each TCM is a FIFO server: an op or a packet books all its
//! bytes when it begins, regardless of the pace at which it needs them. So the sum is right and the shares are not: a
//! later op waits for the bytes of an earlier one, also where both could proceed side by side.

use machine::{Machine, PeId, SimTime};

use crate::server::{Booking, Server};

#[derive(Debug)]
pub struct Tcms {
    /// `None` where accesses to a TCM do not delay each other.
    shared: Option<Server>,
    free: Vec<SimTime>,
}

impl Tcms {
    pub fn new(machine: &Machine) -> Tcms {
        let spec = machine.spec();
        let shared = spec.pe.tcm_shared_bytes_per_cycle.map(|rate| Server::new(rate, spec.clock.pe_fs));
        let free = if shared.is_some() { machine.mesh().n_pes() as usize } else { 0 };
        Tcms { shared, free: vec![SimTime::ZERO; free] }
    }

    pub fn are_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Books the bytes `from..to` of a transfer.
    pub fn take(&mut self, pe: PeId, at: SimTime, (from, to): (u64, u64)) -> Booking {
        let Some(shared) = &self.shared else { return Booking::empty(at) };
        let free = &mut self.free[pe.index()];
        let start = at.max(*free);
        *free = start + shared.occupancy(from, to);
        Booking { start, end: *free }
    }
}
