//! Sources: every PE sends its packets one after the other, flit by flit, into virtual channels of its router. The queue
//! of waiting packets is unbounded.

use std::collections::VecDeque;

use super::active::first_from;
use super::width::Free;
use super::{Arrival, Flits, LOCAL, NONE, PORTS, time_of};
use crate::noc::Observer;

#[derive(Debug)]
pub struct Source {
    pub queue: VecDeque<u32>,
    /// Room in each virtual channel of the router.
    pub credits: Vec<u16>,
    /// Channels with room.
    open: u16,
    /// Flits of the first packet that have left.
    sent: u32,
    /// The channel of the first packet, once its first flit has left.
    channel: u8,
    free: Free,
}

impl Source {
    pub fn new(n_channels: u32, buffer: u16) -> Source {
        Source {
            queue: VecDeque::new(),
            credits: vec![buffer; n_channels as usize],
            open: (1 << n_channels) - 1,
            sent: 0,
            channel: u8::MAX,
            free: Free::START,
        }
    }

    /// The channel for the next flit: that of its packet, or for a head the first with room after the one before.
    fn choose(&self) -> Option<u8> {
        let open = u64::from(self.open);
        if self.sent > 0 {
            return (open & 1 << self.channel != 0).then_some(self.channel);
        }
        (open != 0).then(|| first_from(open, self.channel.wrapping_add(1)))
    }
}

impl Flits {
    /// Every PE that has a flit and room for it sends it.
    pub fn feed<O: Observer>(&mut self, cycle: u64, observer: &mut O) {
        let mut from = 0;
        while let Some(pe) = self.feeding.next(from) {
            from = pe + 1;
            let source = &self.sources[pe as usize];
            match (source.queue.front(), source.choose()) {
                (Some(&packet), Some(channel)) => {
                    if source.free.in_cycle(cycle) {
                        self.feed_flit(pe, packet, channel, cycle, observer);
                    }
                }
                // Nothing to send, or no room: a packet or a credit will tell.
                (None, _) | (_, None) => self.feeding.remove(pe),
            }
        }
    }

    fn feed_flit<O: Observer>(&mut self, pe: u32, packet: u32, channel: u8, cycle: u64, observer: &mut O) {
        let flits = self.packets[packet as usize].flits;
        let source = &mut self.sources[pe as usize];
        source.channel = channel;
        let room = &mut source.credits[channel as usize];
        *room -= 1;
        if *room == 0 {
            source.open &= !(1 << channel);
        }
        let head = source.sent == 0;
        source.sent += 1;
        if head {
            observer.entered(packet, time_of(cycle, self.clock));
        }
        if source.sent == flits {
            source.sent = 0;
            source.queue.pop_front();
            let bytes = self.packets[packet as usize].last_bytes;
            source.free.take_bytes(cycle, &self.links.port, bytes);
            let at = source.free.time(self.clock);
            self.packets[packet as usize].tail = at + self.span(self.links.inject);
            observer.left(packet, at);
        } else {
            source.free.take_flit(cycle, &self.links.port);
        }
        let channel = (pe * PORTS + u32::from(LOCAL)) * self.n_channels + u32::from(channel);
        let head = if head { packet } else { NONE };
        self.arriving.put(cycle + self.links.inject, Arrival { channel, head });
    }

    pub fn return_to_source(&mut self, channel: u32) {
        let (pe, channel) = (channel / self.n_channels, channel % self.n_channels);
        let source = &mut self.sources[pe as usize];
        source.credits[channel as usize] += 1;
        source.open |= 1 << channel;
        if !source.queue.is_empty() {
            self.feeding.insert(pe);
        }
    }
}
