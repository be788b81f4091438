//! Grouped reduction: `out[i] = x[idx[i]]` as a sum, `Σ_j x[j] · (idx[i] = j)` in u8, split into groups.
//!
//! Groups are the ranks of a ring; each sums its columns j, chunk by chunk, and the ring adds up their partials.

use kernels::{Inputs, Recorded};
use machine::Sync;
use ndarray::ArrayD;
use program::op::CompareFn;
use program::program::SlotPlace;
use program::tl::{Direction, HbmTile, Recording, Tile, Tl, Topology};
use program::{DType, Program};

use crate::sketch::{Plain, Sketch, machine};

pub const U8: DType = DType::U8;
/// Elements of the output: upstream 1024.
const M: u32 = 8;
/// Elements of x: upstream 50 000.
const N: u32 = 48;
/// Shape of a partial and of the total: one column.
pub const PARTIAL: [u32; 2] = [M, 1];
/// idx[i] = 7 + 5 i, all less than N.
const FIRST: i32 = 7;
const STEP: i32 = 5;

/// The column of idx.
#[track_caller]
pub fn idx(tl: &mut Tl) -> Tile {
    tl.iota(PARTIAL, 0, FIRST, STEP)
}
/// x[idx[i]].
pub fn picked(inputs: &Inputs) -> ArrayD<f64> {
    let idx = |i: usize| FIRST as usize + STEP as usize * i;
    ArrayD::from_shape_fn(vec![M as usize, 1], |at| inputs["x"][[0, idx(at[0])]])
}

/// The share of one group.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    x: HbmTile,
    /// Its first column, and how many there are.
    columns: [u32; 2],
    pub n_chunks: u32,
}

impl Group {
    /// `Σ_j x[j] · (idx[i] = j)` over one chunk of columns, marked as its own contribution.
    #[track_caller]
    pub fn chunk(&self, tl: &mut Tl, chunk: u32) -> Tile {
        let width = self.columns[1] / self.n_chunks;
        let start = self.columns[0] + chunk * width;
        let x = tl.load(self.x.slice(1, chunk * width, width));
        let j = tl.iota([1, width], 1, start as i32, 1);
        let idx = idx(tl);
        let one_hot = tl.compare(CompareFn::Eq, idx, j);
        let masked = tl.mul(one_hot, x);
        let sum = tl.sum_as(masked, 1, DType::I32, U8, false);
        tl.contribute(sum, start / width);
        sum
    }
    /// All chunks of the group.
    #[track_caller]
    pub fn partial(&self, tl: &mut Tl) -> Tile {
        let mut sum = self.chunk(tl, 0);
        for chunk in 1..self.n_chunks {
            let next = self.chunk(tl, chunk);
            sum = tl.add(sum, next);
        }
        sum
    }
}

/// Adds up partials from the first rank to the last, which ends with the total.
#[track_caller]
pub fn merge(tl: &mut Tl, partial: Tile) -> Tile {
    let mut sum = partial;
    if tl.rank() > 0 {
        let got = tl.recv(Direction::Left, PARTIAL, U8);
        sum = tl.add(got, partial);
        tl.release(got);
    }
    if tl.rank() + 1 < tl.num_ranks() {
        tl.send(Direction::Right, sum);
    }
    sum
}

/// The reduction in `n_groups` groups. `total` is the code of a rank for its group; the last rank's result is the
/// output. A group sums its columns in three chunks if they divide, else in one.
pub fn grouped(n_groups: u32, mut total: impl FnMut(&mut Tl, &Group) -> Tile) -> Program {
    let width = N / n_groups;
    let n_chunks = if width.is_multiple_of(3) { 3 } else { 1 };
    let mut recording = Recording::new("bugs", n_groups);
    let (x, out) = (recording.input("x", [1, N], U8), recording.output("out", PARTIAL, U8));
    let shares: Vec<_> =
        (0..n_groups).map(|group| recording.input_share(x, group, [0, group * width], [1, width])).collect();
    let out = recording.output_share(out, n_groups - 1, [0, 0], PARTIAL);
    recording.links(Topology::Ring, 2, u64::from(M), SlotPlace::Tcm);
    let program = recording.record(|tl| {
        let x = tl.tensor(shares[tl.rank() as usize]);
        let total = total(tl, &Group { x, columns: [tl.rank() * width, width], n_chunks });
        if tl.rank() + 1 == n_groups {
            tl.expect(total, 0..n_groups * n_chunks);
            tl.store(total, tl.tensor(out));
        }
    });
    program.expect("a bug is well formed")
}

/// The correct reduction; `n_groups` divides 48.
pub fn grouped_reduction(n_groups: u32) -> Recorded {
    let program = grouped(n_groups, |tl, group| {
        let partial = group.partial(tl);
        merge(tl, partial)
    });
    on_pes(program).recorded(format!("grouped reduction in {n_groups} groups"))
}

/// The program on PEs, with x[idx[i]] as its reference.
pub fn on_pes(program: Program) -> Sketch {
    let reference = Plain::rounded("out", U8, picked);
    Sketch { program, machine: machine("sip", Sync::Interlocked), reference: Some(reference) }
}
