//! Multicasts and reductions over groups of ranks. The kernel says what; the machine chooses whether the fabric or
//! software does it.

use std::ops::Range;
use std::panic::Location;

use crate::dtype::DType;
use crate::op::{Op, RecvOp, ReduceFn, Reduction, SendOp};
use crate::program::{Flow, Rank, Ring, SlotPlace};
use crate::tl::recorder::{At, Tl};
use crate::tl::recording::Recording;
use crate::tl::tile::{Handle, Tile, TileOf};
use crate::tl::to::{To, default_acc};
use crate::view::{Base, Message, RingId};

/// A root, its members, and a ring between it and each of them: all lead from the root, or all to it.
#[derive(Clone, Debug)]
pub struct Group {
    pub root: u32,
    /// Ascending, without the root.
    pub members: Vec<u32>,
    /// By member.
    pub rings: Vec<RingId>,
}

/// Direction of the rings of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the root, for multicasts.
    Out,
    /// To the root, for reductions.
    In,
}

/// Common parameters of the rings of a group; their slots are in the TCM.
#[derive(Clone, Copy, Debug)]
pub struct Rings {
    /// Tells apart rings between the same two ranks.
    pub queue: u32,
    pub n_slots: u32,
    pub slot_bytes: u64,
}

impl Group {
    /// The ring between the root and a member.
    pub fn ring(&self, member: u32) -> Option<RingId> {
        self.members.binary_search(&member).ok().map(|place| self.rings[place])
    }
}

impl Recording {
    /// The ranks of a rectangle of the grid, row by row: those at `(x, y)` for x in `xs` and y in `ys`. On a grid of
    /// more than two axes, of its first plane; on one of one axis, y is 0.
    pub fn rectangle(&self, xs: Range<u32>, ys: Range<u32>) -> Vec<u32> {
        let width = self.context.grid.last().copied().unwrap_or(1);
        ys.flat_map(|y| xs.clone().map(move |x| y.saturating_mul(width).saturating_add(x))).collect()
    }
    /// The ranks of a row of the grid.
    pub fn row(&self, y: u32) -> Vec<u32> {
        self.rectangle(0..self.context.grid.last().copied().unwrap_or(1), y..y + 1)
    }
    /// The ranks of a column of the grid.
    pub fn column(&self, x: u32) -> Vec<u32> {
        let height = self.context.grid.iter().rev().nth(1).copied().unwrap_or(1);
        self.rectangle(x..x + 1, 0..height)
    }

    /// Declares a ring between a root and each other rank of a list.
    pub fn group(&mut self, root: u32, ranks: &[u32], way: Way, like: Rings) -> Group {
        let mut members: Vec<u32> = ranks.iter().copied().filter(|&rank| rank != root).collect();
        members.sort_unstable();
        members.dedup();
        let Rings { queue, n_slots, slot_bytes } = like;
        let mut ring = |&member: &u32| {
            let (producer, consumer) = match way {
                Way::Out => (Rank(root), Rank(member)),
                Way::In => (Rank(member), Rank(root)),
            };
            let (place, flow) = (SlotPlace::Tcm, Flow::Credit);
            self.ring(Ring { producer, consumer, queue, n_slots, slot_bytes, place, flow })
        };
        let rings = members.iter().map(&mut ring).collect();
        Group { root, members, rings }
    }
}

impl Tl {
    /// Sends a tile to every member of a group, as the next message of each of its rings.
    #[track_caller]
    pub fn multicast(&mut self, rings: &[RingId], tile: Tile) -> Handle {
        let at = Location::caller();
        self.catch(tile.fault);
        let messages = rings.iter().filter_map(|&ring| {
            let ring = self.produced(ring, at)?;
            Some(self.next_sent(ring))
        });
        let messages = messages.collect();
        let from = self.id(tile);
        self.push(Op::Send(SendOp::Multicast { messages, from }), at)
    }

    /// Waits for a tile of every member and adds them to `x`, in the order of the rings; accumulated in f32 (in i32
    /// for integers).
    #[track_caller]
    pub fn recv_sum(&mut self, rings: &[RingId], x: Tile) -> Tile {
        self.catch(x.fault);
        let to = self.tile(x.shape(), x.dtype());
        let handle = self.to(to).recv_sum(rings, x);
        to.made_by(handle)
    }
    /// Waits for a tile of every member and takes the largest of them and `x`, element by element.
    #[track_caller]
    pub fn recv_max(&mut self, rings: &[RingId], x: Tile) -> Tile {
        self.catch(x.fault);
        let to = self.tile(x.shape(), x.dtype());
        let handle = self.to(to).recv_max(rings, x);
        to.made_by(handle)
    }

    fn recv_reduce(
        &mut self,
        f: ReduceFn,
        acc: DType,
        rings: &[RingId],
        x: Tile,
        to: Tile,
        at: At,
    ) -> Handle {
        self.catch(x.fault);
        let messages: Vec<Message> = rings
            .iter()
            .map(|&ring| {
                let ring = self.consumed(ring, at);
                self.next_message(ring)
            })
            .collect();
        let whole = |&message: &Message| -> Tile {
            TileOf::whole(Base::Message(message), x.shape(), x.dtype(), None)
        };
        let views = messages.iter().map(|message| self.id(whole(message))).collect();
        let (x, to) = (self.id(x), self.id(to));
        let reduction = Reduction { f, acc, messages: messages.into(), views, x, to };
        self.push(Op::Recv(RecvOp::RecvReduce { reduction: Box::new(reduction) }), at)
    }
}

impl To<'_> {
    /// See [`Tl::recv_sum`].
    #[track_caller]
    pub fn recv_sum(self, rings: &[RingId], x: Tile) -> Handle {
        let acc = default_acc(x.dtype());
        self.recv_sum_as(rings, x, acc)
    }
    /// As `recv_sum`, and every step is rounded to `acc`.
    #[track_caller]
    pub fn recv_sum_as(self, rings: &[RingId], x: Tile, acc: DType) -> Handle {
        self.tl.recv_reduce(ReduceFn::Sum, acc, rings, x, self.to, Location::caller())
    }
    /// See [`Tl::recv_max`].
    #[track_caller]
    pub fn recv_max(self, rings: &[RingId], x: Tile) -> Handle {
        let acc = default_acc(x.dtype());
        self.tl.recv_reduce(ReduceFn::Max, acc, rings, x, self.to, Location::caller())
    }
}
