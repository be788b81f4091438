//! Routers: input buffers, the output that each packet requests, and the steps of a round.

use machine::{LinkId, Mesh};

use super::active::members;
use super::{Flits, LOCAL, NONE, PORTS};

/// A virtual channel of an input port.
#[derive(Clone, Copy, Debug)]
pub struct InputChannel {
    /// The packet whose flits leave next, and the one that came last.
    front: u32,
    last: u32,
    /// Flits of the front packet that have not left.
    left: u32,
    /// Flits that are here, of all packets.
    held: u16,
    /// The output channel that the front packet was given; [`NONE`] while it waits for one.
    out: u32,
    /// The head of the front packet is still here.
    head: bool,
    /// Where the next search for an output channel begins: port and channel.
    pub next: (u8, u8),
}

/// State of a virtual channel of the next router.
#[derive(Clone, Copy, Debug)]
pub struct OutputChannel {
    /// Flits that it has room for.
    pub credits: u16,
    /// The input channel whose packet has it; [`NONE`] when it is free.
    pub owner: u32,
    /// Where the next search for an owner begins.
    pub next: u8,
}

/// State of a router for the allocators, by output port.
#[derive(Clone, Copy, Debug)]
pub struct Router {
    /// Input channels that could send a flit now, by input port.
    pub ready: [[u16; PORTS as usize]; PORTS as usize],
    /// Input ports with such a channel.
    pub wants: [u8; PORTS as usize],
    /// Input channels whose packet waits for an output channel: for one of the first half, or of the second.
    pub waiting: [[u64; 2]; PORTS as usize],
    /// Free output channels.
    pub free: [u16; PORTS as usize],
    /// Where the switch's next search begins: by output, by input, and by input for its channels.
    pub next_input: [u8; PORTS as usize],
    pub next_output: [u8; PORTS as usize],
    pub next_channel: [u8; PORTS as usize],
}

/// An input channel by its places.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    pub router: u32,
    pub port: u8,
    pub channel: u8,
}

/// A flit that has won the switch.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    pub packet: u32,
    pub output_channel: u32,
    pub head: bool,
    pub last: bool,
}

impl InputChannel {
    pub const EMPTY: InputChannel =
        InputChannel { front: NONE, last: NONE, left: 0, held: 0, out: NONE, head: false, next: (0, 0) };

    pub const fn is_empty(&self) -> bool {
        self.held == 0 && self.front == NONE
    }
}

impl OutputChannel {
    pub const fn idle(credits: u16) -> OutputChannel {
        OutputChannel { credits, owner: NONE, next: 0 }
    }
    pub const fn is_free(&self) -> bool {
        self.owner == NONE
    }
}

impl Router {
    pub const fn idle(n_channels: u32) -> Router {
        const NOTHING: [u8; PORTS as usize] = [0; PORTS as usize];
        let free = (1u16 << n_channels) - 1;
        Router {
            ready: [[0; PORTS as usize]; PORTS as usize],
            wants: NOTHING,
            waiting: [[0; 2]; PORTS as usize],
            free: [free; PORTS as usize],
            next_input: NOTHING,
            next_output: NOTHING,
            next_channel: NOTHING,
        }
    }

    /// Whether a round could do anything.
    fn can_go_on(&self) -> bool {
        let bids = self.wants.iter().any(|&ports| ports != 0);
        bids || self
            .waiting
            .iter()
            .zip(&self.free)
            .any(|(waiting, &free)| waiting[0] | waiting[1] != 0 && free != 0)
    }
}

/// By port into a router, the output that feeds it; by output, the port that it feeds. A flit keeps its heading, and
/// the port it comes in by has the number of that heading.
pub fn wiring(mesh: &Mesh) -> (Vec<u32>, Vec<u32>) {
    let n_ports = (mesh.n_pes() * PORTS) as usize;
    let (mut upstream, mut downstream) = (vec![NONE; n_ports], vec![NONE; n_ports]);
    for link in (0..mesh.n_links() as u32).map(LinkId) {
        let Some(target) = mesh.target(link) else { continue };
        let (output, input) = (link.0 / 4 * PORTS + link.0 % 4, target.0 * PORTS + link.0 % 4);
        (upstream[input as usize], downstream[output as usize]) = (output, input);
    }
    (upstream, downstream)
}

