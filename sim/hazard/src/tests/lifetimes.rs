//! Slots that are never released, and semaphores that wait for nothing or are signalled too often.

use diagnostic::Code::{self, CreditLeak, Semaphore, SlotLeak, VacuousWait};
use machine::Sync;
use program::tl::{Direction, Tl};

use super::{F32, Own, SHAPE, kinds, record};
use crate::Options;

pub type Case = (&'static str, fn(&mut Tl, bool), &'static [Code]);

pub const CASES: &[Case] = &[
    ("one slot of two is kept", |tl, repaired| exchange(tl, 2, if repaired { 2 } else { 1 }), &[SlotLeak]),
    ("both slots are kept", |tl, repaired| exchange(tl, 2, if repaired { 2 } else { 0 }), &[CreditLeak]),
    ("a wait for 0", |tl, repaired| rounds(tl, if repaired { &[1] } else { &[0, 1] }, 1), &[VacuousWait]),
    (
        "the same wait twice",
        |tl, repaired| rounds(tl, if repaired { &[1, 2] } else { &[1, 1] }, 2),
        &[VacuousWait, Semaphore],
    ),
    ("a reset is waited for", |tl, repaired| reset(tl, !repaired, true), &[VacuousWait]),
    ("the last signals are not waited for", |tl, repaired| reset(tl, false, repaired), &[Semaphore]),
    ("a signal too many", |tl, repaired| rounds(tl, &[1], if repaired { 1 } else { 2 }), &[Semaphore]),
];

#[test]
fn broken_is_named_and_repaired_is_clean() {
    for (name, kernel, expected) in CASES {
        for (repaired, expected) in [(false, *expected), (true, &[])] {
            let program = record(2, |tl, own| with_store(tl, own, |tl, _| kernel(tl, repaired)));
            for sync in [Sync::Explicit, Sync::Interlocked] {
                let mut found = kinds(&program, sync, Options::default());
                found.dedup();
                let mut expected = expected.to_vec();
                expected.sort_unstable();
                assert_eq!(found, expected, "{name}, repaired: {repaired}, {sync:?}");
            }
        }
    }
}

/// The kernel, told that it is broken, and what every program has to do.
pub fn with_store(tl: &mut Tl, own: Own, kernel: impl Fn(&mut Tl, bool)) {
    kernel(tl, false);
    store(tl, own);
}

fn store(tl: &mut Tl, own: Own) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    tl.store(x, own.y);
}

/// Sends and takes this many messages, and gives the slots of the first few back.
fn exchange(tl: &mut Tl, messages: u32, released: u32) {
    let x = tl.full(SHAPE, F32, 1.0);
    tl.wait(&[x.handle()]);
    for message in 0..messages {
        tl.send(Direction::Right, x);
        let got = tl.recv(Direction::Left, SHAPE, F32);
        if message < released {
            tl.release(got);
        }
    }
}

/// Signals the other rank so often, and waits for these values.
fn rounds(tl: &mut Tl, values: &[u32], signals: u32) {
    let semaphore = tl.semaphore();
    let other = 1 - tl.rank();
    for _ in 0..signals {
        tl.signal(semaphore, other, 1, &[]);
    }
    for &value in values {
        tl.wait_ge(semaphore, value);
    }
}

/// Signals are waited for and then taken, of which only the take has an effect; and the semaphore is reset. `looks` at it
/// then, and `takes` what is signalled last.
fn reset(tl: &mut Tl, looks: bool, takes: bool) {
    let sum = tl.semaphore();
    let next = (tl.rank() + 1) % 2;
    tl.signal(sum, next, 3, &[]);
    tl.wait_ge(sum, 3);
    tl.take(sum, 2);
    tl.set_semaphore(sum, 0);
    if looks {
        tl.wait_eq(sum, 0);
    }
    tl.barrier();
    tl.signal_set(sum, next, 2, &[]);
    if takes {
        tl.take(sum, 2);
    }
}
