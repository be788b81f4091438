//! Rings: when each message was sent, arrived, was released, and when its credit returned.

use oplog::OpLog;
use order::{MessageIndex, MessageOps};
use program::program::Flow;
use program::{Message, OpIndex, Rank, RingId};
use serde::Serialize;

use crate::column::Column;
use crate::ticks::Ticks;

#[derive(Debug, Default, Serialize)]
pub struct Rings {
    rings: Vec<Ring>,
    /// Of all messages, ring after ring. Ops are those that send, receive and release; there may be none.
    sender: Column,
    receiver: Column,
    releaser: Column,
    /// The start of the send, and each after the one before: the arrival, the release, the credit.
    sent: Column,
    filled: Column,
    released: Column,
    credit: Column,
}

#[derive(Debug, Serialize)]
struct Ring {
    from: u32,
    to: u32,
    queue: u32,
    slots: u32,
    slot_bytes: u64,
    place: &'static str,
    /// Whether a send waits for a free slot.
    credits: bool,
    messages: usize,
    bytes: u64,
    /// Ticks that sends waited for a slot.
    waited: u64,
}

impl Rings {
    pub fn of(log: &OpLog, ticks: Ticks, shown: bool) -> Rings {
        let mut rings = Rings::default();
        let waited = waited(log);
        let (index, firsts) = (MessageIndex::of(&log.program), log.first_ops());
        for (number, ring) in log.program.rings.iter().enumerate() {
            let message = |number_in_ring| Message { ring: RingId(number as u32), number: number_in_ring };
            let of_ring: Vec<MessageOps> =
                (0..log.messages[number].len() as u32).map(|n| index.ops(message(n))).collect();
            if shown {
                let times = of_ring.iter().zip(&log.messages[number]);
                times.for_each(|(ends, times)| rings.add(log, ticks, ends, times));
            }
            let first = firsts[ring.producer.index()] as u32;
            let senders = of_ring.iter().filter_map(|ends| Some(OpIndex(ends.sender? - first)));
            rings.rings.push(Ring {
                from: ring.producer.0,
                to: ring.consumer.0,
                queue: ring.queue,
                slots: ring.n_slots,
                slot_bytes: ring.slot_bytes,
                place: ring.place.name(),
                credits: ring.flow == Flow::Credit,
                messages: of_ring.len(),
                bytes: senders.map(|op| bytes(log, ring.producer, op)).sum(),
                waited: waited[number] / ticks.fs,
            });
        }
        rings
    }

    fn add(&mut self, log: &OpLog, ticks: Ticks, ends: &MessageOps, times: &oplog::MessageTimes) {
        let op = |op: Option<u32>| op.map(u64::from);
        self.sender.put_some_after(op(ends.sender));
        self.receiver.put_some_after(op(ends.receiver));
        self.releaser.put_some_after(op(ends.releaser));
        let sent = ends.sender.map_or(times.filled, |op| log.entries.start[op as usize]);
        let released = ends.releaser.map(|op| log.entries.done[op as usize]);
        self.sent.put_after(ticks.at(sent));
        self.filled.put(ticks.len(times.filled.since(sent)));
        // One more than the time, and 0 when it never was.
        self.released.put(released.map_or(0, |at| ticks.len(at.since(times.filled)) + 1));
        let credit = times.credit.zip(released);
        self.credit.put(credit.map_or(0, |(at, released)| ticks.len(at.since(released)) + 1));
    }
}

/// What a send carries.
fn bytes(log: &OpLog, rank: Rank, op: OpIndex) -> u64 {
    let program = log.program.rank(rank);
    program.ops[op.index()].views().next().map_or(0, |view| program.views[view.index()].bytes())
}

/// By ring: femtoseconds that its sends waited for a free slot.
fn waited(log: &OpLog) -> Vec<u64> {
    let mut waited = vec![0; log.program.rings.len()];
    let firsts = log.first_ops();
    for stall in log.stalls.iter().filter(|stall| stall.reason == oplog::StallReason::Credit) {
        let rank = firsts.partition_point(|&first| first <= stall.op as usize) - 1;
        let op = &log.program.ranks[rank].ops[stall.op as usize - firsts[rank]];
        // A multicast waits for all of its rings: each is charged with all of it.
        for message in op.messages() {
            waited[message.ring.index()] += (stall.to - stall.from).fs();
        }
    }
    waited
}
