//! Small random programs in all their legal orders, beside what the hazard checks say of them.

use kernmesh::Tensors;
use program::tl::{Recording, Tl};
use program::{DType, Program};
use replay::{Options, order};

use crate::orders::{explicit, holds};
use crate::random;

/// Two ranks that store to, load from and compute on shared bytes, in three steps each.
fn few_steps(random: &mut random::Random) -> Option<Program> {
    let mut recording = Recording::new("few_steps", 2);
    let y = recording.output("y", [2, 4], DType::F16);
    let ys: Vec<_> = (0..2).map(|rank| recording.output_share(y, rank, [rank, 0], [1, 4])).collect();
    let shared = recording.scratch("shared", 0, [1, 4], DType::F16);
    let steps = [(); 2].map(|()| [(); 3].map(|()| random.below(7)));
    let recorded = recording.record(|tl: &mut Tl| {
        let rank = tl.rank() as usize;
        let (ready, other) = (tl.semaphore(), 1 - rank);
        let signals = steps[other].iter().filter(|step| **step == 0).count() as u32;
        let tile = tl.full([1, 4], DType::F16, 1.0 + rank as f32);
        tl.wait(&[tile.handle()]);
        let (mut waited, mut running) = (0, vec![tile.handle()]);
        for step in steps[rank] {
            let last = *running.last().expect("never empty");
            match step {
                0 => drop(tl.signal(ready, other as u32, 1, &[last])),
                1 if waited < signals => {
                    waited += 1;
                    tl.wait_ge(ready, waited);
                }
                1 | 2 => tl.wait(&running),
                3 => running.push(tl.to(tile).add(tile, 1.0)),
                4 => running.push(tl.load_into(tl.tensor(shared), tile)),
                5 => running.push(tl.store(tile, tl.tensor(shared))),
                _ => running.push(tl.to(tile).fill(9.0)),
            }
        }
        tl.wait(&running);
        tl.store(tile, tl.tensor(ys[rank]));
    });
    recorded.ok()
}

/// Brute force: what the hazard checks call unordered is what comes out otherwise in some order.
#[test]
fn accesses_are_left_unordered_when_some_order_shows_it() {
    let (mut unordered, mut ordered) = (0, 0);
    for seed in 0..200 {
        println!("seed {seed}");
        let program = few_steps(&mut random::Random(seed));
        // Two ranks may wait for each other.
        let Some(Ok(timed)) = program.map(|program| kernmesh::time(program, &explicit(), seed)) else {
            continue;
        };
        let computed =
            kernmesh::compute(&timed, None, &Tensors::default(), Options::default()).expect("values");
        let all = order::all(&timed.log, &holds(&timed.log), 20_000).expect("values");
        if !all.complete {
            println!("too many orders to try");
            continue;
        }
        assert_eq!(all.n_ends > 1, computed.unordered, "seed {seed}: {all:?} {:#?}", computed.findings);
        assert!(all.outputs.len() <= all.n_ways && all.n_ways <= all.n_ends, "seed {seed}: {all:?}");
        *(if computed.unordered { &mut unordered } else { &mut ordered }) += 1;
    }
    assert!(unordered > 50 && ordered > 20, "{unordered} unordered, {ordered} ordered");
}
