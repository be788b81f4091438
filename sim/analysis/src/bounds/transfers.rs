//! Transfers of a program: the bytes moved and their end points, which are the same in every run.

use machine::{Machine, PeId, Traffic};
use order::MessageIndex;
use program::trees::Trees;
use program::{Effect, Layout, Message, Op, OpIndex, Program, QueueOp, Rank, Space, Target, View, ViewId};

/// A program on a machine, with the places of everything.
pub struct Subject<'a> {
    pub program: &'a Program,
    pub machine: &'a Machine,
    pub placement: &'a [PeId],
    pub layout: &'a Layout,
}

/// Bytes in a memory outside the TCMs.
#[derive(Clone, Debug)]
pub struct Stored {
    pub space: Space,
    /// Address and length of each run.
    pub runs: Vec<(u64, u64)>,
    pub written: bool,
}

/// One transfer of the engine.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub bytes: u64,
    /// Purpose of the transfer: it decides the route.
    pub traffic: Traffic,
    /// The PEs at its ends, when it crosses the network: then it takes both their ports, also when they are the same.
    pub path: Option<(PeId, PeId)>,
    /// The PE that asked for it.
    pub by: PeId,
    pub stored: Vec<Stored>,
    /// The message it brings.
    pub message: Option<Message>,
    /// The fabric tree that it belongs to: shared links are crossed once.
    pub tree: Option<u32>,
}

impl Transfer {
    pub fn reads_memory(&self) -> bool {
        self.stored.iter().any(|stored| !stored.written)
    }
    pub fn writes_memory(&self) -> bool {
        self.stored.iter().any(|stored| stored.written)
    }
}

impl Subject<'_> {
    /// Visits every transfer that is over when the last op is done. A message that nobody receives may not be: it is
    /// left out.
    pub fn for_each_transfer(&self, mut visit: impl FnMut(Transfer)) {
        self.for_each_transfer_of_op(|_, _, transfer| visit(transfer));
    }

    /// The same transfers, each with the op that it belongs to.
    pub fn for_each_transfer_of_op(&self, mut visit: impl FnMut(Rank, OpIndex, Transfer)) {
        let ends = MessageIndex::of(self.program);
        let trees = Trees::of(self.program, self.machine);
        for (rank, of_rank) in self.program.ranks.iter().enumerate() {
            let rank = Rank(rank as u32);
            for (index, op) in of_rank.ops.iter().enumerate() {
                let mut visit = |transfer| visit(rank, OpIndex(index as u32), transfer);
                self.transfers(rank, op, (&ends, &trees), &mut visit);
            }
        }
    }

    fn transfers(
        &self,
        rank: Rank,
        op: &Op,
        (ends, trees): (&MessageIndex, &Trees),
        visit: &mut impl FnMut(Transfer),
    ) {
        let pe = self.placement[rank.index()];
        if let Op::Queue(QueueOp::HostCopy { from, to }) = op {
            let views = [*from, *to].map(|view| self.view(rank, view));
            let ends = views.iter().zip([false, true]);
            let stored = ends.filter_map(|(view, written)| self.stored(rank, view, written)).collect();
            let (bytes, traffic) = (views[0].bytes(), Traffic::Load);
            return visit(Transfer { bytes, traffic, path: None, by: pe, stored, message: None, tree: None });
        }
        match op.effect() {
            Effect::Move { from, to: Target::View(to) } => {
                self.moved(rank, pe, from, to).into_iter().for_each(visit);
            }
            Effect::Move { from, to: Target::Slots(messages) } => {
                let is_received = |message: &&Message| ends.receiver(**message).is_some();
                for &message in messages.iter().filter(is_received) {
                    let tree = trees.place(message).map(|(tree, _)| tree);
                    visit(Transfer { tree, ..self.sent(rank, pe, message, from) });
                }
            }
            Effect::Compute(_) | Effect::Fold(_) | Effect::Nothing => {}
        }
    }

    /// A move between a TCM and a memory: beside the PE it takes no port. What lies in two memories is read only, as
    /// the engine has it.
    fn moved(&self, rank: Rank, pe: PeId, from: ViewId, to: ViewId) -> Option<Transfer> {
        let (from, to) = (self.view(rank, from), self.view(rank, to));
        let reads = self.stored(rank, from, false);
        let (stored, reading) = match reads {
            Some(stored) => (stored, true),
            None => (self.stored(rank, to, true)?, false),
        };
        let beside = self.reached_at(stored.space);
        let (traffic, path) =
            if reading { (Traffic::Load, (beside, pe)) } else { (Traffic::Store, (pe, beside)) };
        let path = Some(path).filter(|(from, to)| from != to);
        let (bytes, stored) = (from.bytes(), vec![stored]);
        Some(Transfer { bytes, traffic, path, by: pe, stored, message: None, tree: None })
    }

    fn sent(&self, rank: Rank, pe: PeId, message: Message, from: ViewId) -> Transfer {
        let from = self.view(rank, from);
        let bytes = from.bytes();
        let reads = self.stored(rank, from, false);
        let leaves = reads.as_ref().map_or(pe, |stored| self.reached_at(stored.space));
        let ring = &self.program.rings[message.ring.index()];
        let (space, address) = self.layout.slot(self.program, message.ring, message.number % ring.n_slots);
        let (arrives, writes) = match space {
            Space::Tcm(_) => (self.placement[ring.consumer.index()], None),
            Space::Hbm(_) | Space::Sram(_) => {
                (self.reached_at(space), Some(Stored { space, runs: vec![(address, bytes)], written: true }))
            }
        };
        let stored = reads.into_iter().chain(writes).collect();
        let (traffic, path) = (Traffic::Message, Some((leaves, arrives)));
        Transfer { bytes, traffic, path, by: pe, stored, message: Some(message), tree: None }
    }

    fn view(&self, rank: Rank, view: ViewId) -> &View {
        &self.program.ranks[rank.index()].views[view.index()]
    }

    /// Where a view's bytes lie; `None` when they lie in a TCM.
    fn stored(&self, rank: Rank, view: &View, written: bool) -> Option<Stored> {
        let (space, base) = self.layout.locate(self.program, rank, view);
        match space {
            Space::Tcm(_) => None,
            Space::Hbm(_) | Space::Sram(_) => {
                let runs = view.runs().into_iter().map(|(start, length)| (base + start, length)).collect();
                Some(Stored { space, runs, written })
            }
        }
    }

    /// The PE at whose router a memory is.
    fn reached_at(&self, space: Space) -> PeId {
        match space {
            Space::Tcm(rank) => self.placement[rank.index()],
            Space::Hbm(rank) => self.machine.hbm_slice(self.placement[rank.index()]).router,
            Space::Sram(cube) => self.machine.mesh().first_pe_of_cube(cube),
        }
    }
}
