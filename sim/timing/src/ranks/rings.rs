//! Rings: which messages have arrived, which slots are free, and the credits that travel back.

use std::collections::BTreeMap;

use machine::{SimTime, Span, Traffic};
use oplog::MessageTimes;
use program::Message;
use program::program::Flow;

use crate::run::Run;
use crate::transport::Transport;

/// Stands for the time at which a message is in its slot, while that is not known.
const UNFILLED: SimTime = SimTime::from_fs(u64::MAX);

#[derive(Debug)]
pub struct Rings {
    rings: Vec<Ring>,
    /// By ring, then number.
    messages: Vec<Vec<MessageTimes>>,
}

#[derive(Debug)]
struct Ring {
    producer: u32,
    consumer: u32,
    n_slots: u32,
    flow: Flow,
    /// From a slot's release to the producer's knowing.
    credit: Span,
    /// Receives that did not hold the sequencer and whose message has not arrived: number to op.
    awaited: BTreeMap<u32, u32>,
}

impl Rings {
    pub fn of(run: &Run, transport: &Transport) -> Rings {
        let spec = run.spec();
        let release = spec.clock.pe_fs.span(spec.ipcq.release_cycles);
        let rings = run.program().rings.iter().map(|ring| {
            let (producer, consumer) = (ring.producer.0, ring.consumer.0);
            let back = transport.latency(Traffic::Message, run.pe(consumer), run.pe(producer));
            Ring {
                producer,
                consumer,
                n_slots: ring.n_slots,
                flow: ring.flow,
                credit: release + back,
                awaited: BTreeMap::new(),
            }
        });
        let unfilled = MessageTimes { filled: UNFILLED, credit: None };
        let messages = run.lowering.sent.iter().map(|&sent| vec![unfilled; sent as usize]);
        Rings { rings: rings.collect(), messages: messages.collect() }
    }

    /// When a message is in its slot, now or later; `None` while that is not known.
    pub fn filled_at(&self, Message { ring, number }: Message) -> Option<SimTime> {
        let filled = self.messages[ring.index()].get(number as usize)?.filled;
        Some(filled).filter(|&filled| filled != UNFILLED)
    }

    /// The message whose credit frees the slot that a message fills; `None` when the slot was never used or nobody asks.
    pub fn frees(&self, message: Message) -> Option<Message> {
        let ring = &self.rings[message.ring.index()];
        match ring.flow {
            Flow::None => None,
            Flow::Credit => self.before_in_slot(message),
        }
    }

    /// When the credit of a message is back at its producer, now or later; `None` while that is not known.
    pub fn credit_of(&self, Message { ring, number }: Message) -> Option<SimTime> {
        self.messages[ring.index()][number as usize].credit
    }

    /// The message before in the slot that a message fills.
    pub fn before_in_slot(&self, message: Message) -> Option<Message> {
        let n_slots = self.rings[message.ring.index()].n_slots;
        Some(Message { number: message.number.checked_sub(n_slots)?, ..message })
    }

    /// A receive that does not hold the sequencer waits for its message.
    pub fn wait(&mut self, message: Message, op: u32) {
        self.rings[message.ring.index()].awaited.insert(message.number, op);
    }

    /// A message is in its slot at `at`: its consumer, and the receive that waits for it without holding the sequencer.
    pub fn fill(&mut self, Message { ring, number }: Message, at: SimTime) -> (u32, Option<u32>) {
        self.messages[ring.index()][number as usize].filled = at;
        let ring = &mut self.rings[ring.index()];
        (ring.consumer, ring.awaited.remove(&number))
    }

    /// A slot is free at `at`: the producer, and when it has the credit.
    pub fn return_credit(&mut self, Message { ring, number }: Message, at: SimTime) -> (u32, SimTime) {
        let of = &self.rings[ring.index()];
        let back = at + of.credit;
        self.messages[ring.index()][number as usize].credit = Some(back);
        (of.producer, back)
    }

    /// The times of every message, for the log.
    pub fn into_messages(self) -> Vec<Vec<MessageTimes>> {
        self.messages
    }
}
