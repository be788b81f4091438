//! Multicasts and reductions as transfers. In software a multicast is one copy after the other. In the fabric its
//! packets cross a tree, and so do those of a reduction, whose sum arrives at the root.

use std::collections::BTreeMap;

use machine::spec::Collectives as By;
use machine::{Machine, SimTime};
use program::trees::Trees;
use program::{Message, Program};

use super::Transport;
use super::transfer::{Purpose, Transfer};
use crate::event::OpId;
use crate::noc::{Leaf, Way};
use crate::run::Run;

/// The collectives of a program, and the trees that the network has for them.
#[derive(Debug)]
pub struct Collectives {
    trees: Trees,
    software: bool,
    /// By rings, added to the network when first used.
    multicasts: BTreeMap<Vec<u32>, u32>,
    reductions: BTreeMap<Vec<u32>, u32>,
    /// Reductions of which some member has been sent: the transfer of the sum, and the network's tree.
    sums: BTreeMap<u32, (u32, u32)>,
}

impl Collectives {
    pub fn of(program: &Program, machine: &Machine) -> Collectives {
        Collectives {
            trees: Trees::of(program, machine),
            software: machine.spec().noc.collectives == By::Software,
            multicasts: BTreeMap::new(),
            reductions: BTreeMap::new(),
            sums: BTreeMap::new(),
        }
    }

    /// A reduction is done: its messages.
    pub fn summed(&mut self, tree: u32) -> Box<[Message]> {
        self.sums.remove(&tree);
        self.trees.list[tree as usize].messages.clone()
    }
}

fn rings(messages: &[Message]) -> Vec<u32> {
    messages.iter().map(|message| message.ring.0).collect()
}

impl Transport {
    /// A multicast of `lowering.messages[first..first + len]` begins at `at`: it has all its credits.
    pub fn multicast(&mut self, run: &mut Run, op: OpId, (first, len): (u32, u32), at: SimTime) {
        if self.collectives.software {
            return self.copy(run, op, (first, len), (at, 0));
        }
        let messages = run.lowering.messages(first, len).to_vec();
        let total = run.sent_bytes(op);
        let leaves = messages.iter().map(|&message| {
            let leaf = self.message_transfer(op, Purpose::Leaf { message }, message, (at, total));
            self.transfers.add(leaf)
        });
        let leaves = leaves.collect();
        let way = Way::Multicast { tree: self.multicast_tree(&messages) };
        let path = self.slots[messages[0].ring.index()].path;
        let transfer = Transfer::new(op, Purpose::Collective, path, total, at);
        self.send_at(run, Transfer { way, leaves, ..transfer }, at + self.send_setup);
    }

    /// In software: sends copy `place` of a multicast at `at`.
    fn copy(&mut self, run: &mut Run, op: OpId, (first, len): (u32, u32), (at, place): (SimTime, u32)) {
        let message = run.lowering.messages(first, len)[place as usize];
        let purpose = Purpose::Copy { first, len, place };
        let transfer = self.message_transfer(op, purpose, message, (at, run.sent_bytes(op)));
        self.send_at(run, transfer, at + self.send_setup);
    }

    /// A copy has arrived, and the next one follows: the message that it was.
    pub(super) fn copied(&mut self, run: &mut Run, op: OpId, of: (u32, u32), place: u32) -> Message {
        let message = run.lowering.messages(of.0, of.1)[place as usize];
        if place + 1 < of.1 {
            self.copy(run, op, of, (run.now(), place + 1));
        }
        message
    }

    /// The transfer of a send: of its message into its slot or, in the fabric, of a member's tile into a sum.
    #[inline(always)]
    pub(super) fn send_transfer(
        &mut self,
        run: &Run,
        op: OpId,
        message: Message,
        (at, total): (SimTime, u64),
    ) -> Transfer {
        let Some((tree, member)) = self.collectives.trees.place(message) else {
            return self.message_transfer(op, Purpose::Message { message }, message, (at, total));
        };
        let known = self.collectives.sums.get(&tree).copied();
        let (sum, network_tree) = known.unwrap_or_else(|| self.begin_sum(run, tree, message, at));
        let whole = self.transfers.moving.get_mut(sum);
        whole.begun = whole.begun.max(at);
        let way = Way::Reduction { tree: network_tree, sum, member };
        Transfer { way, ..self.message_transfer(op, Purpose::Collective, message, (at, total)) }
    }

    /// The first member of a sum is sent.
    fn begin_sum(&mut self, run: &Run, tree: u32, message: Message, at: SimTime) -> (u32, u32) {
        let program::trees::Tree { op: (rank, index), ref messages } =
            self.collectives.trees.list[tree as usize];
        let op = OpId { rank: rank.0, index: index.0 };
        let total = run.sent_bytes(op);
        let paths: Vec<_> = messages.iter().map(|message| self.slots[message.ring.index()].path).collect();
        let add = || self.noc.trees().add_reduction(&paths, &self.routes);
        let in_network = *self.collectives.reductions.entry(rings(messages)).or_insert_with(add);
        let path = self.slots[message.ring.index()].path;
        let sum = self.transfers.add(Transfer::new(op, Purpose::Sum { tree }, path, total, at));
        self.collectives.sums.insert(tree, (sum, in_network));
        (sum, in_network)
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
}
