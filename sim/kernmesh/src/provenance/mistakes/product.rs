//! y = a · b / 8, four rows a rank; the depth goes in four pages of two, and the columns in two tiles.

use kernels::{Inputs, Plain, Recorded};
use ndarray::{ArrayD, Ix2, s};
use program::tl::{Recording, Tl};
use program::{DType, TensorId};

const F32: DType = DType::F32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Right,
    /// Rank 0 loads its rows of a one further.
    OffByOne,
    /// Rank 1 stores its two tiles in each other's place.
    SwappedTiles,
    /// Rank 1 takes page 3 of b where the table says 2.
    WrongPage,
    /// Rank 1 multiplies with the rows of a that rank 0 has, as one left in a buffer.
    StaleBuffer,
    /// Rank 0 leaves out the last page.
    ShortSum,
    /// Rank 1 does not divide by 8.
    MissingScale,
    /// Rank 1 stores its tiles transposed.
    TransposedStore,
    /// Rank 1 takes rows of b for its columns.
    TransposedOperand,
    /// Rank 1 rounds its rows of a to bf16.
    CoarseOperand,
    /// Rank 1 rounds its result to bf16.
    CoarseResult,
    /// Rank 1 stores before it multiplies.
    EarlyStore,
}

pub fn product(mistake: Product) -> Recorded {
    let mut recording = Recording::new("product", 2);
    let [a, b] = [("a", [9, 8]), ("b", [8, 8])].map(|(name, shape)| recording.input(name, shape, F32));
    let y = recording.output("y", [8, 8], F32);
    let shares = [0, 1].map(|rank| {
        let a = recording.input_share(a, rank, [0, 0], [9, 8]);
        let b = recording.input_share(b, rank, [0, 0], [8, 8]);
        [a, b, recording.output_share(y, rank, [4 * rank, 0], [4, 8])]
    });
    let program = recording.record(|tl| multiply(tl, shares[tl.rank() as usize], mistake));
    let reference = Plain { output: "y", dtype: F32, of: exact, naive: None };
    let reference = reference.reference("product", vec![("a", vec![9, 8]), ("b", vec![8, 8])]);
    Recorded { program: program.expect("a program"), reference: Some(reference), machine: None }
}

fn multiply(tl: &mut Tl, [a, b, y]: [TensorId; 3], mistake: Product) {
    let rank = tl.rank();
    let is = |of: u32, other: Product| rank == of && mistake == other;
    let first = match () {
        () if is(0, Product::OffByOne) => 1,
        () if is(1, Product::StaleBuffer) => 0,
        () => 4 * rank,
    };
    let pages = if is(1, Product::WrongPage) { [0, 1, 3, 3] } else { [0, 1, 2, 3] };
    let used = if is(0, Product::ShortSum) { 3 } else { 4 };
    for tile in [0, 1] {
        let place = if is(1, Product::SwappedTiles) { 1 - tile } else { tile };
        let sum = tl.full([4, 4], F32, 0.0);
        if is(1, Product::EarlyStore) {
            tl.store(sum, tl.tensor(y).slice(1, 4 * place, 4));
        }
        for (page, &of) in (0..).zip(&pages[..used]) {
            let mut left = tl.load(tl.tensor(a).slice(0, first, 4).slice(1, 2 * page, 2));
            if is(1, Product::CoarseOperand) {
                let coarse = tl.cast(left, DType::Bf16);
                left = tl.cast(coarse, F32);
            }
            let right = if is(1, Product::TransposedOperand) {
                tl.load(tl.tensor(b).slice(0, 4 * tile, 4).slice(1, 2 * of, 2)).trans()
            } else {
                tl.load(tl.tensor(b).slice(0, 2 * of, 2).slice(1, 4 * tile, 4))
            };
            tl.dot_acc(sum, left, right);
        }
        let mut made = if is(1, Product::MissingScale) { sum } else { tl.mul(sum, 0.125) };
        if is(1, Product::CoarseResult) {
            let coarse = tl.cast(made, DType::Bf16);
            made = tl.cast(coarse, F32);
        }
        if is(1, Product::TransposedStore) {
            made = made.trans();
        }
        if !is(1, Product::EarlyStore) {
            tl.store(made, tl.tensor(y).slice(1, 4 * place, 4));
        }
    }
}

fn exact(inputs: &Inputs) -> ArrayD<f64> {
    let [a, b] = ["a", "b"].map(|name| inputs[name].clone().into_dimensionality::<Ix2>().expect("a matrix"));
    a.slice(s![0..8, ..]).dot(&b).into_dyn() / 8.0
}
