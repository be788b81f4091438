//! One rank on an explicit machine: what is broken is named, and clean once it is repaired.

use diagnostic::Code::{self, RaceRaw, RaceWar, RaceWaw, UninitialisedRead};
use machine::Sync;
use program::tl::Tl;

use super::{F32, Own, SHAPE, kinds, record};
use crate::Options;

/// A kernel that can be told to wait, and what is found when it does not.
pub type Case = (&'static str, fn(&mut Tl, Own, bool), &'static [Code]);

pub const CASES: &[Case] = &[
    ("a result is read before it is there", result_read_early, &[RaceRaw]),
    ("an operand is overwritten while it may be read", operand_overwritten, &[RaceWar]),
    ("two units write the same tile", two_writers, &[RaceWaw]),
    ("a store begins before its tile is made", store_early, &[RaceRaw]),
    ("a tile fixed by hand lies over another", overlaid, &[RaceWar]),
    ("a tile is read that nothing wrote", never_written, &[UninitialisedRead]),
    ("two tiles are read that nothing wrote", neither_written, &[UninitialisedRead, UninitialisedRead]),
    ("half a tile was never written", half_written, &[UninitialisedRead]),
    ("an output is not stored", not_stored, &[UninitialisedRead]),
];

#[test]
fn broken_is_named_and_repaired_is_clean() {
    for (name, kernel, expected) in CASES {
        for (repaired, expected) in [(false, *expected), (true, &[])] {
            let program = record(1, |tl, own| kernel(tl, own, repaired));
            let found = kinds(&program, Sync::Explicit, Options::default());
            assert_eq!(found, expected, "{name}, repaired: {repaired}");
        }
    }
}

#[test]
fn an_interlocked_sequencer_holds_what_an_explicit_one_does_not() {
    for (name, kernel, expected) in CASES {
        let program = record(1, |tl, own| kernel(tl, own, false));
        let found = kinds(&program, Sync::Interlocked, Options::default());
        let left: Vec<Code> = expected.iter().copied().filter(|&kind| kind == UninitialisedRead).collect();
        assert_eq!(found, left, "{name}");
    }
}

fn result_read_early(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    if repaired {
        tl.wait(&[x.handle()]);
    }
    // One unit does its ops one after the other: no wait between the two.
    let e = tl.exp(x);
    let y = tl.add(e, 1.0);
    tl.wait(&[y.handle()]);
    tl.store(y, own.y);
}

fn operand_overwritten(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    let stored = tl.store(x, own.y);
    if repaired {
        tl.wait(&[stored]);
    }
    tl.to(x).fill(0.0);
}

fn two_writers(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    if repaired {
        tl.wait(&[x.handle()]);
    }
    let filled = tl.to(x).fill(0.0);
    tl.wait(&[filled, x.handle()]);
    tl.store(x, own.y);
}

fn store_early(tl: &mut Tl, own: Own, repaired: bool) {
    let y = tl.full(SHAPE, F32, 1.0);
    if repaired {
        tl.wait(&[y.handle()]);
    }
    tl.store(y, own.y);
}

fn overlaid(tl: &mut Tl, own: Own, repaired: bool) {
    let first = tl.tile_at(4096, SHAPE, F32);
    let second = tl.tile_at(4096 + 64, SHAPE, F32);
    let loaded = tl.load_into(own.x, first);
    tl.wait(&[loaded]);
    let stored = tl.store(first, own.y);
    if repaired {
        tl.wait(&[stored]);
    }
    tl.to(second).fill(2.0);
}

fn never_written(tl: &mut Tl, own: Own, repaired: bool) {
    let y = tl.tile(SHAPE, F32);
    if repaired {
        let filled = tl.to(y).fill(0.0);
        tl.wait(&[filled]);
    }
    tl.store(y, own.y);
}

fn neither_written(tl: &mut Tl, own: Own, repaired: bool) {
    let operands = [tl.tile(SHAPE, F32), tl.tile(SHAPE, F32)];
    if repaired {
        let filled = operands.map(|tile| tl.to(tile).fill(0.0));
        tl.wait(&filled);
    }
    let sum = tl.add(operands[0], operands[1]);
    tl.wait(&[sum.handle()]);
    tl.store(sum, own.y);
}

fn half_written(tl: &mut Tl, own: Own, repaired: bool) {
    let y = tl.tile(SHAPE, F32);
    let half = tl.to(y.slice(1, 0, 4)).fill(0.0);
    let rest = if repaired { tl.to(y.slice(1, 4, 4)).fill(1.0) } else { half };
    tl.wait(&[half, rest]);
    tl.store(y, own.y);
}

fn not_stored(tl: &mut Tl, own: Own, repaired: bool) {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    let to = if repaired { own.y } else { own.shared };
    tl.store(x, to);
}
