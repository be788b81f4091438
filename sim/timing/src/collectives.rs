//! Multicasts and reductions. In software a multicast is one copy after the other. In the fabric a packet crosses
//! every link of a tree once: it is copied where the ways to the members part, and where the ways to a root meet it
//! waits for the packets of the other members, which are added to it.

use std::collections::BTreeMap;
use std::rc::Rc;

use machine::spec::Collectives;
use machine::{LinkId, PeId, SimTime, Span};
use program::Message;
use program::trees::Trees;
use verify::Verified;

use crate::engine::Engine;
use crate::event::Event;
use crate::packet::{Packet, Pool};
use crate::transfer::{Purpose, Transfer};
use crate::ways::{Fork, Meet};

/// What the collectives of a run have under way.
#[derive(Debug)]
pub struct State {
    trees: Trees,
    software: bool,
    /// What a router takes to add.
    add: Span,
    /// By rings, found when first used.
    forks: BTreeMap<Vec<u32>, Rc<Fork>>,
    meets: BTreeMap<Vec<u32>, Rc<Meet>>,
    trunks: Pool<Trunk>,
    /// By tree: reductions of which some member has sent.
    merges: BTreeMap<u32, Merge>,
}

/// A multicast in the fabric.
#[derive(Debug)]
struct Trunk {
    fork: Rc<Fork>,
    /// By member: what its copy fills.
    leaves: Vec<u32>,
}

/// A reduction in the fabric.
#[derive(Debug)]
struct Merge {
    meet: Rc<Meet>,
    /// What arrives at the root.
    transfer: u32,
    /// By place and first byte: the packets that are there, and when the last of their bytes is.
    waiting: BTreeMap<(u32, u64), (u32, SimTime)>,
}

impl State {
    pub fn of(verified: &Verified) -> State {
        let (program, machine) = (&verified.program, &verified.machine);
        let noc = &machine.spec().noc;
        State {
            trees: Trees::of(program, machine),
            software: noc.collectives == Collectives::Software,
            add: machine.spec().clock.noc_fs.span(noc.reduce_cycles),
            forks: BTreeMap::new(),
            meets: BTreeMap::new(),
            trunks: Pool::default(),
            merges: BTreeMap::new(),
        }
    }
}