impl Flits {
    fn place(&self, channel: u32) -> Channel {
        let port = channel / self.n_channels;
        Channel {
            router: port / PORTS,
            port: (port % PORTS) as u8,
            channel: (channel % self.n_channels) as u8,
        }
    }
    pub fn number(&self, at: Channel) -> u32 {
        (at.router * PORTS + u32::from(at.port)) * self.n_channels + u32::from(at.channel)
    }

    /// Flits that are due enter their buffers.
    pub fn arrive(&mut self, cycle: u64) {
        let due = self.arriving.take(cycle);
        for &super::Arrival { channel, head } in &due {
            let input = &mut self.inputs[channel as usize];
            input.held += 1;
            assert!(input.held <= self.buffer, "a flit came for which there was no room");
            if head == NONE {
                if input.held == 1 && input.out != NONE {
                    self.fresh.push(channel);
                }
            } else if input.front == NONE {
                input.last = head;
                self.put_in_front(channel, head);
            } else {
                self.packets[input.last as usize].behind = head;
                input.last = head;
            }
        }
        self.arriving.emptied(cycle, due);
    }

    /// A packet is the next of its channel to leave, and waits for a channel of its output.
    fn put_in_front(&mut self, channel: u32, packet: u32) {
        let input = &mut self.inputs[channel as usize];
        input.front = packet;
        input.left = self.packets[packet as usize].flits;
        input.head = true;
        let at = self.place(channel);
        let (output, halves) = self.wanted(at.router, packet);
        let waits = 1u64 << (u32::from(at.port) * self.n_channels + u32::from(at.channel));
        let waiting = &mut self.routers[at.router as usize].waiting[output as usize];
        for half in [0, 1] {
            waiting[half] |= if halves[half] { waits } else { 0 };
        }
        self.awake.insert(at.router);
    }

    /// The output a packet takes at a router, first along x and then along y, and in which halves of its virtual
    /// channels. Along a ring, a packet that crosses the dateline, the link that closes it, keeps to the second half
    /// and the others to the first: no half is used all the way round, so no cycle of waits can close.
    fn wanted(&self, router: u32, packet: u32) -> (u8, [bool; 2]) {
        let packet = &self.packets[packet as usize];
        let (at, to) = (self.mesh.coord(machine::PeId(router)), self.mesh.coord(packet.to));
        let axis = if at.x != to.x {
            0
        } else if at.y != to.y {
            1
        } else {
            return (LOCAL, [true; 2]);
        };
        let closes = packet.closes[axis];
        let split = self.mesh.wraps()[axis] && self.keeps_datelines();
        (packet.headings[axis], if split { [!closes, closes] } else { [true; 2] })
    }

    #[cfg(not(test))]
    const fn keeps_datelines(&self) -> bool {
        true
    }
    #[cfg(test)]
    fn keeps_datelines(&self) -> bool {
        self.fault != Some(super::tests::Fault::NoDateline)
    }

    /// A channel was given an output, or its flits or credits changed: whether it bids for the switch.
    pub fn refresh(&mut self, channel: u32) {
        let input = &self.inputs[channel as usize];
        if input.out == NONE {
            return;
        }
        let bids = input.held > 0 && self.outgoing[input.out as usize].credits > 0;
        let output = self.place(input.out).port as usize;
        let at = self.place(channel);
        let router = &mut self.routers[at.router as usize];
        let ready = &mut router.ready[output][at.port as usize];
        if bids {
            *ready |= 1 << at.channel;
            router.wants[output] |= 1 << at.port;
            self.awake.insert(at.router);
        } else {
            *ready &= !(1 << at.channel);
            if *ready == 0 {
                router.wants[output] &= !(1 << at.port);
            }
        }
    }

    /// Flits that came in this cycle to channels that had none.
    pub fn wake_fresh(&mut self) {
        while let Some(channel) = self.fresh.pop() {
            self.refresh(channel);
        }
    }

