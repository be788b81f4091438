//! Multicasts and reductions as transfers. In software a multicast is one copy after the other. In the fabric its
//! packets cross a tree, and so do those of a reduction, whose sum arrives at the root.

use std::collections::BTreeMap;

use machine::Machine;
use machine::spec::Collectives as By;
use program::trees::Trees;
use program::{Message, Program};

use super::Transport;
use super::transfer::{Purpose, Transfer};
use crate::noc::Leaf;
use crate::run::Run;

/// The collectives of a program, and the trees that the network has for them.
#[derive(Debug)]
pub struct Collectives {
    trees: Trees,
    software: bool,
    /// By rings, added to the network when first used.
    multicasts: BTreeMap<Vec<u32>, u32>,
    reductions: BTreeMap<Vec<u32>, u32>,
}

impl Collectives {
    pub fn of(program: &Program, machine: &Machine) -> Collectives {
        Collectives {
            trees: Trees::of(program, machine),
            software: machine.spec().noc.collectives == By::Software,
            multicasts: BTreeMap::new(),
            reductions: BTreeMap::new(),
        }
    }

    /// The messages of a reduction.
    pub fn summed(&self, sum: u32) -> Box<[Message]> {
        self.trees.list[sum as usize].messages.clone()
    }
}

fn rings(messages: &[Message]) -> Vec<u32> {
    messages.iter().map(|message| message.ring.0).collect()
}

impl Transport {
    /// A multicast of `lowering.messages[first..first + len]` has all its credits.
    pub fn multicast(&mut self, run: &mut Run<'_>, rank: u32, op: u32, (first, len): (u32, u32)) {
        if self.collectives.software {
            return self.copy(run, (rank, op), (first, len), 0);
        }
        let messages = run.lowering.messages(first, len).to_vec();
        let total = run.sent_view(rank, op).bytes();
        let leaves = messages.iter().map(|&message| {
            let leaf = self.message_transfer(run, Purpose::Leaf { message }, message, total);
            self.transfers.add_whole(leaf)
        });
        let leaves = leaves.collect();
        let leaves = self.transfers.add_leaves(leaves);
        let tree = self.multicast_tree(&messages);
        let path = self.slots[messages[0].ring.index()].path;
        let purpose = Purpose::Multicast { tree, leaves, rank, op };
        let transfer = Transfer::new(purpose, path, total, run.now());
        self.send_at(run, transfer, run.now() + self.send_setup);
    }

    /// In software: sends copy `place` of a multicast.
    fn copy(&mut self, run: &mut Run<'_>, (rank, op): (u32, u32), (first, len): (u32, u32), place: u32) {
        let message = run.lowering.messages(first, len)[place as usize];
        let total = run.sent_view(rank, op).bytes();
        let purpose = Purpose::Copy { rank, op, first, len, place };
        let transfer = self.message_transfer(run, purpose, message, total);
        self.send_at(run, transfer, run.now() + self.send_setup);
    }

    /// A copy has arrived, and the next one follows: the message that it was.
    pub(super) fn copied(
        &mut self,
        run: &mut Run<'_>,
        op: (u32, u32),
        (first, len): (u32, u32),
        place: u32,
    ) -> Message {
        let message = run.lowering.messages(first, len)[place as usize];
        if place + 1 < len {
            self.copy(run, op, (first, len), place + 1);
        }
        message
    }

    /// The purpose of a message that is sent: to fill its slot, or to be added in the fabric.
    pub(super) fn purpose(&mut self, run: &Run<'_>, rank: u32, op: u32, message: Message) -> Purpose {
        let Some((sum, member)) = self.collectives.trees.place(message) else {
            return Purpose::Message { message, rank, op };
        };
        let known = self.transfers.begin_member(sum, run.now());
        let tree = known.unwrap_or_else(|| self.begin_sum(run, sum, message));
        Purpose::Member { tree, sum, member, rank, op }
    }

    /// The first member of a sum is sent: its tree.
    fn begin_sum(&mut self, run: &Run<'_>, sum: u32, message: Message) -> u32 {
        let tree = self.reduction_tree(&self.collectives.summed(sum));
        let (root, receive) = self.collectives.trees.list[sum as usize].op;
        let total = run.sent_view(root.0, receive.0).bytes();
        let path = self.slots[message.ring.index()].path;
        self.transfers.add_sum(sum, tree, Transfer::new(Purpose::Sum { sum }, path, total, run.now()));
        tree
    }

    fn multicast_tree(&mut self, messages: &[Message]) -> u32 {
        let Transport { collectives, noc, routes, slots, .. } = self;
        let leaf = |message: &Message| {
            let slots = &slots[message.ring.index()];
            Leaf { path: slots.path, to_tcm: slots.memory.is_none() }
        };
        let add = || noc.trees().add_multicast(messages.iter().map(leaf).collect(), routes);
        *collectives.multicasts.entry(rings(messages)).or_insert_with(add)
    }

    fn reduction_tree(&mut self, messages: &[Message]) -> u32 {
        let Transport { collectives, noc, routes, slots, .. } = self;
        let paths = || messages.iter().map(|message| slots[message.ring.index()].path).collect::<Vec<_>>();
        let add = || noc.trees().add_reduction(&paths(), routes);
        *collectives.reductions.entry(rings(messages)).or_insert_with(add)
    }
}