impl Engine<'_> {
    /// A multicast has all its credits.
    pub fn multicast(&mut self, rank: u32, op: u32, messages: (u32, u32)) {
        self.started(rank, op);
        if self.collectives.software {
            return self.copy(rank, op, messages, 0);
        }
        let messages = self.lowering.messages(messages.0, messages.1).to_vec();
        let total = self.sent_view(rank, op).bytes();
        let fork = self.fork(&messages);
        let packets = total.div_ceil(self.packet_bytes).max(1) as u32;
        let leaves = messages.iter().map(|&message| {
            let purpose = Purpose::Leaf { ring: message.ring.0, number: message.number };
            let leaf = self.message_transfer(purpose, message, total);
            self.transfers.add(Transfer { packets_left: packets, ..leaf })
        });
        let leaves = leaves.collect();
        let trunk = self.collectives.trunks.add(Trunk { fork, leaves });
        let path = self.rings[messages[0].ring.index()].path;
        let transfer = Transfer::new(Purpose::Trunk { trunk, rank, op }, path, total, self.now);
        self.send_at(transfer, self.now + self.send_setup);
    }

    /// In software: sends copy `place` of a multicast.
    fn copy(&mut self, rank: u32, op: u32, (first, len): (u32, u32), place: u32) {
        let message = self.lowering.messages(first, len)[place as usize];
        let total = self.sent_view(rank, op).bytes();
        let transfer = self.message_transfer(Purpose::Copy { rank, op, first, len, place }, message, total);
        self.send_at(transfer, self.now + self.send_setup);
    }

    /// A copy has arrived: the next one follows.
    pub fn copied(&mut self, rank: u32, op: u32, (first, len): (u32, u32), place: u32) {
        let message = self.lowering.messages(first, len)[place as usize];
        if place + 1 < len {
            self.copy(rank, op, (first, len), place + 1);
        }
        self.message_arrives(message.ring.0, message.number);
    }

    /// A packet of a multicast is at a router: a copy leaves by each link of the tree, and into each PE there.
    pub fn fork_packet(&mut self, packet: u32, trunk: u32) {
        let Packet { transfer, from, to, hop, tail } = *self.packets.get(packet);
        let Trunk { fork, leaves } = self.collectives.trunks.get(trunk);
        let fork = Rc::clone(fork);
        let leaves: Vec<u32> = fork.leaves(hop).iter().map(|&member| leaves[member as usize]).collect();
        for &(link, next) in fork.links(hop) {
            let passage = self.network.cross_link(link, self.now, tail, (from, to));
            let tail = passage.end + passage.latency;
            let copy = self.packets.add(Packet { transfer, from, to, hop: next, tail });
            self.transfers.get_mut(transfer).packets_left += 1;
            self.push(passage.start + passage.latency, Event::PacketAtHop { packet: copy });
        }
        for leaf in leaves {
            let hop = self.transfers.get(leaf).path.route.hops;
            let copy = self.packets.add(Packet { transfer: leaf, from, to, hop, tail });
            self.packet_at_hop(copy);
        }
        if self.packet_gone(packet) {
            self.collectives.trunks.free(trunk);
        }
    }

    /// Of a member of a reduction in the fabric: what its message is part of, and where it joins.
    pub fn member(&mut self, message: Message) -> Option<(u32, u32)> {
        let (tree, place) = self.collectives.trees.place(message)?;
        if !self.collectives.merges.contains_key(&tree) {
            let messages = self.collectives.trees.list[tree as usize].messages.clone();
            let (meet, total) = (self.meet(&messages), self.tree_bytes(tree));
            let path = self.rings[message.ring.index()].path;
            let mut transfer = Transfer::new(Purpose::Reduced { tree }, path, total, self.now);
            transfer.packets_left = total.div_ceil(self.packet_bytes).max(1) as u32;
            let transfer = self.transfers.add(transfer);
            self.collectives.merges.insert(tree, Merge { meet, transfer, waiting: BTreeMap::new() });
        }
        let merge = &self.collectives.merges[&tree];
        let joins = merge.meet.joins(place as usize);
        let whole = self.transfers.get_mut(merge.transfer);
        whole.begun = whole.begun.max(self.now);
        Some((tree, joins))
    }

    /// A packet of a reduction is at a router. When it is the last of those that meet there they become one, which
    /// goes on when it is added; until then it waits.
    pub fn meet_packet(&mut self, packet: u32, tree: u32, place: u32) {
        let Packet { from, to, tail, .. } = *self.packets.get(packet);
        let merge = self.collectives.merges.get_mut(&tree).expect("its reduction is under way");
        let (transfer, inputs) = (merge.transfer, merge.meet.inputs(place));
        let (seen, latest) = merge.waiting.remove(&(place, from)).unwrap_or((0, SimTime::ZERO));
        let (seen, tail) = (seen + 1, latest.max(tail));
        let own = self.packets.get(packet).transfer;
        if own == transfer {
            self.packets.free(packet);
        } else {
            self.packet_gone(packet);
        }
        if seen < inputs {
            let merge = self.collectives.merges.get_mut(&tree).expect("it was just there");
            merge.waiting.insert((place, from), (seen, tail));
            return;
        }
        let merge = &self.collectives.merges[&tree];
        // The root adds its own tile where the stream leaves the mesh.
        let adds = inputs > 1 || merge.meet.out(place).is_none();
        let add = if adds { self.collectives.add } else { Span::ZERO };
        let packet = self.packets.add(Packet { transfer, from, to, hop: place, tail: tail + add });
        self.push(self.now + add, Event::PacketAdded { packet });
    }

    /// A packet that several have become goes on to the next router, or to the root.
    pub fn packet_added(&mut self, packet: u32) {
        let Packet { transfer, from, to, hop: place, tail } = *self.packets.get(packet);
        let Transfer { purpose, path, .. } = *self.transfers.get(transfer);
        let Purpose::Reduced { tree } = purpose else { unreachable!("only reductions add") };
        let merge = &self.collectives.merges[&tree];
        let Some((link, next)) = merge.meet.out(place) else {
            let arrival = self.leave_mesh(path, tail, (from, to), true);
            return self.packet_done(packet, arrival);
        };
        let passage = self.network.cross_link(link, self.now, tail, (from, to));
        let state = self.packets.get_mut(packet);
        (state.hop, state.tail) = (next, passage.end + passage.latency);
        self.push(passage.start + passage.latency, Event::PacketAtHop { packet });
    }

    /// The sum is whole at the root: all messages of the reduction are there.
    pub fn reduced(&mut self, tree: u32) {
        self.collectives.merges.remove(&tree);
        let messages = self.collectives.trees.list[tree as usize].messages.clone();
        for message in &messages {
            self.message_arrives(message.ring.0, message.number);
        }
    }

    /// Frees a packet, and its transfer when it was the last; whether it was.
    fn packet_gone(&mut self, packet: u32) -> bool {
        let transfer = self.packets.get(packet).transfer;
        self.packets.free(packet);
        let moving = self.transfers.get_mut(transfer);
        moving.packets_left -= 1;
        let last = moving.packets_left == 0;
        if last {
            self.transfers.free(transfer);
        }
        last
    }

    fn tree_bytes(&self, tree: u32) -> u64 {
        let (rank, op) = self.collectives.trees.list[tree as usize].op;
        self.sent_view(rank.0, op.0).bytes()
    }

    fn fork(&mut self, messages: &[Message]) -> Rc<Fork> {
        let rings: Vec<u32> = messages.iter().map(|message| message.ring.0).collect();
        if let Some(fork) = self.collectives.forks.get(&rings) {
            return Rc::clone(fork);
        }
        let fork = Rc::new(Fork::of(self.routes(&rings).into_iter().map(|(_, links)| links)));
        self.collectives.forks.insert(rings, Rc::clone(&fork));
        fork
    }

    fn meet(&mut self, messages: &[Message]) -> Rc<Meet> {
        let rings: Vec<u32> = messages.iter().map(|message| message.ring.0).collect();
        if let Some(meet) = self.collectives.meets.get(&rings) {
            return Rc::clone(meet);
        }
        let meet = Rc::new(Meet::of(&self.machine.mesh(), self.routes(&rings)));
        self.collectives.meets.insert(rings, Rc::clone(&meet));
        meet
    }

    /// By ring: where its route begins, and its links.
    fn routes(&self, rings: &[u32]) -> Vec<(PeId, Vec<LinkId>)> {
        let route = |&ring: &u32| {
            let path = self.rings[ring as usize].path;
            (path.from, self.network.links_of(path.route).to_vec())
        };
        rings.iter().map(route).collect()
    }
}
