//! One pass of a collective: every rank that has a chunk sends its messages both ways along the chain, and every rank
//! forwards what others still need.
//!
//! With enough slots a message is forwarded from its slot. It holds the slot until the next rank has a free one, and
//! that rank frees one when it has forwarded a message one chunk earlier. If there are no more slots than messages of a
//! chunk, these waits form a cycle. Ranks with so few slots go in lockstep and copy each message out, which frees its
//! slot at once; one slot is then enough, on a ring too.

use std::mem;

use program::DType;
use program::tl::{Direction, Handle, Tile, Tl};

use crate::chain::{Arrival, Chain};
use crate::waits::Waits;

/// Chunks that one pass moves, and their use by a rank.
pub trait Pass {
    /// The shapes of the messages of `origin`'s chunk; none when it has no chunk.
    fn messages(&self, origin: u32) -> Vec<[u32; 2]>;
    fn needs(&self, rank: u32, origin: u32) -> bool;
    /// This rank's own chunk, in TCM and complete.
    fn load(&mut self, tl: &mut Tl) -> Vec<Tile>;
    /// Tiles to which a chunk is copied, when it must outlive its slots.
    fn keep(&self, _origin: u32) -> Option<Vec<Tile>> {
        None
    }
    /// Uses a chunk that this rank needs, which is complete once `ready` is done. Returns the last op that reads it.
    fn visit(&mut self, tl: &mut Tl, origin: u32, chunk: &[Tile], ready: &[Handle]) -> Handle;
}

#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub chain: Chain,
    pub dtype: DType,
    /// Slots of every ring.
    pub slots: u32,
    /// Most messages of a chunk.
    pub messages: u32,
    pub waits: Waits,
}

/// A chunk in tiles of this rank.
#[derive(Clone)]
struct Chunk {
    origin: u32,
    messages: Vec<Tile>,
    /// Copies after which it is complete.
    ready: Vec<Handle>,
}

impl Exchange {
    pub fn run(&self, tl: &mut Tl, pass: &mut impl Pass) {
        if self.slots > self.messages { self.forward_from_slots(tl, pass) } else { self.in_step(tl, pass) }
    }

    /// Forwards messages from their slots.
    fn forward_from_slots(&self, tl: &mut Tl, pass: &mut impl Pass) {
        let own = self.load(tl, pass);
        for heading in self.headings(pass, own.origin) {
            for &message in &own.messages {
                tl.send(heading, message);
            }
        }
        visit(tl, pass, &own);
        for arrival in self.chain.arrivals(tl.rank()) {
            let reach = self.reach(pass, arrival.origin, arrival.heading);
            let onward = (arrival.step < reach).then_some(arrival.heading);
            if arrival.step > reach {
                continue;
            }
            match pass.keep(arrival.origin) {
                Some(messages) => {
                    let copied = messages.iter().map(|&tile| self.receive_kept(tl, arrival, onward, tile));
                    let ready = copied.collect();
                    visit(tl, pass, &Chunk { origin: arrival.origin, messages, ready });
                }
                None => self.receive_in_slots(tl, pass, arrival, onward),
            }
        }
    }

    /// Uses the chunk in its slots, then releases them.
    fn receive_in_slots(
        &self,
        tl: &mut Tl,
        pass: &mut impl Pass,
        arrival: Arrival,
        onward: Option<Direction>,
    ) {
        let receive = |shape: [u32; 2]| {
            let message = tl.recv(arrival.heading.opposite(), shape, self.dtype);
            let forwarded = onward.map(|heading| tl.forward(heading, message)).unwrap_or_default();
            (message, forwarded)
        };
        let shapes = pass.messages(arrival.origin);
        let (messages, forwarded): (_, Vec<Handle>) = shapes.into_iter().map(receive).unzip();
        let chunk = Chunk { origin: arrival.origin, messages, ready: Vec::new() };
        let used = visit(tl, pass, &chunk);
        for (message, forwarded) in chunk.messages.into_iter().zip(forwarded) {
            self.waits.release(tl, message, &[forwarded, used]);
        }
    }

