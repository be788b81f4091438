//! Several ranks: messages, barriers, signals and memory that ranks share.

use diagnostic::Code::{self, RaceRaw, RaceWar, RaceWaw, UseAfterRelease};
use diagnostic::OpRef;
use machine::Sync;
use program::tl::{Direction, Handle, Tl};
use program::{OpIndex, Rank};

use super::{F32, Own, SHAPE, check, kinds, record};
use crate::Options;

/// A kernel for two ranks that can be told to do right, and what is found when it does not.
pub type Case = (&'static str, fn(&mut Tl, Own, bool), &'static [Code]);

pub const CASES: &[Case] = &[
    ("a message is sent before it is made", sent_early, &[RaceRaw]),
    ("a message is read before it has arrived", read_before_arrival, &[RaceRaw]),
    ("a signal comes before the message it tells of", arrival_signalled, &[RaceRaw]),
    ("a signal to another, that signals back, comes before the message", arrival_relayed, &[RaceRaw]),
    ("a signal that is waited for comes before the message", arrival_of_signal, &[RaceRaw]),
    ("a slot is released while it is read", released_early, &[UseAfterRelease]),
    ("a slot is released while it is forwarded", forwarded_late, &[UseAfterRelease]),
    ("a slot is released before its message has arrived", released_unreceived, &[UseAfterRelease]),
    ("a barrier orders what was issued, not what was done", barrier_alone, &[RaceRaw]),
    ("a signal comes before the store it tells of", signal_early, &[RaceRaw]),
    ("one of two signals is waited for", one_of_two_signals, &[RaceRaw, Code::Semaphore]),
    ("a shared tensor is overwritten while others read", shared_overwritten, &[RaceWar]),
    ("one rank writes half of what another reads", half_shared, &[RaceRaw, Code::UninitialisedRead]),
    ("two ranks write the same bytes", both_write, &[RaceWaw]),
];

#[test]
fn broken_is_named_and_repaired_is_clean() {
    for (name, kernel, expected) in CASES {
        for (repaired, expected) in [(false, *expected), (true, &[])] {
            let program = record(2, |tl, own| kernel(tl, own, repaired));
            let found = kinds(&program, Sync::Explicit, Options::default());
            assert_eq!(found, expected, "{name}, repaired: {repaired}");
        }
    }
}

/// What remains on an interlocked machine is between ranks: its releases wait for reads and receives of their slots.
#[test]
fn an_interlocked_machine_does_not_order_ranks() {
    for (name, kernel, expected) in &CASES[8..] {
        let program = record(2, |tl, own| kernel(tl, own, false));
        assert_eq!(kinds(&program, Sync::Interlocked, Options::default()), *expected, "{name}");
    }
}

/// Of two messages that an op reads, it has waited for one.
#[test]
fn a_message_that_was_waited_for_is_not_accused_beside_another() {
    let program = record(2, |tl, own| {
        let x = tl.load(own.x);
        tl.wait(&[x.handle()]);
        tl.send(Direction::Right, x);
        tl.send(Direction::Right, x);
        let first = tl.recv(Direction::Left, SHAPE, F32);
        let (second, arrived) = tl.recv_async(Direction::Left, SHAPE, F32);
        let sum = tl.add(first, second);
        tl.wait(&[sum.handle(), arrived]);
        tl.release(first);
        tl.release(second);
        tl.store(sum, own.y);
    });
    let found = check(&program, Sync::Explicit, Options::default()).findings;
    let said: Vec<(Code, u64, u32)> =
        found.iter().map(|it| (it.code, it.times.count, it.accesses[1].op.index.0)).collect();
    assert_eq!(said, [(RaceRaw, 2, 3)], "{found:#?}");
}

fn finish(tl: &mut Tl, own: Own, tile: program::tl::Tile, after: Handle) {
    tl.wait(&[after]);
    tl.store(tile, own.y);
}