    /// Every router that can, gives away virtual channels and moves flits to its outputs, which they may leave in
    /// cycle `leaves`.
    pub fn round(&mut self, cycle: u64, leaves: u64) {
        let mut from = 0;
        while let Some(router) = self.awake.next(from) {
            from = router + 1;
            self.give_channels(router);
            self.move_flits(router, cycle, leaves);
            // What was given in this round bids in the next.
            while let Some(at) = self.granted.pop() {
                self.refresh(self.number(at));
            }
            if !self.routers[router as usize].can_go_on() {
                self.awake.remove(router);
            }
        }
    }

    /// The front packet of a channel was given an output channel.
    pub fn give(&mut self, at: Channel, output: u8, output_channel: u8) {
        let number = self.number(at);
        let out = self.number(Channel { router: at.router, port: output, channel: output_channel });
        self.inputs[number as usize].out = out;
        self.inputs[number as usize].next = (output, output_channel + 1);
        let outgoing = &mut self.outgoing[out as usize];
        let local = u32::from(at.port) * self.n_channels + u32::from(at.channel);
        (outgoing.owner, outgoing.next) = (number, local as u8 + 1);
        let router = &mut self.routers[at.router as usize];
        router.free[output as usize] &= !(1 << output_channel);
        for half in &mut router.waiting[output as usize] {
            *half &= !(1 << local);
        }
        self.granted.push(at);
    }

    /// The front flit of a channel that has won the switch leaves it. Its room is free, and who feeds the channel
    /// hears of that.
    pub fn depart(&mut self, at: Channel, cycle: u64) -> Departure {
        let number = self.number(at);
        let input = &mut self.inputs[number as usize];
        input.held -= 1;
        input.left -= 1;
        let (packet, output_channel, last) = (input.front, input.out, input.left == 0);
        let head = std::mem::take(&mut input.head);
        self.outgoing[output_channel as usize].credits -= u16::from(self.keeps_credits());
        self.credit(at, cycle);
        if last {
            self.release(at, number);
        } else {
            self.refresh(number);
        }
        Departure { packet, output_channel, head, last }
    }

    #[cfg(not(test))]
    const fn keeps_credits(&self) -> bool {
        true
    }
    #[cfg(test)]
    fn keeps_credits(&self) -> bool {
        self.fault != Some(super::tests::Fault::NoCredits)
    }

    fn credit(&mut self, at: Channel, cycle: u64) {
        let port = at.router * PORTS + u32::from(at.port);
        let (to, back) = match self.upstream[port as usize] {
            NONE => {
                let source = at.router * self.n_channels + u32::from(at.channel);
                (self.outgoing.len() as u32 + source, self.links.inject.max(1))
            }
            _ if !self.keeps_credits() => return,
            output => {
                let first = output * self.n_channels;
                (first + u32::from(at.channel), self.links.wire(self.outputs[output as usize].kind))
            }
        };
        self.credits.put(cycle + back, to);
    }

    /// The last flit of a packet has left its channel: its output channel is free, and the packet behind comes to
    /// the front.
    fn release(&mut self, at: Channel, number: u32) {
        let input = &mut self.inputs[number as usize];
        let (packet, out) = (input.front, input.out);
        (input.front, input.out) = (NONE, NONE);
        let last = input.last == packet;
        self.outgoing[out as usize].owner = NONE;
        let output = self.place(out);
        let router = &mut self.routers[at.router as usize];
        router.free[output.port as usize] |= 1 << output.channel;
        let ready = &mut router.ready[output.port as usize][at.port as usize];
        *ready &= !(1 << at.channel);
        if *ready == 0 {
            router.wants[output.port as usize] &= !(1 << at.port);
        }
        if !last {
            let behind = std::mem::replace(&mut self.packets[packet as usize].behind, NONE);
            self.put_in_front(number, behind);
        }
    }

    /// Input channels of a router that wait for an output, as their numbers in it.
    pub fn split(&self, local: u8) -> (u8, u8) {
        (local / self.n_channels as u8, local % self.n_channels as u8)
    }
    pub fn free_channels(&self, router: u32, output: u8) -> impl Iterator<Item = u8> + use<> {
        members(u64::from(self.routers[router as usize].free[output as usize]))
    }
}