    /// Forwards a message and copies it, then releases its slot. Returns the copy.
    fn receive_kept(&self, tl: &mut Tl, arrival: Arrival, onward: Option<Direction>, to: Tile) -> Handle {
        let from = arrival.heading.opposite();
        let Some(heading) = onward else { return tl.recv_into(from, to) };
        let message = tl.recv(from, to.shape(), self.dtype);
        let forwarded = tl.forward(heading, message);
        let copied = tl.copy(message, to);
        self.waits.release(tl, message, &[forwarded, copied]);
        copied
    }

    /// All ranks send one message each way, then receive one, and so on. A send waits at most for a copy that the
    /// neighbour made one message earlier, so no cycle of waits can form, whatever TCM the tiles share.
    fn in_step(&self, tl: &mut Tl, pass: &mut impl Pass) {
        let own = self.load(tl, pass);
        visit(tl, pass, &own);
        let mut carried = Direction::BOTH.map(|_| Some(own.clone()));
        for step in 1..self.chain.ranks {
            let mut recv_buffers = Direction::BOTH.map(|heading| self.recv_buffer(tl, pass, heading, step));
            for message in 0..self.messages as usize {
                for (heading, chunk) in Direction::BOTH.into_iter().zip(&carried) {
                    let Some(chunk) = chunk else { continue };
                    if step <= self.reach(pass, chunk.origin, heading) {
                        tl.send(heading, chunk.messages[message]);
                    }
                }
                for (heading, chunk) in Direction::BOTH.into_iter().zip(&mut recv_buffers) {
                    if let Some(chunk) = chunk {
                        chunk.ready.push(tl.recv_into(heading.opposite(), chunk.messages[message]));
                    }
                }
            }
            recv_buffers
                .iter_mut()
                .flatten()
                .for_each(|chunk| self.waits.on(tl, &mem::take(&mut chunk.ready)));
            recv_buffers.iter().flatten().for_each(|chunk| _ = visit(tl, pass, chunk));
            carried = recv_buffers;
        }
    }

    /// Receive buffer of the chunk that arrives from that heading at that step.
    fn recv_buffer(&self, tl: &mut Tl, pass: &impl Pass, heading: Direction, step: u32) -> Option<Chunk> {
        let origin = self.chain.origin(tl.rank(), heading, step)?;
        if step > self.reach(pass, origin, heading) {
            return None;
        }
        let fresh = || pass.messages(origin).into_iter().map(|shape| tl.tile(shape, self.dtype)).collect();
        Some(Chunk { origin, messages: pass.keep(origin).unwrap_or_else(fresh), ready: Vec::new() })
    }

    /// This rank's own chunk; empty when no rank needs it.
    fn load(&self, tl: &mut Tl, pass: &mut impl Pass) -> Chunk {
        let origin = tl.rank();
        let needed = pass.needs(origin, origin) || self.headings(pass, origin).next().is_some();
        let exists = !pass.messages(origin).is_empty();
        let messages = if needed && exists { pass.load(tl) } else { Vec::new() };
        Chunk { origin, messages, ready: Vec::new() }
    }

    fn headings(&self, pass: &impl Pass, origin: u32) -> impl Iterator<Item = Direction> {
        Direction::BOTH.into_iter().filter(move |&heading| self.reach(pass, origin, heading) > 0)
    }

    fn reach(&self, pass: &impl Pass, origin: u32, heading: Direction) -> u32 {
        if pass.messages(origin).is_empty() {
            return 0;
        }
        self.chain.reach(origin, heading, |rank| pass.needs(rank, origin))
    }
}

fn visit(tl: &mut Tl, pass: &mut impl Pass, chunk: &Chunk) -> Handle {
    let needed = !chunk.messages.is_empty() && pass.needs(tl.rank(), chunk.origin);
    if needed { pass.visit(tl, chunk.origin, &chunk.messages, &chunk.ready) } else { Handle::default() }
}
