use std::collections::BTreeSet;

use machine::Sync;
use order::Holds;
use order::queue::{Dealer, Queue};
use program::dtype::DType::F32;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{Layout, Op, OpIndex, Program, Rank, ViewId};
use samples::{Random, tiny, tiny_with};
use verify::verify;

#[path = "../../verify/src/samples.rs"]
pub mod samples;

fn record(n_ranks: u32, kernel: impl FnMut(&mut Tl)) -> Program {
    let mut recording = Recording::new("case", n_ranks);
    recording.links(Topology::Line, 2, 64, SlotPlace::Tcm);
    recording.record(kernel).expect("a kernel without mistakes")
}

/// By op of rank 0.
fn holds(program: &Program) -> Vec<Vec<u32>> {
    let verified = verify(program.clone(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"));
    (0..program.ranks[0].ops.len()).map(|op| verified.holds.of(op).iter().map(|op| op.0).collect()).collect()
}

#[test]
fn an_op_is_held_by_what_it_conflicts_with() {
    type Kernel = fn(&mut Tl);
    let cases: [(&str, Kernel, &[&[u32]]); 5] = [
        (
            "raw",
            |tl| {
                _ = {
                    let x = tl.full([4], F32, 1.0);
                    tl.exp(x)
                }
            },
            &[&[], &[0]],
        ),
        // The fill of x overwrites what op 1 reads; that op 0 wrote it is implied by op 1.
        (
            "war and waw",
            |tl| {
                let x = tl.full([4], F32, 1.0);
                tl.exp(x);
                tl.to(x).fill(2.0);
            },
            &[&[], &[0], &[0, 1]],
        ),
        (
            "accumulating",
            |tl| {
                let x = tl.full([2, 2], F32, 1.0);
                let c = tl.dot(x, x);
                tl.dot_acc(c, x, x);
            },
            &[&[], &[0], &[0, 1]],
        ),
        (
            "halves",
            |tl| {
                let x = tl.tile([8], F32);
                tl.to(x.slice(0, 0, 4)).fill(1.0);
                tl.to(x.slice(0, 4, 4)).fill(2.0);
                let out = tl.tile_at(512, [6], F32);
                tl.to(out.slice(0, 0, 4)).exp(x.slice(0, 2, 4));
                tl.to(out.slice(0, 4, 2)).neg(x.slice(0, 5, 2));
            },
            &[&[], &[], &[0, 1], &[1]],
        ),
        (
            "fixed tiles that alias",
            |tl| {
                let (a, b) = (tl.tile_at(512, [8], F32), tl.tile_at(528, [8], F32));
                tl.to(a).fill(1.0);
                tl.to(b).fill(2.0);
                tl.exp(a);
            },
            &[&[], &[0], &[0, 1]],
        ),
    ];
    for (case, kernel, expected) in cases {
        assert_eq!(holds(&record(1, kernel)), expected, "{case}");
    }
}

/// Six loads of one tensor, dealt to the channels in turn, and a store over it.
#[test]
fn the_newest_transfer_of_each_channel_holds() {
    let mut recording = Recording::new("case", 1);
    let x = recording.scratch("x", 0, [4], F32);
    let program = recording.record(|tl| {
        let to = tl.tile_at(512, [4], F32);
        for _ in 0..6 {
            tl.load_into(tl.tensor(x), to);
        }
        tl.store(to, tl.tensor(x));
    });
    let program = program.expect("a kernel without mistakes");
    for (channels, last) in [(1, vec![5]), (2, vec![4, 5]), (4, vec![2, 3, 4, 5])] {
        let machine = tiny_with(|spec| spec.pe.dma_channels = channels);
        let verified = verify(program.clone(), &machine).unwrap();
        let held: Vec<u32> = verified.holds.of(6).iter().map(|op| op.0).collect();
        assert_eq!(held, last, "{channels} channels");
    }
}

#[test]
fn the_newest_reader_of_each_queue_holds() {
    let program = record(1, |tl| {
        let (x, y, z) = (tl.full([4], F32, 1.0), tl.tile_at(512, [4], F32), tl.tile_at(576, [4], F32));
        tl.to(z).exp(x);
        tl.to(z).exp(x);
        tl.copy(x, y);
        tl.copy(x, y);
        tl.to(x).fill(0.0);
    });
    assert_eq!(holds(&program), [vec![], vec![0], vec![0, 1], vec![0], vec![0, 3], vec![0, 2, 3, 4]]);
}

#[test]
fn a_release_is_held_by_the_reads_of_its_slot() {
    let program = record(3, |tl| match tl.rank() {
        0 => {
            let (got, _) = tl.recv_async(Direction::Right, [1, 4], F32);
            let kept = tl.tile_at(512, [3, 4], F32);
            tl.to(kept.slice(0, 0, 1)).exp(got);
            tl.to(kept.slice(0, 1, 1)).neg(got);
            tl.copy(got, kept.slice(0, 2, 1));
            tl.forward(Direction::Right, got);
            tl.release(got);
        }
        1 => {
            let x = tl.full([1, 4], F32, 1.0);
            tl.send(Direction::Left, x);
            tl.recv_into(Direction::Left, x);
        }
        _ => {}
    });
    assert_eq!(holds(&program), [vec![], vec![0], vec![0], vec![0], vec![0], vec![0, 2, 3, 4]]);
}

#[test]
fn an_explicit_machine_holds_nothing() {
    let program = record(1, |tl| {
        let x = tl.full([4], F32, 1.0);
        tl.exp(x);
    });
    let machine = tiny_with(|spec| spec.sync = Sync::Explicit);
    let verified = verify(program, &machine).unwrap();
    assert!((0..2).all(|op| verified.holds.of(op).is_empty()));
}

/// Bytes an op reads and writes, by address.
fn bytes(program: &Program, layout: &Layout, op: &Op) -> [BTreeSet<u64>; 2] {
    let rank = &program.ranks[0];
    let of = |id: ViewId| {
        let view = &rank.views[id.index()];
        let (_, base) = layout.locate(program, Rank(0), view);
        view.runs().into_iter().flat_map(move |(start, length)| base + start..base + start + length)
    };
    let access = op.access();
    [access.reads().flat_map(of).collect(), access.write.into_iter().flat_map(of).collect()]
}

/// Whether op `later` cannot run before op `earlier` is done, by holds and by units that serve in order.
fn ordered(program: &Program, holds: &Holds, earlier: usize, later: usize) -> bool {
    let mut dealer = Dealer::of(&tiny());
    let queues: Vec<Queue> = program.ranks[0].ops.iter().map(|op| dealer.deal(op)).collect();
    let mut known = vec![false; later + 1];
    known[later] = true;
    for op in (earlier..=later).rev() {
        if known[op] {
            holds.of(op).iter().for_each(|held| known[held.index()] = true);
            let before = (0..op).filter(|&other| queues[other] == queues[op]);
            before.for_each(|other| known[other] = true);
        }
    }
    known[earlier]
}

#[test]
fn holds_order_exactly_the_conflicts_of_random_programs() {
    let mut random = Random::seeded(3);
    for _ in 0..60 {
        let program = record(1, |tl| {
            let tiles: Vec<_> = (0..6).map(|_| tl.tile_at(256 + 4 * random.below(24), [4, 4], F32)).collect();
            for _ in 0..25 {
                let mut any = || tiles[random.below(6) as usize];
                let (x, y, to) = (any(), any(), any());
                match random.below(4) {
                    0 => tl.to(to).add(x, y.trans()),
                    1 => tl.dot_acc(to, x, y),
                    2 => tl.copy(x.slice(1, 1, 2), to.slice(1, 2, 2)),
                    _ => tl.to(to.slice(0, 1, 2)).exp(x.slice(0, 0, 2)),
                };
            }
        });
        let verified = verify(program.clone(), &tiny()).unwrap();
        let touched: Vec<_> =
            program.ranks[0].ops.iter().map(|op| bytes(&program, &verified.layout, op)).collect();
        for (later, [reads, writes]) in touched.iter().enumerate() {
            for (earlier, [before_reads, before_writes]) in touched[..later].iter().enumerate() {
                let meets = |a: &BTreeSet<u64>, b: &BTreeSet<u64>| !a.is_disjoint(b);
                let conflict = meets(reads, before_writes)
                    || meets(writes, before_reads)
                    || meets(writes, before_writes);
                let listed = verified.holds.of(later).contains(&OpIndex(earlier as u32));
                assert!(conflict || !listed, "op {later} is held by op {earlier} for nothing");
                assert!(
                    !conflict || ordered(&program, &verified.holds, earlier, later),
                    "op {later} passes op {earlier}"
                );
            }
        }
    }
}
