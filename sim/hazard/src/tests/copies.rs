//! A copy whose ends overlap is named on every machine, unless nothing moves.

use diagnostic::Code;
use machine::Sync;
use program::tl::{Tile, Tl};

use super::{F32, check, record};
use crate::Options;

/// The ends of a copy of one row of elements.
type Ends = fn(&mut Tl) -> [Tile; 2];

#[test]
fn a_copy_does_not_overwrite_what_it_reads_for_another_element() {
    let cases: [(&str, Ends, Option<u64>); 7] = [
        ("apart", |tl| halves(tl, 0, 4), None),
        ("in place", |tl| halves(tl, 0, 0), None),
        ("up by two elements", |tl| halves(tl, 0, 2), Some(8)),
        ("down by one element", |tl| halves(tl, 1, 0), Some(12)),
        ("two tiles", |tl| [filled(tl, None), filled(tl, None)], None),
        ("by hand, half over each other", |tl| [filled(tl, Some(4096)), filled(tl, Some(4112))], Some(16)),
        ("by hand, side by side", |tl| [filled(tl, Some(4096)), filled(tl, Some(4128))], None),
    ];
    for (name, ends, bytes) in cases {
        let program = record(1, |tl, own| {
            let [from, to] = ends(tl);
            let copied = tl.copy(from, to);
            tl.wait(&[copied]);
            let y = tl.full(super::SHAPE, F32, 0.0);
            tl.wait(&[y.handle()]);
            tl.store(y, own.y);
        });
        for sync in [Sync::Interlocked, Sync::Explicit] {
            let found = check(&program, sync, Options::default());
            let told = found.findings.iter().find(|it| it.code == Code::RaceWar);
            let length = told.and_then(|it| it.bytes).map(|[from, to]| to - from);
            assert_eq!((found.unordered, length), (bytes.is_some(), bytes), "{name}, {sync:?}");
        }
    }
}

/// Four elements of one tile from each of two places on.
fn halves(tl: &mut Tl, from: u32, to: u32) -> [Tile; 2] {
    let tile = filled(tl, None);
    [tile.slice(1, from, 4), tile.slice(1, to, 4)]
}

fn filled(tl: &mut Tl, at: Option<u64>) -> Tile {
    let tile = match at {
        Some(at) => tl.tile_at(at, [1, 8], F32),
        None => tl.tile([1, 8], F32),
    };
    let filled = tl.to(tile).fill(1.0);
    tl.wait(&[filled]);
    tile
}
