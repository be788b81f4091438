//! The collectives of a program that a fabric carries as trees: each multicast, and each reduction.

use std::collections::BTreeMap;

use machine::Machine;
use machine::spec::Collectives;

use crate::op::{Op, OpIndex, RecvOp, SendOp};
use crate::program::{Program, Rank};
use crate::view::Message;

/// A tree of messages: a multicast from its root, or a reduction to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The multicast, or the receive that reduces.
    pub op: (Rank, OpIndex),
    pub messages: Box<[Message]>,
}

/// The trees of a program on a machine: none where software does collectives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trees {
    pub list: Vec<Tree>,
    /// The tree of each message, and its place there.
    of: BTreeMap<Message, (u32, u32)>,
}

impl Trees {
    pub fn of(program: &Program, machine: &Machine) -> Trees {
        match machine.spec().noc.collectives {
            Collectives::Software => Trees::default(),
            Collectives::Fabric => Trees::all(program),
        }
    }

    fn all(program: &Program) -> Trees {
        let mut trees = Trees::default();
        for (rank, of_rank) in program.ranks.iter().enumerate() {
            for (index, op) in of_rank.ops.iter().enumerate() {
                if let Op::Send(SendOp::Multicast { messages, .. }) = op {
                    trees.add((Rank(rank as u32), OpIndex(index as u32)), messages);
                } else if let Op::Recv(RecvOp::RecvReduce { reduction }) = op {
                    trees.add((Rank(rank as u32), OpIndex(index as u32)), &reduction.messages);
                }
            }
        }
        trees
    }

    fn add(&mut self, op: (Rank, OpIndex), messages: &[Message]) {
        let tree = self.list.len() as u32;
        self.of.extend(messages.iter().zip(0..).map(|(&message, place)| (message, (tree, place))));
        self.list.push(Tree { op, messages: messages.into() });
    }

    /// The tree that a message is part of, by its place in the list, and the message's place there.
    pub fn place(&self, message: Message) -> Option<(u32, u32)> {
        self.of.get(&message).copied()
    }
}
