//! Rings: when each message was sent, arrived, was given back, and when its credit was home.

use oplog::OpLog;
use program::program::{Flow, SlotPlace};
use program::{Message, OpIndex, Rank};
use serde::Serialize;

use crate::column::Column;
use crate::ticks::Ticks;

#[derive(Debug, Default, Serialize)]
pub struct Rings {
    rings: Vec<Ring>,
    /// Of all messages, ring after ring. Ops are those that send, receive and give back; there may be none.
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

/// The ops of one message.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    sender: Option<usize>,
    receiver: Option<usize>,
    releaser: Option<usize>,
    bytes: u64,
}

impl Rings {
    pub fn of(log: &OpLog, ticks: Ticks, shown: bool) -> Rings {
        let mut rings = Rings::default();
        let waited = waited(log);
        for (number, (ends, ring)) in ends(log).iter().zip(&log.program.rings).enumerate() {
            if shown {
                let times = ends.iter().zip(&log.messages[number]);
                times.for_each(|(ends, times)| rings.add(log, ticks, ends, times));
            }
            rings.rings.push(Ring {
                from: ring.producer.0,
                to: ring.consumer.0,
                queue: ring.queue,
                slots: ring.n_slots,
                slot_bytes: ring.slot_bytes,
                place: place(ring.place),
                credits: ring.flow == Flow::Credit,
                messages: ends.len(),
                bytes: ends.iter().map(|ends| ends.bytes).sum(),
                waited: waited[number] / ticks.fs,
            });
        }
        rings
    }

    fn add(&mut self, log: &OpLog, ticks: Ticks, ends: &Ends, times: &oplog::MessageTimes) {
        let op = |op: Option<usize>| op.map(|op| op as u64);
        self.sender.put_some_after(op(ends.sender));
        self.receiver.put_some_after(op(ends.receiver));
        self.releaser.put_some_after(op(ends.releaser));
        let sent = ends.sender.map_or(times.filled, |op| log.entries.start[op]);
        let released = ends.releaser.map(|op| log.entries.done[op]);
        self.sent.put_after(ticks.at(sent));
        self.filled.put(ticks.len(times.filled.since(sent)));
        // One more than the time, and 0 when it never was.
        self.released.put(released.map_or(0, |at| ticks.len(at.since(times.filled)) + 1));
        let credit = times.credit.zip(released);
        self.credit.put(credit.map_or(0, |(at, released)| ticks.len(at.since(released)) + 1));
    }
}

const fn place(place: SlotPlace) -> &'static str {
    match place {
        SlotPlace::Tcm => "TCM",
        SlotPlace::Sram => "SRAM",
        SlotPlace::Hbm => "HBM",
    }
}

/// By ring, then number.
fn ends(log: &OpLog) -> Vec<Vec<Ends>> {
    let mut all: Vec<Vec<Ends>> = log.messages.iter().map(|ring| vec![Ends::default(); ring.len()]).collect();
    for (global, (rank, index)) in log.ops().enumerate() {
        let op = log.program.op(rank, index);
        let mut each = |messages: &[Message], known: &dyn Fn(&mut Ends)| {
            for message in messages {
                all[message.ring.index()].get_mut(message.number as usize).into_iter().for_each(known);
            }
        };
        each(op.sends(), &|ends| {
            ends.sender = Some(global);
            ends.bytes = bytes(log, rank, index);
        });
        each(op.receives(), &|ends| ends.receiver = Some(global));
        each(op.frees(), &|ends| ends.releaser = Some(global));
    }
    all
}

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
