//! Random programs: what each rank does, step by step, and how `tl` says it.

use program::op::CompareFn;
use program::tl::{Direction, Tile, Tl};
use program::{DType, Program};

use super::record;

/// Tiles of every rank are SIDE × SIDE, two in f16 and two in f32.
const SIDE: u32 = 4;
pub const TILES: u32 = 4;
pub const N_KEYS: u32 = 5;

/// Numbers of 32 bits from the one generator.
pub struct Random(machine::Random);

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random(machine::Random::seeded(seed))
    }
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.below(n.into()) as u32
    }
}

/// Rows and columns of a tile of some rank, seen as they lie or transposed.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub tile: u32,
    pub first: [u32; 2],
    pub shape: [u32; 2],
    pub turned: bool,
}

#[derive(Clone, Debug)]
pub enum Step {
    Fill(Area),
    /// By `copy`, or by `cast` where the dtypes differ.
    Move(Area, Area),
    Add([Area; 2], Area),
    Choose([Area; 2], Area),
    /// The sum of every row.
    Sum(Area, Area),
    Dot([Area; 2], Area),
    Contribute(Area, u32),
    Expect(Area, Vec<u32>),
    /// To the next rank, which copies it, or marks it where it lies and then moves it.
    Send(Area, Area, Option<u32>),
}

fn area(random: &mut Random, shape: [u32; 2]) -> Area {
    let turned = random.below(3) == 0;
    let lies = if turned { [shape[1], shape[0]] } else { shape };
    let first = lies.map(|extent| random.below(SIDE - extent + 1));
    Area { tile: random.below(TILES), first, shape, turned }
}

fn step(random: &mut Random) -> Step {
    let [m, n, k] = [0; 3].map(|_| 1 + random.below(SIDE));
    let shape = [m, n];
    let repeated = |random: &mut Random| shape.map(|extent| if random.below(3) == 0 { 1 } else { extent });
    match random.below(16) {
        0 => Step::Fill(area(random, shape)),
        1 | 2 => Step::Move(area(random, shape), area(random, shape)),
        3..=5 => {
            let shapes = [repeated(random), repeated(random)];
            Step::Add(shapes.map(|shape| area(random, shape)), area(random, shape))
        }
        6 => {
            let shapes = [repeated(random), repeated(random)];
            Step::Choose(shapes.map(|shape| area(random, shape)), area(random, shape))
        }
        7 => Step::Sum(area(random, shape), area(random, [m, 1])),
        8 => Step::Dot([area(random, [m, k]), area(random, [k, n])], area(random, shape)),
        9 | 10 => Step::Contribute(area(random, shape), random.below(N_KEYS)),
        11 | 12 => {
            let keys = (0..N_KEYS).filter(|_| random.below(2) == 0).collect();
            Step::Expect(area(random, shape), keys)
        }
        _ => {
            let from = area(random, shape);
            // A copy out of a slot keeps the dtype.
            let to = area(random, shape);
            let to = Area { tile: to.tile / 2 * 2 + from.tile % 2, ..to };
            let key = (random.below(3) == 0).then(|| random.below(N_KEYS));
            Step::Send(from, to, key)
        }
    }
}

/// Steps with the rank that takes each.
pub fn steps(random: &mut Random, n_ranks: u32) -> Vec<(u32, Step)> {
    let n = 4 + random.below(30);
    let all = (0..n).map(|_| (random.below(n_ranks), step(random)));
    all.filter(|(_, step)| n_ranks > 1 || !matches!(step, Step::Send(..))).collect()
}

fn dtype(tile: u32) -> DType {
    [DType::F16, DType::F32][tile as usize % 2]
}

pub fn program(n_ranks: u32, steps: &[(u32, Step)]) -> Program {
    record(n_ranks, |tl| {
        let tiles: Vec<Tile> = (0..TILES).map(|tile| tl.tile([SIDE, SIDE], dtype(tile))).collect();
        let left = (tl.rank() + n_ranks - 1) % n_ranks;
        let at = |area: Area| {
            let [rows, columns] = if area.turned { [area.shape[1], area.shape[0]] } else { area.shape };
            let tile =
                tiles[area.tile as usize].slice(0, area.first[0], rows).slice(1, area.first[1], columns);
            if area.turned { tile.trans() } else { tile }
        };
        for (rank, step) in steps {
            if *rank == tl.rank() {
                take(tl, step, at);
            }
            if let (true, Step::Send(_, to, key)) = (*rank == left, step) {
                receive(tl, at(*to), *key);
            }
        }
    })
}

fn take(tl: &mut Tl, step: &Step, at: impl Fn(Area) -> Tile) {
    match step {
        Step::Fill(to) => drop(tl.to(at(*to)).fill(1.0)),
        Step::Move(from, to) if from.tile % 2 == to.tile % 2 => drop(tl.copy(at(*from), at(*to))),
        Step::Move(from, to) => drop(tl.to(at(*to)).cast(at(*from))),
        Step::Add([x, y], to) => drop(tl.to(at(*to)).add(at(*x), at(*y))),
        Step::Choose([x, y], to) => {
            let mask = tl.compare(CompareFn::Lt, at(*x), at(*y));
            let mask = mask.broadcast(to.shape);
            tl.to(at(*to)).where_(mask, at(*x), at(*y));
        }
        Step::Sum(from, to) => drop(tl.to(at(*to)).sum(at(*from), 1)),
        Step::Dot([a, b], to) => drop(tl.to(at(*to)).dot(at(*a), at(*b))),
        Step::Contribute(area, key) => tl.contribute(at(*area), *key),
        Step::Expect(area, keys) => tl.expect(at(*area), keys.iter().copied()),
        Step::Send(from, ..) => drop(tl.send(Direction::Right, at(*from))),
    }
}

fn receive(tl: &mut Tl, to: Tile, key: Option<u32>) {
    let Some(key) = key else {
        tl.recv_into(Direction::Left, to);
        return;
    };
    let message = tl.recv(Direction::Left, to.shape(), to.dtype());
    tl.contribute(message, key);
    tl.copy(message, to);
    tl.release(message);
}
