//! One transfer on an otherwise idle machine.

use machine::{MachineSpec, Span};
use program::program::{Flow, Ring, SlotPlace};
use program::tl::Recording;
use program::{DType, Rank};

use crate::{Bench, BenchError};

/// Times of one message.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// From the start of the send until the last byte is in its slot.
    pub filled: Span,
    /// From the release until the producer has its credit.
    pub credit: Span,
}

/// A ring for whole messages between two ranks.
pub fn ring(producer: u32, consumer: u32, n_slots: u32, slot_bytes: u64) -> Ring {
    Ring {
        producer: Rank(producer),
        consumer: Rank(consumer),
        queue: 0,
        n_slots,
        slot_bytes,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    }
}

/// Sends `bytes` from one rank to another.
///
/// # Errors
/// As [`Bench::run`].
pub fn message(
    bench: &Bench,
    spec: &MachineSpec,
    (from, to): (u32, u32),
    bytes: u32,
) -> Result<Moved, BenchError> {
    let mut recording = Recording::new("message", from.max(to) + 1);
    let ring = recording.ring(ring(from, to, 1, u64::from(bytes)));
    let run = bench.run(spec, recording, |tl| {
        if tl.rank() == from {
            let tile = tl.tile([bytes], DType::U8);
            tl.send_ring(ring, tile);
        } else if tl.rank() == to {
            let tile = tl.recv_ring(ring, [bytes], DType::U8);
            tl.release(tile);
        }
    })?;
    let times = run.log.messages[0][0];
    let (sent, (released, _)) = (run.op(from, "send", 0).0, run.op(to, "release", 0));
    Ok(Moved {
        filled: times.filled - sent,
        credit: times.credit.expect("the message is released") - released,
    })
}

/// Loads `bytes` from the HBM of rank `at` to rank `from`, or stores them there, and gives what the op took.
///
/// # Errors
/// As [`Bench::run`].
pub fn moved(
    bench: &Bench,
    spec: &MachineSpec,
    kind: &str,
    (from, at): (u32, u32),
    bytes: u32,
) -> Result<Span, BenchError> {
    let mut recording = Recording::new("move", from.max(at) + 1);
    let load = kind == "load";
    let tensor = if load {
        let host = recording.input("x", [bytes], DType::U8);
        recording.input_share(host, at, [0], [bytes])
    } else {
        let host = recording.output("y", [bytes], DType::U8);
        recording.output_share(host, at, [0], [bytes])
    };
    let run = bench.run(spec, recording, |tl| {
        if tl.rank() == from && load {
            tl.load(tl.tensor(tensor));
        } else if tl.rank() == from {
            let tile = tl.tile([bytes], DType::U8);
            tl.store(tile, tl.tensor(tensor));
        }
    })?;
    Ok(run.took(from, kind, 0))
}
