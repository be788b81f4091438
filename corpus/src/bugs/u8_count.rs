//! A count of more than 255 in u8.
//!
//! tinygrad's `test_failure_53` numbers its columns by counting: `arange[j]` is a sum over a triangle of ones, less 1.
//! An investigation suspected that its u8 partials overflow; with 50 000 elements the counts do. A sum of *values* may
//! wrap, for addition modulo 256 gives equal bits in every grouping; a sum that numbers things may not.
//!
//! `u8_count_overflows`: the sum is not declared to wrap, so it is refused where it leaves its type, and no wrong
//! number is computed. `u8_count_wraps`: it is declared to wrap; column 263 is taken for column 7, and both are added.

use machine::Sync;
use program::op::CompareFn;
use program::tl::{Recording, Tile, Tl};
use program::{DType, TensorId};

use crate::grouped::{PARTIAL, idx, picked};
use crate::sketch::{Plain, Sketch, machine};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[
    Bug {
        name: "u8_count_overflows",
        story: Story::LostAccumulator,
        mistake: "a sum of ones accumulates in u8, and is not declared to wrap",
        repair: "count in i32",
        expected: &["malformed"],
        build: |form| build(form, false),
    },
    Bug {
        name: "u8_count_wraps",
        story: Story::LostAccumulator,
        mistake: "a sum that numbers things wraps, so two columns have one number",
        repair: "count in i32",
        expected: &["wrong_result"],
        build: |form| build(form, true),
    },
];

fn build(form: Form, wraps: bool) -> Sketch {
    counted(|tl, triangle| {
        if form.is_repaired() {
            tl.sum_as(triangle, 1, DType::I32, DType::I32, false)
        } else {
            tl.sum_as(triangle, 1, DType::U8, DType::U8, wraps)
        }
    })
}

/// More columns than a u8 can count.
const N: u32 = 300;

/// `out[i] = Σ_j x[j] · (idx[i] = arange[j])` on one rank, with the counts as `count` sums the triangle
/// (u8 [N, N], ones in row j up to column j).
fn counted(count: impl Fn(&mut Tl, Tile) -> Tile) -> Sketch {
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
