//! Random traffic on rings: sends, forwards, multicasts, receives of every kind, reductions, and releases out of order.

use program::op::{ReduceFn, Reduction};
use program::program::{Flow, SlotPlace};
use program::{Base, DType, Dims, Message, OpIndex, Rank, RecvOp, RingId, SendOp, SyncOp, View};

use super::draft::{Draft, Past, Sent, State};
use super::tables::any_dtype;

impl Draft<'_> {
    pub fn ring_step(&mut self) {
        let ring = self.below(self.program.rings.len());
        match self.random.below(14) {
            0..4 => self.send(ring),
            4..8 => self.receive(ring),
            8..10 => self.release_one(ring),
            10 => self.forward(ring),
            11 => self.multicast(ring),
            12 => self.reduce_messages(ring),
            _ => self.compute(self.program.rings[ring].consumer),
        }
    }

    /// A shape and dtype that fit the slots of a ring.
    fn tile_for(&mut self, slot_bytes: u64) -> (Dims, DType) {
        let dtype = any_dtype(&mut self.random);
        (self.shape((slot_bytes / dtype.size()).min(16)), dtype)
    }

    /// The number of the next message of a ring, once its slot is free.
    fn next(&mut self, ring: usize) -> Message {
        let it = self.program.rings[ring].clone();
        let message = Message { ring: RingId(ring as u32), number: self.sent[ring].len() as u32 };
        if let Some(before) = it.before_in_slot(message)
            && self.percent(if it.flow == Flow::Credit { 96 } else { 60 })
        {
            self.free(ring, before.number as usize);
            if it.flow == Flow::None && it.producer != it.consumer && self.careful() {
                self.hand_over(it.consumer, it.producer);
            }
        }
        message
    }

    /// Receives and releases a message that still takes its slot.
    fn free(&mut self, ring: usize, number: usize) {
        if self.sent[ring][number].state == State::Sent {
            self.receive_number(ring, number);
        }
        if self.sent[ring][number].state == State::Held {
            self.release(ring, number);
        }
    }

    fn sends(&mut self, message: Message, view: View) {
        let view = View::packed(Base::Message(message), view.shape, view.dtype);
        self.sent[message.ring.index()].push(Sent { message, view, state: State::Sent });
    }

    fn send(&mut self, ring: usize) {
        let message = self.next(ring);
        let (shape, dtype) = self.tile_for(self.program.rings[ring].slot_bytes);
        self.send_as(message, shape, dtype);
    }
    fn send_as(&mut self, message: Message, shape: Dims, dtype: DType) {
        let producer = self.program.rings[message.ring.index()].producer;
        let from = self.buffer_view(producer, shape, dtype, false);
        self.push(producer, SendOp::Send { message, from });
        self.sends(message, self.program.rank(producer).views[from.index()]);
    }

    /// Any message that a rank holds goes on over a ring that it produces.
    fn forward(&mut self, ring: usize) {
        let rank = self.program.rings[ring].producer;
        let held = |sent: &&Sent| {
            sent.state == State::Held && self.program.rings[sent.message.ring.index()].consumer == rank
        };
        let held: Vec<Sent> = self.sent.iter().flatten().filter(held).cloned().collect();
        if held.is_empty() {
            return self.receive(ring);
        }
        let held = &held[self.below(held.len())];
        let message = self.next(ring);
        // Room for the message may have been made by releasing the one that was to go on.
        if self.sent[held.message.ring.index()][held.message.number as usize].state != State::Held {
            return;
        }
        let (shape, dtype) = self.tile_for(self.program.rings[ring].slot_bytes);
        let base = Base::Message(held.message);
        let Some(view) = self.view_of(base, held.view.bytes(), shape, dtype, false) else { return };
        let from = self.view(rank, view);
        self.push(rank, SendOp::Forward { message, from });
        self.sends(message, view);
    }

    fn multicast(&mut self, ring: usize) {
        let producer = self.program.rings[ring].producer;
        let rings: Vec<usize> = (0..self.program.rings.len())
            .filter(|&other| self.program.rings[other].producer == producer)
            .filter(|&other| other == ring || self.random.below(4) > 0)
            .collect();
        let least =
            rings.iter().map(|&ring| self.program.rings[ring].slot_bytes).min().expect("one at least");
        let messages: Vec<Message> = rings.iter().map(|&ring| self.next(ring)).collect();
        let (shape, dtype) = self.tile_for(least);
        let from = self.buffer_view(producer, shape, dtype, false);
        self.push(producer, SendOp::Multicast { messages: messages.clone().into(), from });
        let view = self.program.rank(producer).views[from.index()];
        messages.into_iter().for_each(|message| self.sends(message, view));
    }

    fn receive(&mut self, ring: usize) {
        let waiting: Vec<usize> =
            (0..self.sent[ring].len()).filter(|&at| self.sent[ring][at].state == State::Sent).collect();
        if waiting.is_empty() {
            return self.send(ring);
        }
        let at = if self.percent(8) { self.below(waiting.len()) } else { 0 };
        self.receive_number(ring, waiting[at]);
    }

    fn receive_number(&mut self, ring: usize, number: usize) {
        let (rank, place) = (self.program.rings[ring].consumer, self.program.rings[ring].place);
        let Sent { message, view: whole, .. } = self.sent[ring][number];
        let view = self.view(rank, whole);
        let way = if place == SlotPlace::Tcm { self.below(10) } else { 3 + self.below(7) };
        let state = match way {
            0..4 => {
                self.append(rank, RecvOp::Recv { message, view });
                State::Held
            }
            4..7 if place == SlotPlace::Tcm => {
                let op = self.append(rank, RecvOp::RecvAsync { message, view });
                let (base, known) = (Base::Message(message), Vec::new());
                self.past.push(Past { rank, op, base, writes: true, buffer: None, known });
                State::Held
            }
            _ => {
                let to = self.target(rank, whole.shape, whole.dtype);
                self.push(rank, RecvOp::RecvCopy { message, view, to });
                State::Released
            }
        };
        self.sent[ring][number].state = state;
    }

    fn release_one(&mut self, ring: usize) {
        let held: Vec<usize> =
            (0..self.sent[ring].len()).filter(|&at| self.sent[ring][at].state == State::Held).collect();
        if held.is_empty() {
            return self.receive(ring);
        }
        let at = self.below(held.len());
        self.release(ring, held[at]);
    }

    fn release(&mut self, ring: usize, number: usize) {
        let (rank, message) = (self.program.rings[ring].consumer, self.sent[ring][number].message);
        let uses = |past: &&Past| past.rank == rank && past.base == Base::Message(message);
        let mut after: Vec<OpIndex> = self.past.iter().filter(uses).map(|past| past.op).collect();
        after.sort_unstable();
        after.dedup();
        after.retain(|_| self.random.below(100) < self.care);
        self.append(rank, SyncOp::Release { message, after: after.into() });
        self.sent[ring][number].state = State::Released;
    }

    /// Every member sends a tile of one shape, and the root folds them.
    fn reduce_messages(&mut self, ring: usize) {
        let (root, place) = (self.program.rings[ring].consumer, SlotPlace::Tcm);
        let rings: Vec<usize> = (0..self.program.rings.len())
            .filter(|&other| {
                let it = &self.program.rings[other];
                it.consumer == root && it.place == place && (other == ring || self.random.below(4) > 0)
            })
            .collect();
        if rings.is_empty() {
            return self.send(ring);
        }
        let least =
            rings.iter().map(|&ring| self.program.rings[ring].slot_bytes).min().expect("one at least");
        let (shape, dtype) = self.tile_for(least);
        for &ring in &rings {
            (0..self.sent[ring].len()).for_each(|number| self.free(ring, number));
            let message = self.next(ring);
            self.send_as(message, shape, dtype);
        }
        self.fold(root, &rings, shape, dtype);
    }

    fn fold(&mut self, root: Rank, rings: &[usize], shape: Dims, dtype: DType) {
        let last: Vec<Sent> =
            rings.iter().map(|&ring| self.sent[ring].last().expect("just sent").clone()).collect();
        let views = last.iter().map(|sent| self.view(root, sent.view)).collect();
        let f = self.pick(&ReduceFn::ALL.into_iter().filter(|f| f.of_two().is_some()).collect::<Vec<_>>());
        let acc = if dtype.is_float() { DType::F32 } else { DType::I32 };
        let (x, to) = (self.source(root, shape, dtype), self.target(root, shape, dtype));
        let messages = last.iter().map(|sent| sent.message).collect();
        let reduction = Box::new(Reduction { f, acc, messages, views, x, to });
        self.push(root, RecvOp::RecvReduce { reduction });
        for &ring in rings {
            self.sent[ring].last_mut().expect("just sent").state = State::Released;
        }
    }

    /// Receives what is on its way, and mostly releases what is held.
    pub fn drain(&mut self) {
        for ring in 0..self.sent.len() {
            for number in 0..self.sent[ring].len() {
                if self.sent[ring][number].state == State::Sent {
                    self.receive_number(ring, number);
                }
                if self.sent[ring][number].state == State::Held && self.percent(92) {
                    self.release(ring, number);
                }
            }
        }
    }
}
