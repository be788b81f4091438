//! Seeded random programs that are correct by construction: every rank takes the same steps, so nothing is left
//! unsent, unreceived or held, and a receive never comes before the send it needs.

use machine::Machine;
use oplog::{OpLog, RunId};
use program::op::BusyUnit;
use program::program::SlotPlace;
use program::tl::{Direction, Handle, Recording, Tile, Tl, Topology};
use program::{DType, Program};

/// Numbers of 32 bits from the one generator.
pub struct Random(machine::Random);

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random(machine::Random::seeded(seed))
    }
    pub fn below(&mut self, n: u32) -> u32 {
        (self.0.bits() % u64::from(n)) as u32
    }
}

/// One step that every rank takes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Busy(BusyUnit, u32),
    Compute,
    Dot,
    Load,
    Store,
    /// Sends right, receives from the left: in place, later, or by copy.
    Exchange(u32),
    Forward,
    Barrier,
    Semaphore,
}

fn step(random: &mut Random) -> Step {
    match random.below(10) {
        0 => Step::Busy(BusyUnit::Math, random.below(50)),
        1 => Step::Busy(BusyUnit::Gemm, random.below(50)),
        2 => Step::Compute,
        3 => Step::Dot,
        4 => Step::Load,
        5 => Step::Store,
        6 | 7 => Step::Exchange(random.below(3)),
        8 => Step::Forward,
        _ => [Step::Barrier, Step::Semaphore][random.below(2) as usize],
    }
}

pub fn program(seed: u64) -> Program {
    let mut random = Random::seeded(seed);
    let ranks = 2 + random.below(3);
    let steps: Vec<Step> = (0..5 + random.below(25)).map(|_| step(&mut random)).collect();
    let mut recording = Recording::new("random", ranks);
    let x = recording.input("x", [ranks, 16, 16], DType::F16);
    let y = recording.output("y", [ranks, 16, 16], DType::F16);
    let share = [1, 16, 16];
    let xs: Vec<_> = (0..ranks).map(|r| recording.input_share(x, r, [r, 0, 0], share)).collect();
    let ys: Vec<_> = (0..ranks).map(|r| recording.output_share(y, r, [r, 0, 0], share)).collect();
    recording.links(Topology::Ring, 2 + random.below(3), 1024, SlotPlace::Tcm);
    let recorded = recording.record(|tl: &mut Tl| {
        let rank = tl.rank() as usize;
        let (x, y) = (tl.tensor(xs[rank]).reshape([16, 16]), tl.tensor(ys[rank]).reshape([16, 16]));
        let mut tile = tl.load(x);
        for &step in &steps {
            tile = take(tl, step, tile, &x);
            if matches!(step, Step::Store) {
                tl.store(tile, y);
            }
        }
        tl.store(tile, y);
    });
    recorded.expect("a random program is well formed")
}

fn take(tl: &mut Tl, step: Step, tile: Tile, x: &program::tl::HbmTile) -> Tile {
    match step {
        Step::Busy(unit, cycles) => {
            tl.busy(unit, u64::from(cycles));
            tile
        }
        Step::Compute => tl.maximum(tile, 0.5),
        Step::Dot => {
            let product = tl.dot(tile, tile.trans());
            tl.cast(product, DType::F16)
        }
        Step::Load => {
            let again = tl.load(*x);
            tl.add(tile, again)
        }
        Step::Store => tile,
        Step::Exchange(way) => exchange(tl, way, tile),
        Step::Forward => forward(tl, tile),
        Step::Barrier => {
            tl.barrier();
            tile
        }
        Step::Semaphore => {
            let ready = tl.semaphore();
            let to = (tl.rank() + 1) % tl.num_ranks();
            let after: Handle = tile.handle();
            tl.signal(ready, to, 1, &[after]);
            tl.wait_ge(ready, 1);
            tile
        }
    }
}

fn exchange(tl: &mut Tl, way: u32, tile: Tile) -> Tile {
    tl.send(Direction::Right, tile);
    let kept = tl.tile([16, 16], DType::F16);
    match way {
        0 => {
            let got = tl.recv(Direction::Left, [16, 16], DType::F16);
            tl.to(kept).add(tile, got);
            tl.release(got);
        }
        1 => {
            let (got, arrived) = tl.recv_async(Direction::Left, [16, 16], DType::F16);
            tl.wait(&[arrived]);
            tl.to(kept).maximum(tile, got);
            tl.release(got);
        }
        _ => {
            tl.recv_into(Direction::Left, kept);
        }
    }
    kept
}

/// A message that goes two ranks to the right, forwarded from its slot.
fn forward(tl: &mut Tl, tile: Tile) -> Tile {
    tl.send(Direction::Right, tile);
    let first = tl.recv(Direction::Left, [16, 16], DType::F16);
    tl.forward(Direction::Right, first);
    let sum = tl.add(tile, first);
    tl.release(first);
    let second = tl.recv(Direction::Left, [16, 16], DType::F16);
    let sum = tl.add(sum, second);
    tl.release(second);
    sum
}

/// The program's runs on both presets.
pub fn runs(seed: u64) -> impl Iterator<Item = OpLog> {
    ["sip", "tiny"].into_iter().map(move |name| {
        let machine = Machine::preset(name).expect("a preset");
        let verified = verify::verify(program(seed), &machine).expect("a program that can run");
        timing::run(&verified, RunId::seeded(seed)).expect("a run that ends")
    })
}
