//! One pass of a collective: every rank that has a parcel sends its messages both ways along the chain, and
//! every rank passes on what others still need.
//!
//! With enough slots a message is passed on straight from its slot. It then holds the slot until the next rank
//! has room, and the next rank has room once it has passed on a message that lies one parcel back: with no more
//! slots than a parcel has messages, that chain of waits closes on itself. With so few slots the ranks walk in
//! step and copy each message out, which frees its slot at once; one slot is then enough, on a ring too.

use std::mem;

use program::DType;
use program::tl::{Direction, Handle, Tile, Tl};

use crate::chain::{Arrival, Chain};
use crate::waits::Waits;

/// What one pass moves, and what a rank does with it.
pub trait Pass {
    /// The shapes of the messages of `origin`'s parcel; none when it has no parcel.
    fn messages(&self, origin: u32) -> Vec<[u32; 2]>;
    fn needs(&self, rank: u32, origin: u32) -> bool;
    /// This rank's own parcel, in TCM and complete.
    fn load(&mut self, tl: &mut Tl) -> Vec<Tile>;
    /// Tiles to copy a parcel to, when it must outlive its slots.
    fn keep(&self, _origin: u32) -> Option<Vec<Tile>> {
        None
    }
    /// Uses a parcel this rank needs, which is complete once `ready` is done. Gives the op after which it is no
    /// longer read.
    fn visit(&mut self, tl: &mut Tl, origin: u32, parcel: &[Tile], ready: &[Handle]) -> Handle;
}

#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub chain: Chain,
    pub dtype: DType,
    /// Slots of every ring, and the most messages a parcel has.
    pub slots: u32,
    pub parcel: u32,
    pub waits: Waits,
}

/// A parcel on its way, in tiles of this rank.
#[derive(Clone)]
struct Carried {
    origin: u32,
    messages: Vec<Tile>,
    /// The copies that bring it.
    ready: Vec<Handle>,
}

impl Exchange {
    pub fn run(&self, tl: &mut Tl, pass: &mut impl Pass) {
        if self.slots > self.parcel { self.forward_from_slots(tl, pass) } else { self.in_step(tl, pass) }
    }

    /// Passes messages on from their slots.
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
                    visit(tl, pass, &Carried { origin: arrival.origin, messages, ready });
                }
                None => self.receive_in_slots(tl, pass, arrival, onward),
            }
        }
    }

    /// Uses the parcel where it lies, then gives its slots back.
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
        let parcel = Carried { origin: arrival.origin, messages, ready: Vec::new() };
        let used = visit(tl, pass, &parcel);
        for (message, forwarded) in parcel.messages.into_iter().zip(forwarded) {
            self.waits.release(tl, message, &[forwarded, used]);
        }
    }

    /// Passes a message on and copies it, then gives its slot back. Gives the copy.
    fn receive_kept(&self, tl: &mut Tl, arrival: Arrival, onward: Option<Direction>, to: Tile) -> Handle {
        let from = arrival.heading.opposite();
        let Some(heading) = onward else { return tl.recv_into(from, to) };
        let message = tl.recv(from, to.shape(), self.dtype);
        let forwarded = tl.forward(heading, message);
        let copied = tl.copy(message, to);
        self.waits.release(tl, message, &[forwarded, copied]);
        copied
    }

    /// All ranks send, then receive, one message each way, and so on. A send waits at most for a copy that the
    /// neighbour made one message earlier, so nobody waits in a circle, whatever TCM the tiles share.
    fn in_step(&self, tl: &mut Tl, pass: &mut impl Pass) {
        let own = self.load(tl, pass);
        visit(tl, pass, &own);
        let mut carried = Direction::BOTH.map(|_| Some(own.clone()));
        for step in 1..self.chain.ranks {
            let mut landing = Direction::BOTH.map(|heading| self.landing(tl, pass, heading, step));
            for message in 0..self.parcel as usize {
                for (heading, parcel) in Direction::BOTH.into_iter().zip(&carried) {
                    let Some(parcel) = parcel else { continue };
                    if step <= self.reach(pass, parcel.origin, heading) {
                        tl.send(heading, parcel.messages[message]);
                    }
                }
                for (heading, parcel) in Direction::BOTH.into_iter().zip(&mut landing) {
                    if let Some(parcel) = parcel {
                        parcel.ready.push(tl.recv_into(heading.opposite(), parcel.messages[message]));
                    }
                }
            }
            landing.iter_mut().flatten().for_each(|parcel| self.waits.on(tl, &mem::take(&mut parcel.ready)));
            landing.iter().flatten().for_each(|parcel| _ = visit(tl, pass, parcel));
            carried = landing;
        }
    }

    /// Tiles for the parcel that arrives that way at that step.
    fn landing(&self, tl: &mut Tl, pass: &impl Pass, heading: Direction, step: u32) -> Option<Carried> {
        let origin = self.chain.origin(tl.rank(), heading, step)?;
        if step > self.reach(pass, origin, heading) {
            return None;
        }
        let fresh = || pass.messages(origin).into_iter().map(|shape| tl.tile(shape, self.dtype)).collect();
        Some(Carried { origin, messages: pass.keep(origin).unwrap_or_else(fresh), ready: Vec::new() })
    }

    /// This rank's own parcel; empty when nobody needs it.
    fn load(&self, tl: &mut Tl, pass: &mut impl Pass) -> Carried {
        let origin = tl.rank();
        let needed = pass.needs(origin, origin) || self.headings(pass, origin).next().is_some();
        let exists = !pass.messages(origin).is_empty();
        let messages = if needed && exists { pass.load(tl) } else { Vec::new() };
        Carried { origin, messages, ready: Vec::new() }
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

fn visit(tl: &mut Tl, pass: &mut impl Pass, parcel: &Carried) -> Handle {
    let needed = !parcel.messages.is_empty() && pass.needs(tl.rank(), parcel.origin);
    if needed { pass.visit(tl, parcel.origin, &parcel.messages, &parcel.ready) } else { Handle::default() }
}
