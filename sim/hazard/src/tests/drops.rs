//! Every edge and every check earns its place: without it a right kernel is accused, or a wrong one is not.

use diagnostic::Code;
use machine::Sync;
use order::{EdgeKind, EdgeSet};
use program::tl::{Direction, Tl};

use super::{F32, Own, SHAPE, kinds, record};
use crate::{Check, CheckSet, Options};

/// A right kernel of two ranks that needs every kind of edge.
fn needs_all(tl: &mut Tl, own: Own) {
    let done = tl.semaphore();
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    let e = tl.exp(x);
    let y = tl.add(e, 1.0);
    tl.wait(&[y.handle()]);
    // More messages than slots, one way: only credits tell the sender of the reads.
    for _ in 0..3 {
        if tl.rank() == 0 {
            tl.send(Direction::Right, y);
        } else {
            let got = tl.recv(Direction::Left, SHAPE, F32);
            let sum = tl.add(got, 1.0);
            tl.wait(&[sum.handle()]);
            tl.release(got);
        }
    }
    if tl.rank() == 0 {
        let stored = tl.store(x, own.shared);
        tl.wait(&[stored]);
    }
    tl.barrier();
    let got = tl.load(own.shared);
    tl.wait(&[got.handle()]);
    if tl.rank() == 0 {
        tl.wait_ge(done, 1);
        tl.store(x, own.shared);
    } else {
        tl.signal(done, 0, 1, &[got.handle()]);
    }
    tl.store(got, own.y);
}

#[test]
fn without_an_edge_a_right_kernel_is_accused() {
    let program = record(2, needs_all);
    assert_eq!(kinds(&program, Sync::Explicit, Options::default()), []);
    // Holds need an interlocked machine, and the others command queues: see below, and `queues`.
    let elsewhere = [EdgeKind::Hold, EdgeKind::Commit, EdgeKind::Shared];
    for edge in EdgeKind::ALL.into_iter().filter(|edge| !elsewhere.contains(edge)) {
        let options = Options { edges: EdgeSet::ALL.without(edge), ..Options::default() };
        assert_ne!(kinds(&program, Sync::Explicit, options), [], "nothing needs {edge:?}");
    }
    let without_holds = Options { edges: EdgeSet::ALL.without(EdgeKind::Hold), ..Options::default() };
    let unwaited = record(1, |tl, own| {
        let x = tl.load(own.x);
        let e = tl.exp(x);
        tl.store(e, own.y);
    });
    assert_eq!(kinds(&unwaited, Sync::Interlocked, Options::default()), []);
    assert_ne!(kinds(&unwaited, Sync::Interlocked, without_holds), []);
}

/// A kernel with one mistake for every check.
fn wrong(check: Check) -> (fn(&mut Tl, Own), Code) {
    match check {
        Check::ReadAfterWrite => (reads_early, Code::RaceRaw),
        Check::WriteAfterRead => (overwrites_early, Code::RaceWar),
        Check::WriteAfterWrite => (writes_twice, Code::RaceWaw),
        Check::Uninitialised => (reads_nothing, Code::UninitialisedRead),
        Check::Release => (releases_early, Code::UseAfterRelease),
        Check::Leak => (keeps_a_slot, Code::SlotLeak),
        Check::VacuousWait => (waits_for_nothing, Code::VacuousWait),
        Check::Semaphore => (surplus_signal, Code::Semaphore),
        Check::Ledger => (unmet_expectation, Code::LedgerMissing),
        // It needs command queues: see `queues`.
        Check::Gates => (waits_for_nothing, Code::WaitGatesNothing),
    }
}

#[test]
fn without_a_check_a_wrong_kernel_is_not_accused_of_it() {
    for check in Check::ALL.into_iter().filter(|&check| check != Check::Gates) {
        let (kernel, kind) = wrong(check);
        let program = record(2, kernel);
        let found = |checks| kinds(&program, Sync::Explicit, Options { checks, ..Options::default() });
        assert!(found(CheckSet::ALL).contains(&kind), "{check:?}: {:?}", found(CheckSet::ALL));
        let without = found(CheckSet::ALL.without(check));
        assert!(!without.contains(&kind), "{check:?}: {without:?}");
    }
}

fn reads_early(tl: &mut Tl, own: Own) {
    let x = tl.load(own.x);
    let e = tl.exp(x);
    tl.wait(&[e.handle()]);
    tl.store(e, own.y);
}
fn overwrites_early(tl: &mut Tl, own: Own) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    tl.store(x, own.y);
    tl.to(x).fill(0.0);
}
fn writes_twice(tl: &mut Tl, own: Own) {
    let x = tl.load(own.x);
    let filled = tl.to(x).fill(0.0);
    tl.wait(&[x.handle(), filled]);
    tl.store(x, own.y);
}
fn reads_nothing(tl: &mut Tl, own: Own) {
    let x = tl.tile(SHAPE, F32);
    tl.store(x, own.y);
}
fn releases_early(tl: &mut Tl, own: Own) {
    let got = receive(tl, own);
    tl.add(got, 1.0);
    tl.release(got);
}
fn keeps_a_slot(tl: &mut Tl, own: Own) {
    receive(tl, own);
}
fn waits_for_nothing(tl: &mut Tl, own: Own) {
    let semaphore = tl.semaphore();
    tl.wait_ge(semaphore, 0);
    store(tl, own);
}
fn surplus_signal(tl: &mut Tl, own: Own) {
    let semaphore = tl.semaphore();
    let rank = tl.rank();
    tl.signal(semaphore, rank, 1, &[]);
    store(tl, own);
}
fn unmet_expectation(tl: &mut Tl, own: Own) {
    let x = store(tl, own);
    tl.expect(x, [1]);
}

fn store(tl: &mut Tl, own: Own) -> program::tl::Tile {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    tl.store(x, own.y);
    x
}
fn receive(tl: &mut Tl, own: Own) -> program::tl::Tile {
    let x = store(tl, own);
    tl.send(Direction::Right, x);
    tl.recv(Direction::Left, SHAPE, F32)
}
