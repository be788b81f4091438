//! The other half of story D: where the columns get their numbers. tinygrad made `arange[j]` by counting, as a sum
//! over a triangle of ones, less 1.

use machine::Sync;
use program::op::CompareFn;
use program::tl::{Recording, Tile, Tl};
use program::{DType, TensorId};

use super::grouped::{PARTIAL, idx, picked};
use super::sketch::{Plain, Sketch, machine};

/// More columns than a u8 can count.
const N: u32 = 300;

/// `out[i] = Σ_j x[j] · (idx[i] = arange[j])` on one rank, with the counts as `count` sums the triangle
/// (u8 [N, N], ones in row j up to column j).
pub fn counted(count: impl Fn(&mut Tl, Tile) -> Tile) -> Sketch {
    let mut recording = Recording::new("bugs", 1);
    let (x, out) = (recording.input("x", [1, N], DType::U8), recording.output("out", PARTIAL, DType::I32));
    let x: TensorId = recording.input_share(x, 0, [0, 0], [1, N]);
    let out = recording.output_share(out, 0, [0, 0], PARTIAL);
    let program = recording.record(|tl| {
        let (row, column) = (tl.iota([N, 1], 0, 0, 1), tl.iota([1, N], 1, 0, 1));
        let triangle = tl.compare(CompareFn::Le, column, row);
        let count = count(tl, triangle);
        let count = tl.cast(count.reshape([1, N]), DType::I32);
        let arange = tl.sub(count, 1.0);
        let idx = idx(tl);
        let one_hot = tl.compare(CompareFn::Eq, idx, arange);
        let x = tl.load(tl.tensor(x));
        let masked = tl.mul(one_hot, x);
        let sum = tl.sum_as(masked, 1, DType::I32, DType::I32, false);
        tl.store(sum, tl.tensor(out));
    });
    let reference = Plain::rounded("out", DType::I32, picked);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: machine("sip", Sync::Interlocked), reference: Some(reference) }
}
