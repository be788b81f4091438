//! Messages between ranks. A message is identified by its ring and its number on that ring; both ends count,
//! and the number is bound when the op is recorded.

use std::panic::Location;

use crate::dtype::DType;
use crate::op::{Op, RecvOp, SendOp, SyncOp};
use crate::tl::error::Fault;
use crate::tl::links::Direction;
use crate::tl::order::ops;
use crate::tl::recorder::{At, Tl};
use crate::tl::tile::{Handle, Tile, TileOf, asked, dims};
use crate::view::{Base, Message, RingId, ViewId};

impl Tl {
    /// Sends a tile to the neighbour on that side.
    #[track_caller]
    pub fn send(&mut self, to: Direction, tile: Tile) -> Handle {
        let ring = self.ring_to(to, Location::caller());
        self.send_op(ring, tile, Location::caller(), |message, from| Op::Send(SendOp::Send { message, from }))
    }
    /// Sends a received message on, straight from its slot.
    #[track_caller]
    pub fn forward(&mut self, to: Direction, tile: Tile) -> Handle {
        let ring = self.ring_to(to, Location::caller());
        self.send_op(ring, tile, Location::caller(), |message, from| {
            Op::Send(SendOp::Forward { message, from })
        })
    }
    /// Waits for the next message from that side and reads it in place, until [`Tl::release`].
    #[track_caller]
    pub fn recv(&mut self, from: Direction, shape: impl AsRef<[u32]>, dtype: DType) -> Tile {
        let ring = self.ring_from(from, Location::caller());
        self.recv_op(ring, shape.as_ref(), dtype, Location::caller(), |message, view| {
            Op::Recv(RecvOp::Recv { message, view })
        })
    }
    /// Like [`Tl::recv`], but the handle must be waited for before the tile is read.
    #[track_caller]
    pub fn recv_async(&mut self, from: Direction, shape: impl AsRef<[u32]>, dtype: DType) -> (Tile, Handle) {
        let ring = self.ring_from(from, Location::caller());
        let async_op = |message, view| Op::Recv(RecvOp::RecvAsync { message, view });
        let tile = self.recv_op(ring, shape.as_ref(), dtype, Location::caller(), async_op);
        (tile, tile.handle())
    }
    /// Waits for the next message from that side and copies it; its slot is free when the copy is done.
    #[track_caller]
    pub fn recv_into(&mut self, from: Direction, to: Tile) -> Handle {
        let ring = self.ring_from(from, Location::caller());
        self.recv_copy(ring, to, Location::caller())
    }

    /// [`Tl::send`] on a ring of its own.
    #[track_caller]
    pub fn send_ring(&mut self, ring: RingId, tile: Tile) -> Handle {
        let ring = self.produced(ring, Location::caller());
        self.send_op(ring, tile, Location::caller(), |message, from| Op::Send(SendOp::Send { message, from }))
    }
    /// [`Tl::forward`] on a ring of its own.
    #[track_caller]
    pub fn forward_ring(&mut self, ring: RingId, tile: Tile) -> Handle {
        let ring = self.produced(ring, Location::caller());
        self.send_op(ring, tile, Location::caller(), |message, from| {
            Op::Send(SendOp::Forward { message, from })
        })
    }
    /// [`Tl::recv`] on a ring of its own.
    #[track_caller]
    pub fn recv_ring(&mut self, ring: RingId, shape: impl AsRef<[u32]>, dtype: DType) -> Tile {
        let ring = self.consumed(ring, Location::caller());
        self.recv_op(ring, shape.as_ref(), dtype, Location::caller(), |message, view| {
            Op::Recv(RecvOp::Recv { message, view })
        })
    }
    /// [`Tl::recv_async`] on a ring of its own.
    #[track_caller]
    pub fn recv_async_ring(
        &mut self,
        ring: RingId,
        shape: impl AsRef<[u32]>,
        dtype: DType,
    ) -> (Tile, Handle) {
        let ring = self.consumed(ring, Location::caller());
        let async_op = |message, view| Op::Recv(RecvOp::RecvAsync { message, view });
        let tile = self.recv_op(ring, shape.as_ref(), dtype, Location::caller(), async_op);
        (tile, tile.handle())
    }
    /// [`Tl::recv_into`] on a ring of its own.
    #[track_caller]
    pub fn recv_into_ring(&mut self, ring: RingId, to: Tile) -> Handle {
        let ring = self.consumed(ring, Location::caller());
        self.recv_copy(ring, to, Location::caller())
    }