fn sent_early(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    if repaired {
        tl.wait(&[x.handle()]);
    }
    tl.send(Direction::Right, x);
    let kept = tl.tile(SHAPE, F32);
    let copied = tl.recv_into(Direction::Left, kept);
    finish(tl, own, kept, copied);
}

fn read_before_arrival(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    tl.send(Direction::Right, x);
    let (got, arrived) = tl.recv_async(Direction::Left, SHAPE, F32);
    if repaired {
        tl.wait(&[arrived]);
    }
    let sum = tl.add(got, 1.0);
    tl.wait(&[sum.handle(), arrived]);
    tl.release(got);
    tl.store(sum, own.y);
}

/// Sends, and gets a message that it has not waited for: `order` is what comes before its first reader.
fn receive_later(tl: &mut Tl, own: Own, order: impl FnOnce(&mut Tl, Handle)) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    tl.send(Direction::Right, x);
    let (got, arrived) = tl.recv_async(Direction::Left, SHAPE, F32);
    order(tl, arrived);
    let sum = tl.add(got, 1.0);
    tl.wait(&[sum.handle(), arrived]);
    tl.release(got);
    tl.store(sum, own.y);
}

fn arrival_signalled(tl: &mut Tl, own: Own, repaired: bool) {
    let there = tl.semaphore();
    receive_later(tl, own, |tl, arrived| {
        let rank = tl.rank();
        tl.signal(there, rank, 1, if repaired { std::slice::from_ref(&arrived) } else { &[] });
        tl.wait_ge(there, 1);
    });
}

fn arrival_relayed(tl: &mut Tl, own: Own, repaired: bool) {
    let (there, back) = (tl.semaphore(), tl.semaphore());
    receive_later(tl, own, |tl, arrived| {
        let other = 1 - tl.rank();
        tl.signal(there, other, 1, if repaired { std::slice::from_ref(&arrived) } else { &[] });
        tl.wait_ge(there, 1);
        tl.signal(back, other, 1, &[]);
        tl.wait_ge(back, 1);
    });
}

fn arrival_of_signal(tl: &mut Tl, own: Own, repaired: bool) {
    let there = tl.semaphore();
    receive_later(tl, own, |tl, arrived| {
        let rank = tl.rank();
        let told = tl.signal(there, rank, 1, if repaired { std::slice::from_ref(&arrived) } else { &[] });
        tl.wait(&[told]);
    });
    tl.wait_ge(there, 1);
}

fn released_early(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    for round in 0..3 {
        tl.send(Direction::Right, x);
        let got = tl.recv(Direction::Left, SHAPE, F32);
        let sum = tl.add(got, 1.0);
        if repaired {
            tl.wait(&[sum.handle()]);
        }
        tl.release(got);
        if round == 0 {
            finish(tl, own, sum, sum.handle());
        }
    }
}

/// More messages than slots, and nothing reads them: each next one may overtake the one whose slot it takes.
pub(super) fn released_unreceived(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    for _ in 0..3 {
        tl.send(Direction::Right, x);
        let (got, arrived) = tl.recv_async(Direction::Left, SHAPE, F32);
        if repaired {
            tl.wait(&[arrived]);
        }
        tl.release(got);
    }
    finish(tl, own, x, x.handle());
}

fn forwarded_late(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    tl.send(Direction::Right, x);
    let got = tl.recv(Direction::Left, SHAPE, F32);
    let forwarded = tl.forward(Direction::Right, got);
    if repaired {
        tl.wait(&[forwarded]);
    }
    tl.release(got);
    let kept = tl.tile(SHAPE, F32);
    let copied = tl.recv_into(Direction::Left, kept);
    finish(tl, own, kept, copied);
}

fn barrier_alone(tl: &mut Tl, own: Own, repaired: bool) {
    share(tl, own, |tl, stored| {
        if repaired {
            tl.wait(&[stored]);
        }
        tl.barrier();
    });
}

