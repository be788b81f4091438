//! Rings with and without credits: messages that meet in a slot.

use diagnostic::Code::{self, RaceWar, RaceWaw};
use machine::Sync;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Tl};
use program::{DType, Program, Rank, RingId};

use super::ranks::released_unreceived;
use super::{F32, SHAPE, kinds, record};
use crate::Options;

/// An interlocked release waits for its asynchronous receive; a send to oneself waits for a credit of a later op.
#[test]
fn a_credit_says_that_the_message_before_has_arrived() {
    let asynchronous = record(2, |tl, own| released_unreceived(tl, own, false));
    assert_eq!(kinds(&asynchronous, Sync::Interlocked, Options::default()), []);
    let mut recording = Recording::new("self", 1);
    let (producer, consumer) = (Rank(0), Rank(0));
    let (queue, n_slots, slot_bytes, place, flow) = (0, 1, 128, SlotPlace::Tcm, Flow::Credit);
    let ring = recording.ring(Ring { producer, consumer, queue, n_slots, slot_bytes, place, flow });
    let to_itself = recording.record(|tl| {
        let (sent, kept) = (tl.full(SHAPE, F32, 1.0), tl.tile(SHAPE, F32));
        tl.wait(&[sent.handle()]);
        tl.send_ring(ring, sent);
        tl.send_ring(ring, sent);
        for _ in 0..2 {
            tl.recv_into_ring(ring, kept);
        }
    });
    assert_eq!(kinds(&to_itself.expect("a program"), Sync::Explicit, Options::default()), []);
}

/// One slot and no credits: the second message may overwrite the first while it is read.
#[test]
fn a_ring_without_credits_races_with_its_readers() {
    for (flow, expected) in [(Flow::None, &[RaceWar][..]), (Flow::Credit, &[])] {
        let mut recording = Recording::new("flow", 2);
        let y = recording.output("y", SHAPE, F32);
        let y = recording.output_share(y, 1, [0, 0], SHAPE);
        let (producer, consumer, place) = (Rank(0), Rank(1), SlotPlace::Tcm);
        let ring =
            recording.ring(Ring { producer, consumer, queue: 0, n_slots: 1, slot_bytes: 128, place, flow });
        let program = recording.record(|tl| {
            if tl.rank() == 0 {
                let tile = tl.full(SHAPE, DType::F32, 1.0);
                tl.wait(&[tile.handle()]);
                tl.send_ring(ring, tile);
                tl.send_ring(ring, tile);
                return;
            }
            for _ in 0..2 {
                let got = tl.recv_ring(ring, SHAPE, F32);
                let y = tl.tensor(y);
                let stored = tl.store(got, y);
                tl.wait(&[stored]);
                tl.release(got);
            }
        });
        let program = program.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(kinds(&program, Sync::Explicit, Options::default()), expected, "{flow:?}");
    }
}

/// A message without credits may arrive at any time after its send, and before those that were sent before it.
#[test]
fn messages_of_a_ring_without_credits_meet_in_a_slot() {
    type Kernel = fn(&mut Tl, [RingId; 2], bool);
    let cases: [(&str, u32, Kernel, &[Code]); 2] = [
        ("it is forwarded on the queue of the next one", 1, forwarded_behind_the_next, &[RaceWar]),
        ("the next one is shorter than what is read", 2, shorter_than_what_is_read, &[RaceWaw]),
    ];
    for (name, n_ranks, kernel, expected) in cases {
        for (repaired, expected) in [(false, expected), (true, &[])] {
            let program = between_ends(n_ranks, |tl, rings| kernel(tl, rings, repaired));
            assert_eq!(kinds(&program, Sync::Explicit, Options::default()), expected, "{name}, {repaired}");
        }
    }
}

/// The first and the last rank with two rings between them, of a slot each and without credits.
fn between_ends(n_ranks: u32, kernel: impl Fn(&mut Tl, [RingId; 2])) -> Program {
    let mut recording = Recording::new("flow", n_ranks);
    let rings = [0, 1].map(|queue| {
        let (producer, consumer, n_slots, slot_bytes) = (Rank(0), Rank(n_ranks - 1), 1, 128);
        let (place, flow) = (SlotPlace::Tcm, Flow::None);
        recording.ring(Ring { producer, consumer, queue, n_slots, slot_bytes, place, flow })
    });
    recording.record(|tl| kernel(tl, rings)).unwrap_or_else(|error| panic!("{error}"))
}

fn forwarded_behind_the_next(tl: &mut Tl, [ring, other]: [RingId; 2], repaired: bool) {
    let (x, kept) = (tl.full(SHAPE, F32, 1.0), tl.tile(SHAPE, F32));
    tl.wait(&[x.handle()]);
    tl.send_ring(ring, x);
    let got = tl.recv_ring(ring, SHAPE, F32);
    if !repaired {
        tl.send_ring(ring, x);
    }
    let forwarded = tl.forward_ring(other, got);
    tl.wait(&[forwarded]);
    tl.release(got);
    if repaired {
        tl.send_ring(ring, x);
    }
    for ring in [other, ring] {
        let copied = tl.recv_into_ring(ring, kept);
        tl.wait(&[copied]);
    }
}

/// The reader and the next message touch different bytes of the slot; the two messages do not.
fn shorter_than_what_is_read(tl: &mut Tl, [ring, _]: [RingId; 2], repaired: bool) {
    let free = tl.semaphore();
    if tl.rank() == 0 {
        let x = tl.full(SHAPE, F32, 1.0);
        tl.wait(&[x.handle()]);
        tl.send_ring(ring, x);
        if repaired {
            tl.wait_ge(free, 1);
        }
        tl.send_ring(ring, x.slice(0, 0, 2));
        return;
    }
    let got = tl.recv_ring(ring, SHAPE, F32);
    let sum = tl.add(got.slice(0, 2, 2), 1.0);
    if repaired {
        tl.signal(free, 0, 1, &[sum.handle()]);
    }
    tl.wait(&[sum.handle()]);
    tl.release(got);
    let kept = tl.tile([2, 8], F32);
    tl.recv_into_ring(ring, kept);
}
