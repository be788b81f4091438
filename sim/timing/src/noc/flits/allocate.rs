//! Allocation within a round: iSLIP with one iteration (McKeown, 1999), once for virtual channels and once for the
//! switch. Every output grants the first request from its round-robin pointer on; every requester accepts the first
//! grant from its own pointer on. Both pointers move behind an accepted grant, and only then.

use super::active::{first_from, members};
use super::router::Channel;
use super::{Flits, PORTS};

impl Flits {
    /// Free output channels go to packets that wait for them.
    pub fn give_channels(&mut self, router: u32) {
        for output in 0..PORTS as u8 {
            let state = &self.routers[router as usize];
            let (waiting, free) = (state.waiting[output as usize], state.free[output as usize]);
            if free == 0 || waiting == [0; 2] {
                continue;
            }
            self.give_of(router, output, waiting);
        }
    }

    fn give_of(&mut self, router: u32, output: u8, waiting: [u64; 2]) {
        let first = (router * PORTS + u32::from(output)) * self.n_channels;
        let half = (self.n_channels / 2) as u8;
        let mut offers = [(0u8, u8::MAX); u16::BITS as usize];
        let (mut n, mut asked) = (0, 0u64);
        for channel in self.free_channels(router, output) {
            let askers = waiting[usize::from(channel >= half)];
            if askers != 0 {
                let to = first_from(askers, self.outgoing[first as usize + channel as usize].next);
                offers[n] = (channel, to);
                asked |= 1 << to;
                n += 1;
            }
        }
        for local in members(asked) {
            let offered = offers[..n].iter().filter(|&&(_, to)| to == local);
            let offered = offered.fold(0u64, |mask, &(channel, _)| mask | 1 << channel);
            let (port, channel) = self.split(local);
            let at = Channel { router, port, channel };
            let (last_port, next) = self.inputs[self.number(at) as usize].next;
            let taken = first_from(offered, if last_port == output { next } else { 0 });
            self.give(at, output, taken);
        }
    }

    /// At most one flit leaves each input port, and at most one comes to each output.
    pub fn move_flits(&mut self, router: u32, cycle: u64, leaves: u64) {
        let state = &self.routers[router as usize];
        let mut offered = [0u8; PORTS as usize];
        let mut asked = 0u64;
        for output in 0..PORTS as usize {
            if state.wants[output] != 0 {
                let input = first_from(u64::from(state.wants[output]), state.next_input[output]);
                offered[input as usize] |= 1 << output;
                asked |= 1 << input;
            }
        }
        for input in members(asked) {
            let state = &mut self.routers[router as usize];
            let at = input as usize;
            let output = first_from(u64::from(offered[at]), state.next_output[at]);
            let ready = state.ready[output as usize][at];
            let channel = first_from(u64::from(ready), state.next_channel[at]);
            state.next_input[output as usize] = input + 1;
            state.next_output[at] = output + 1;
            state.next_channel[at] = channel + 1;
            let departure = self.depart(Channel { router, port: input, channel }, cycle);
            self.queue_at_output(router, output, departure, leaves);
        }
    }
}