fn signal_early(tl: &mut Tl, own: Own, repaired: bool) {
    let ready = tl.semaphore();
    share(tl, own, |tl, stored| {
        if tl.rank() == 0 {
            let after = if repaired { vec![stored] } else { Vec::new() };
            tl.signal(ready, 1, 1, &after);
        } else {
            tl.wait_ge(ready, 1);
        }
    });
}

fn one_of_two_signals(tl: &mut Tl, own: Own, repaired: bool) {
    let ready = tl.semaphore();
    share(tl, own, |tl, stored| {
        if tl.rank() == 0 {
            tl.signal(ready, 1, 1, &[stored]);
        } else {
            // Its own signal is enough for a wait for 1.
            tl.signal(ready, 1, 1, &[]);
            tl.wait_ge(ready, if repaired { 2 } else { 1 });
        }
    });
}

/// Rank 0 stores what rank 1 loads; `between` is what each does in between.
fn share(tl: &mut Tl, own: Own, between: impl FnOnce(&mut Tl, Handle)) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    if tl.rank() == 0 {
        let stored = tl.store(x, own.shared);
        between(tl, stored);
        tl.store(x, own.y);
    } else {
        between(tl, x.handle());
        let got = tl.load(own.shared);
        finish(tl, own, got, got.handle());
    }
}

/// Rank 1 overwrites its input, which rank 0 never touches, and then what rank 0 reads.
fn shared_overwritten(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    if tl.rank() == 1 {
        let stored = tl.store(x, own.shared);
        tl.wait(&[stored]);
    }
    tl.barrier();
    if tl.rank() == 0 {
        let got = tl.load(own.shared);
        if repaired {
            tl.wait(&[got.handle()]);
        }
    }
    tl.barrier();
    if tl.rank() == 1 {
        tl.store(x, own.shared);
    }
    tl.store(x, own.y);
}

/// Rank 1 writes half of what rank 0 reads, and unless `repaired` at any time: the other half has no value.
fn half_shared(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    if tl.rank() == 1 {
        let half = |nth: u32| own.shared.slice(1, 4 * nth, 4);
        let stored = tl.store(x.slice(1, 0, 4), half(0));
        if repaired {
            let rest = tl.store(x.slice(1, 4, 4), half(1));
            tl.wait(&[stored, rest]);
        }
    }
    if repaired {
        tl.barrier();
    }
    if tl.rank() == 0 {
        let got = tl.load(own.shared);
        tl.wait(&[got.handle()]);
    }
    tl.store(x, own.y);
}

fn both_write(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    if tl.rank() == 0 {
        let stored = tl.store(x, own.shared);
        if repaired {
            tl.wait(&[stored]);
        }
    }
    tl.barrier();
    if tl.rank() == 1 {
        tl.store(x, own.shared);
    }
    tl.store(x, own.y);
}

#[test]
fn a_finding_names_both_ops_the_bytes_the_edge_and_the_repair() {
    let program = record(2, |tl, own| barrier_alone(tl, own, false));
    let found = check(&program, Sync::Explicit, Options::default());
    let [finding] = &found.findings[..] else { panic!("{found:#?}") };
    let ops: Vec<(u32, &str)> = finding.ops().map(|op| (op.rank.0, op.kind)).collect();
    assert_eq!(ops, [(1, "load"), (0, "store")]);
    assert_eq!(finding.place_text(), "tensor `shared` in HBM of rank 0");
    let [start, end] = finding.bytes.expect("bytes");
    assert_eq!(end - start, 128);
    assert_eq!(
        finding.message(),
        "rank 1, op 3 (load) may read `shared` before rank 0, op 2 (store) has written it"
    );
    assert_eq!(finding.missing_text(), "end of rank 0, op 2 (store) → start of rank 1, op 3 (load)");
    let op = |index| format!("{:#}", OpRef::of(&program, Rank(0), OpIndex(index)));
    let said = format!(
        "`tl.wait(&[h])` before {}, where h is the handle of {}: it tells another rank only that the op was issued",
        op(3),
        op(2)
    );
    assert_eq!(finding.repair_text(), said);
    assert!(found.unordered);
}
