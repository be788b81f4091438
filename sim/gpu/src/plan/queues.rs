//! Passes into command buffers. One starts at any pass that must wait for another device, and ends after any pass
//! that another device waits for.

use std::collections::BTreeMap;

use super::touched::Touch;
use super::{CommandBuffer, DeviceId, Moment, Pass, Value};

/// By device: the largest value that is known to have been reached.
type Clock = Vec<u32>;

/// The command buffers of all devices, while they are made.
pub struct Queues {
    open: Vec<Open>,
    /// By device: what it has waited for, and what that had waited for.
    known: Vec<Clock>,
    /// By device, then value less one: the moments that a waiter for it knows.
    closed: Vec<Vec<Clock>>,
    pub command_buffers: Vec<CommandBuffer>,
}

/// The command buffer that a device's passes go into.
#[derive(Default)]
struct Open {
    waits: Vec<Moment>,
    passes: Vec<Pass>,
}

impl Queues {
    pub fn new(n_devices: usize) -> Queues {
        Queues {
            open: (0..n_devices).map(|_| Open::default()).collect(),
            known: vec![vec![0; n_devices]; n_devices],
            closed: vec![Vec::new(); n_devices],
            command_buffers: Vec::new(),
        }
    }

    /// The value that the device's open command buffer will signal.
    pub fn next_value(&self, device: usize) -> u32 {
        self.closed[device].len() as u32 + 1
    }

    /// Makes sure that the next pass of `device` comes after all of `before`.
    pub fn wait_for(&mut self, device: usize, before: &[Touch]) {
        let needed = self.needed(device, before);
        if needed.is_empty() {
            return;
        }
        for (&other, &value) in &needed {
            if value == self.next_value(other) {
                self.close(other);
            }
        }
        if !self.open[device].passes.is_empty() {
            self.close(device);
        }
        for (&other, &value) in &needed {
            // What another of them has waited for need not be said again.
            let implied = |(&by, &at): (&usize, &u32)| by != other && self.clock(by, at)[other] >= value;
            if !needed.iter().any(implied) {
                self.open[device].waits.push(moment(other, value));
            }
        }
        for (&other, &value) in &needed {
            let theirs = self.clock(other, value).clone();
            for (mine, theirs) in self.known[device].iter_mut().zip(theirs) {
                *mine = (*mine).max(theirs);
            }
        }
    }

    /// The values of other devices that `device` does not know to be reached.
    fn needed(&self, device: usize, before: &[Touch]) -> BTreeMap<usize, u32> {
        let mut needed = BTreeMap::new();
        for touch in before.iter().filter(|touch| touch.value > self.known[device][touch.device]) {
            if touch.device != device {
                let value = needed.entry(touch.device).or_insert(touch.value);
                *value = touch.value.max(*value);
            }
        }
        needed
    }

    fn clock(&self, device: usize, value: u32) -> &Clock {
        &self.closed[device][value as usize - 1]
    }

    pub fn push(&mut self, device: usize, pass: Pass) {
        self.open[device].passes.push(pass);
    }

    /// Ends the device's open command buffer.
    ///
    /// It also waits for the one before it. Where buffers of a queue may overlap, a later one may be done first, and
    /// its larger value would let waits for the earlier one go on.
    fn close(&mut self, device: usize) {
        let value = self.next_value(device);
        let Open { mut waits, passes } = std::mem::take(&mut self.open[device]);
        if value > 1 {
            waits.insert(0, moment(device, value - 1));
        }
        self.known[device][device] = value;
        self.closed[device].push(self.known[device].clone());
        let Moment { device, value: signals } = moment(device, value);
        self.command_buffers.push(CommandBuffer { device, waits, passes, signals });
    }

    /// Ends every command buffer that holds a pass.
    pub fn close_all(&mut self) {
        for device in 0..self.open.len() {
            if !self.open[device].passes.is_empty() {
                self.close(device);
            }
        }
    }
}

pub fn moment(device: usize, value: u32) -> Moment {
    Moment { device: DeviceId(device as u32), value: Value::new(value).expect("values count from 1") }
}
