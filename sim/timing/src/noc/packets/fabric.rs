//! Fabric collectives: a packet crosses every link of a tree once (ADR 0037). It is copied where the routes of a
//! multicast part. Where the routes of a reduction meet it waits for the packets of the other members, and their sum
//! goes on.

use std::collections::BTreeMap;

use machine::{SimTime, Span};

use super::tree::{Fork, Leaf};
use super::{Moving, Packets, Place};
use crate::noc::{Arrival, Context, Observer};
use crate::turn::Turn;

/// Reductions under way.
#[derive(Debug)]
pub struct Sums {
    /// The latency of an addition.
    add: Span,
    /// By sum, router and first byte: the packets that are there, when the last of their bytes is, and the first turn
    /// of theirs.
    waiting: BTreeMap<(u32, u32, u64), (u32, SimTime, Turn)>,
}

impl Sums {
    pub fn new(add: Span) -> Sums {
        Sums { add, waiting: BTreeMap::new() }
    }
    pub fn are_complete(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl Packets {
    /// A multicast packet is at a router: a copy leaves by each link of the tree, and into each PE there.
    pub(super) fn fork<O: Observer>(
        &mut self,
        token: u32,
        tree: u32,
        router: u32,
        context: &mut Context<'_, O>,
    ) {
        let moving = *self.moving.get(token);
        let Moving { packet, bytes, tail, .. } = moving;
        self.moving.free(token);
        let tree_of = self.trees.multicast(tree);
        let Fork { links, leaves } = &tree_of.routers[router as usize];
        for &(link, next) in links {
            let at_next = self.cross(link, bytes, tail, context);
            let copy = self.moving.add(moving);
            self.go_on(copy, Place::Fork { tree, router: next }, at_next, context);
        }
        for &leaf in leaves {
            let Leaf { path, to_tcm } = tree_of.leaves[leaf as usize];
            let at = self.eject(path, to_tcm, (bytes, tail), context);
            context.observer.arrived(Arrival::Copy { packet, leaf }, at);
        }
    }

    /// A packet of a reduction is at a router. The last of those that meet there completes their sum; until then they
    /// wait.
    pub(super) fn join<O: Observer>(
        &mut self,
        token: u32,
        tree: u32,
        (sum, router): (u32, u32),
        context: &mut Context<'_, O>,
    ) {
        let moving = *self.moving.get(token);
        self.moving.free(token);
        if moving.packet != Moving::SUM {
            context.observer.arrived(Arrival::Added { packet: moving.packet }, context.now);
        }
        let join = self.trees.reduction(tree).join(router);
        let key = (sum, router, moving.bytes.0);
        let (seen, latest, first) = self.sums.waiting.remove(&key).unwrap_or((0, SimTime::ZERO, moving.turn));
        let (seen, tail, turn) = (seen + 1, latest.max(moving.tail), first.min(moving.turn));
        if seen < join.inputs {
            self.sums.waiting.insert(key, (seen, tail, turn));
            return;
        }
        // The root adds its own tile where the stream leaves the mesh.
        let adds = join.inputs > 1 || join.out.is_none();
        let add = if adds { self.sums.add } else { Span::ZERO };
        let added = self.moving.add(Moving { packet: Moving::SUM, turn, ..moving });
        let place = Place::Sum { tree, sum, router };
        self.go_on(added, place, (context.now + add, tail + add), context);
    }

    /// A packet of a sum leaves for the next router, or for the root.
    pub(super) fn send_sum<O: Observer>(
        &mut self,
        token: u32,
        tree: u32,
        (sum, router): (u32, u32),
        context: &mut Context<'_, O>,
    ) {
        let Moving { path, bytes, tail, .. } = *self.moving.get(token);
        if let Some((link, next)) = self.trees.reduction(tree).join(router).out {
            let at_next = self.cross(link, bytes, tail, context);
            return self.go_on(token, Place::Join { tree, sum, router: next }, at_next, context);
        }
        self.moving.free(token);
        let at = self.eject(path, true, (bytes, tail), context);
        context.observer.arrived(Arrival::Sum { sum }, at);
    }
}