    /// Releases the slot of a received message.
    #[track_caller]
    pub fn release(&mut self, tile: Tile) -> Handle {
        self.release_op(tile, &[], Location::caller())
    }
    /// Releases the slot once these ops are done; does not hold the sequencer.
    #[track_caller]
    pub fn release_after(&mut self, tile: Tile, handles: &[Handle]) -> Handle {
        self.release_op(tile, handles, Location::caller())
    }

    fn release_op(&mut self, tile: Tile, after: &[Handle], at: At) -> Handle {
        self.catch(tile.fault);
        match tile.view.base {
            Base::Message(message) => self.push(Op::Sync(SyncOp::Release { message, after: ops(after) }), at),
            Base::Buffer(_) | Base::Tensor(_) => {
                self.fail(
                    at,
                    "release of a tile that is not a message".to_owned(),
                    "release what `recv` returned",
                );
                Handle::default()
            }
        }
    }

    fn send_op(&mut self, ring: Option<RingId>, tile: Tile, at: At, op: fn(Message, ViewId) -> Op) -> Handle {
        self.catch(tile.fault);
        let Some(ring) = ring else { return Handle::default() };
        let message = self.next_sent(ring);
        let from = self.id(tile);
        self.push(op(message, from), at)
    }
    fn recv_op(
        &mut self,
        ring: Option<RingId>,
        shape: &[u32],
        dtype: DType,
        at: At,
        op: fn(Message, ViewId) -> Op,
    ) -> Tile {
        let checked = dims(shape);
        self.catch(checked.err().map(|wrong| Fault { wrong, at }));
        let message = self.next_message(ring);
        let tile: Tile = TileOf::whole(Base::Message(message), checked.unwrap_or(asked(shape)), dtype, None);
        let view = self.id(tile);
        let handle = self.push(op(message, view), at);
        tile.made_by(handle)
    }
    fn recv_copy(&mut self, ring: Option<RingId>, to: Tile, at: At) -> Handle {
        self.catch(to.fault);
        let message = self.next_message(ring);
        let whole: Tile = TileOf::whole(Base::Message(message), to.shape(), to.dtype(), None);
        let (view, to) = (self.id(whole), self.id(to));
        self.push(Op::Recv(RecvOp::RecvCopy { message, view, to }), at)
    }
    pub(super) fn next_sent(&mut self, ring: RingId) -> Message {
        self.sent[ring.index()] += 1;
        Message { ring, number: self.sent[ring.index()] - 1 }
    }
    /// A ring that is missing has been reported; the recording will not be used.
    pub(super) fn next_message(&mut self, ring: Option<RingId>) -> Message {
        let Some(ring) = ring else { return Message { ring: RingId(0), number: 0 } };
        self.received[ring.index()] += 1;
        Message { ring, number: self.received[ring.index()] - 1 }
    }

    fn ring_to(&mut self, side: Direction, at: At) -> Option<RingId> {
        let ring = self.context.links.as_ref().and_then(|links| links.to(self.rank, side));
        self.or_no_neighbour(ring, side, at)
    }
    fn ring_from(&mut self, side: Direction, at: At) -> Option<RingId> {
        let ring = self.context.links.as_ref().and_then(|links| links.from(self.rank, side));
        self.or_no_neighbour(ring, side, at)
    }
    fn or_no_neighbour(&mut self, ring: Option<RingId>, side: Direction, at: At) -> Option<RingId> {
        if self.context.links.is_none() {
            self.fail(at, "no links are declared".to_owned(), "declare them with `Recording::links`");
        } else if ring.is_none() {
            let message =
                format!("rank {} of {} has no {} neighbour", self.rank, self.num_ranks(), side.name());
            self.fail(at, message, "ask `neighbour` first");
        }
        ring
    }
    pub(super) fn produced(&mut self, ring: RingId, at: At) -> Option<RingId> {
        let producer = self.context.program.rings.get(ring.index()).map(|ring| ring.producer);
        if producer != Some(self.rank_id()) {
            self.fail(
                at,
                format!("rank {} does not produce {ring}", self.rank),
                "send on a ring of this rank",
            );
            return None;
        }
        Some(ring)
    }
    pub(super) fn consumed(&mut self, ring: RingId, at: At) -> Option<RingId> {
        let consumer = self.context.program.rings.get(ring.index()).map(|ring| ring.consumer);
        if consumer != Some(self.rank_id()) {
            self.fail(
                at,
                format!("rank {} does not consume {ring}", self.rank),
                "receive on a ring to this rank",
            );
            return None;
        }
        Some(ring)
    }
}
