//! Op logs made by hand, in f16 unless a case says otherwise.

mod agreeing;

use oplog::OpLog;
use program::op::{BinaryFn, CompareFn, Constant, ReduceFn, UnaryFn};
use program::{ComputeOp, DType, Dims, MoveOp, Op, Operand, TensorId, View, ViewId};

use super::*;
use crate::inputs::HostValue;
use crate::tests::hand::Hand;

fn bisected(log: &OpLog, inputs: &HostValues, options: Options) -> Result<Bisect, ReplayError> {
    bisect(log, &Dataflow::of(&log.program), inputs, options)
}

/// A program of one rank, an op after the other, each on tiles of its own.
struct Line {
    hand: Hand,
    inputs: HostValues,
    time: u64,
}

impl Line {
    fn new() -> Line {
        Line { hand: Hand::new(1), inputs: HostValues::new(), time: 0 }
    }
    fn tile(&mut self, shape: &[u32], dtype: DType) -> ViewId {
        let halves = Dims::new(shape).product() * dtype.size();
        let tile = self.hand.tile(0, &[halves.div_ceil(2) as u32]);
        let base = self.hand.program.ranks[0].views[tile.index()].base;
        self.hand.view(0, View::packed(base, Dims::new(shape), dtype))
    }
    fn then(&mut self, op: Op) {
        self.hand.op(0, self.time, self.time + 1, op);
        self.time += 1;
    }
    fn shape(&self, view: ViewId) -> Dims {
        self.hand.program.ranks[0].views[view.index()].shape
    }
    /// Loads f16 values.
    fn load(&mut self, name: &str, shape: &[u32], values: &[f32]) -> ViewId {
        self.inputs.insert(name.to_owned(), HostValue::of(values, shape, DType::F16));
        let input: TensorId = self.hand.input(name, 0, shape);
        let (from, to) = (self.hand.whole(0, input), self.tile(shape, DType::F16));
        self.then(Op::Move(MoveOp::Load { from, to }));
        to
    }
    fn unary(&mut self, f: UnaryFn, x: ViewId, dtype: DType) -> ViewId {
        let shape = self.shape(x);
        let to = self.tile(&shape, dtype);
        self.then(Op::Compute(ComputeOp::Unary { f, x, to }));
        to
    }
    fn binary(&mut self, f: BinaryFn, x: ViewId, y: Operand, dtype: DType) -> ViewId {
        let shape = self.shape(x);
        let to = self.tile(&shape, dtype);
        self.then(Op::Compute(ComputeOp::Binary { f, x: Operand::View(x), y, to }));
        to
    }
    fn sum(&mut self, x: ViewId, acc: DType, dtype: DType) -> ViewId {
        let to = self.tile(&[self.shape(x)[0], 1], dtype);
        self.then(Op::Compute(ComputeOp::Reduce { f: ReduceFn::Sum, axis: 1, x, to, acc, wrap: false }));
        to
    }
    fn bisect(self) -> Bisect {
        bisected(&self.hand.log(), &self.inputs, Options::default()).expect("it can be replayed")
    }
}

fn number(value: f32) -> Operand {
    Operand::Constant(Constant::of(value))
}
fn names(chain: &[Link]) -> Vec<&str> {
    chain.iter().map(|link| link.op.kind).collect()
}
/// Index and kind of the error sources.
fn flagged(found: &Bisect) -> Vec<(u32, &str)> {
    found.flagged.iter().map(|source| (source.op.index.0, source.op.kind)).collect()
}

#[test]
fn a_long_sum_is_an_error_source_in_bf16_and_not_in_f32() {
    for (acc, expected) in [(DType::Bf16, &[(1, "sum")][..]), (DType::F32, &[])] {
        let mut line = Line::new();
        let x = line.load("x", &[1, 1000], &[1.0; 1000]);
        line.sum(x, acc, DType::F32);
        let found = line.bisect();
        assert_eq!(flagged(&found), expected, "{acc}");
        let Some(first) = found.first() else { continue };
        // Adding 1 to 256 gives 256 in bf16.
        assert_eq!((first.error, first.max_abs, first.largest), (0.744, 744.0, 1000.0));
        assert_eq!(names(&first.chain), ["sum", "load"]);
        assert_eq!((&first.origin, first.chain[1].error), (&Origin::Input("x".to_owned()), 0.0));
        assert_eq!(first.inputs.len(), 1);
    }
}

#[test]
fn a_cast_that_loses_an_addend_is_in_the_chain_of_what_needed_it() {
    let mut line = Line::new();
    let x = line.load("x", &[2], &[2048.0, 2.0]);
    let wide = line.binary(BinaryFn::Add, x, number(1.0), DType::F32);
    let cast = line.unary(UnaryFn::Cast, wide, DType::F16);
    line.binary(BinaryFn::Sub, cast, number(2048.0), DType::F16);
    let mut found = line.bisect();
    // One rounding of 2049 is no error of the cast; without the 2048 that hid it, it is all there is.
    assert_eq!(flagged(&found), [], "2045 is the largest result");
    let mut line = Line::new();
    let x = line.load("x", &[1], &[2048.0]);
    let wide = line.binary(BinaryFn::Add, x, number(1.0), DType::F32);
    let cast = line.unary(UnaryFn::Cast, wide, DType::F16);
    line.binary(BinaryFn::Sub, cast, number(2048.0), DType::F16);
    found = line.bisect();
    assert_eq!(flagged(&found), [(3, "sub")]);
    let first = found.first().expect("it is a source");
    assert_eq!((first.error, first.ulp), (1.0, 1.0 / 1024.0));
    assert_eq!(names(&first.chain), ["sub", "cast", "add", "load"]);
    let errors: Vec<f64> = first.chain.iter().map(|link| link.error).collect();
    assert_eq!(errors, [1.0, 1.0 / 2049.0, 0.0, 0.0]);
    assert_eq!(first.inputs, [InputError { by: Some(first.chain[1].op.clone()), error: 1.0 / 2049.0 }]);
}

#[test]
fn exp_of_large_scores_is_an_error_source() {
    for (name, x, y, infinite) in [("rounded scores", 3.3, 3.34, false), ("overflow", 3.5, 3.51, true)] {
        let mut line = Line::new();
        let q = line.load("q", &[1, 2], &[x, 1.0]);
        let scores = line.binary(BinaryFn::Mul, q, number(y), DType::F16);
        let p = line.unary(UnaryFn::Exp, scores, DType::F16);
        line.sum(p, DType::F32, DType::F16);
        let found = line.bisect();
        assert_eq!(flagged(&found), [(2, "exp")], "{name}");
        let first = found.first().expect("it is a source");
        assert_eq!(first.error == f64::INFINITY, infinite, "{name}: {}", first.error);
        assert!(first.error > GROWTH_MAX * first.inputs[0].error && first.inputs[0].error > 0.0, "{name}");
        assert_eq!(names(&first.chain), ["exp", "mul", "load"], "{name}");
    }
}

#[test]
fn a_nan_is_an_error_where_it_is_made() {
    // A row that is masked out: its scores and their maximum are −inf in both runs.
    let mut line = Line::new();
    let scores = line.tile(&[1, 4], DType::F16);
    line.then(Op::Compute(ComputeOp::Fill { value: Constant::of(f32::NEG_INFINITY), to: scores }));
    let max = line.tile(&[1, 1], DType::F16);
    line.then(Op::Compute(ComputeOp::Reduce {
        f: ReduceFn::Max,
        axis: 1,
        x: scores,
        to: max,
        acc: DType::F32,
        wrap: false,
    }));
    let shifted = line.binary(BinaryFn::Sub, scores, Operand::View(max), DType::F16);
    let p = line.unary(UnaryFn::Exp, shifted, DType::F16);
    line.sum(p, DType::F32, DType::F16);
    let found = line.bisect();
    assert_eq!(flagged(&found), [(2, "sub")]);
    let first = found.first().expect("it is a source");
    assert!(first.made_nan && first.error == f64::INFINITY);
    assert_eq!((names(&first.chain), &first.origin), (vec!["sub", "fill"], &Origin::Constant));

    // The same NaN, because f16 has no 90000: that is where it comes from.
    let mut line = Line::new();
    let x = line.load("x", &[1, 2], &[300.0, -300.0]);
    let scores = line.binary(BinaryFn::Mul, x, number(300.0), DType::F16);
    let shifted = line.binary(BinaryFn::Sub, scores, Operand::View(scores), DType::F16);
    line.unary(UnaryFn::Exp, shifted, DType::F16);
    let found = line.bisect();
    assert_eq!(found.first().map(|first| (first.op.index.0, first.error)), Some((1, f64::INFINITY)));
}

#[test]
fn exact_programs_agree() {
    let mut line = Line::new();
    let a = line.load("a", &[2, 3], &[1.0, 2.0, 3.0, -4.0, 5.0, 0.5]);
    let b = line.load("b", &[3, 2], &[1.0, 0.0, 2.0, -1.0, 0.25, 8.0]);
    let c = line.tile(&[2, 2], DType::F16);
    line.then(Op::Compute(ComputeOp::Dot { a, b, c, accumulate: false, acc: DType::F32 }));
    line.then(Op::Compute(ComputeOp::Dot { a, b, c, accumulate: true, acc: DType::F32 }));
    let minimum = line.binary(BinaryFn::Minimum, c, number(3.0), DType::F16);
    let root = line.unary(UnaryFn::Abs, minimum, DType::F32);
    line.sum(root, DType::F16, DType::F16);
    let found = line.bisect();
    assert_eq!((found.n_flagged, &found.worst, found.n_compared), (0, &None, 7));
    assert_eq!(found.not_comparable, NotComparable::default());
}

#[test]
fn an_error_that_grows_little_by_little_is_the_worst_and_no_source() {
    let mut line = Line::new();
    let mut sum = line.load("x", &[1], &[2048.0]);
    for _ in 0..20 {
        sum = line.binary(BinaryFn::Add, sum, number(1.0), DType::F16);
    }
    let found = line.bisect();
    assert_eq!(flagged(&found), []);
    let worst = found.worst.expect("it drifts");
    assert_eq!((worst.op.index.0, worst.max_abs, worst.origin), (20, 20.0, Origin::Further));
    let indices: Vec<u32> = worst.chain.iter().map(|link| link.op.index.0).collect();
    assert_eq!(indices, (5..=20).rev().collect::<Vec<u32>>(), "{CHAIN_MAX} links, the nearest first");
}

#[test]
fn both_runs_take_the_declared_branch() {
    // 2049 is 2048 in f16, so that x < 2049 holds only in the declared run.
    let mut line = Line::new();
    let x = line.load("x", &[1, 2], &[2048.0, 1.0]);
    let more = line.binary(BinaryFn::Add, x, number(1.0), DType::F16);
    let mask = line.tile(&[1, 2], DType::U8);
    line.then(Op::Compute(ComputeOp::Compare {
        f: CompareFn::Lt,
        x: Operand::View(more),
        y: number(2049.0),
        to: mask,
    }));
    let chosen = line.tile(&[1, 2], DType::F32);
    line.then(Op::Compute(ComputeOp::Where { mask, x: number(7.0), y: number(9000.0), to: chosen }));
    let whole = line.unary(UnaryFn::Cast, more, DType::I32);
    line.unary(UnaryFn::Cast, whole, DType::F32);
    let found = line.bisect();
    assert_eq!((found.n_flagged, found.n_decided_otherwise), (0, 2), "the mask and the cast");
    assert_eq!(found.worst.map(|worst| worst.op.index.0), Some(1));
}

#[test]
fn a_cast_of_integers_is_measured_from_the_integer() {
    // 2051 lies between 2048 and 2052.
    let mut line = Line::new();
    let count = line.tile(&[3], DType::I32);
    line.then(Op::Compute(ComputeOp::Iota { axis: 0, start: 4097, step: 1, to: count }));
    let more = line.binary(BinaryFn::Add, count, number(2.0), DType::F16);
    line.binary(BinaryFn::Sub, more, number(4096.0), DType::F16);
    let found = line.bisect();
    assert_eq!(flagged(&found), [(2, "sub")]);
    assert_eq!(found.first().map(|first| first.max_abs), Some(1.0));
}

/// Two rows of a tile that is written by halves, the second transposed, and read whole.
#[test]
fn elements_are_found_wherever_they_were_written() {
    let mut line = Line::new();
    let x = line.load("x", &[2, 2], &[2048.0, 4.0, 8.0, 16.0]);
    let tile = line.tile(&[4, 2], DType::F16);
    let view = line.hand.program.ranks[0].views[tile.index()];
    let upper = line.hand.view(0, View { shape: Dims::new(&[2, 2]), ..view });
    let lower =
        line.hand.view(0, View { offset: 8, shape: Dims::new(&[2, 2]), strides: Dims::new(&[1, 2]), ..view });
    for (to, addend) in [(upper, 1.0), (lower, 3.0)] {
        line.then(Op::Compute(ComputeOp::Binary {
            f: BinaryFn::Add,
            x: Operand::View(x),
            y: number(addend),
            to,
        }));
    }
    let copy = line.tile(&[4, 2], DType::F16);
    line.then(Op::Move(MoveOp::Copy { from: tile, to: copy }));
    let turned = line.hand.program.ranks[0].views[copy.index()];
    let turned = View { shape: Dims::new(&[2, 4]), strides: Dims::new(&[1, 2]), ..turned };
    let turned = line.hand.view(0, turned);
    // What a half lost, beside what it is told to have: 0 if every element is where it belongs.
    let told: Vec<f32> = vec![2048.0, 8.0, 2048.0, 4.0, 4.0, 16.0, 8.0, 16.0];
    let told = line.load("told", &[2, 4], &told);
    line.binary(BinaryFn::Sub, turned, Operand::View(told), DType::F32);
    let found = line.bisect();
    let last = found.first().expect("2049 and 2051 are no f16");
    // In f64: 1 1 3 3 / 1 1 3 3. Declared: 0 1 4 3 / 1 1 3 3.
    assert_eq!((last.op.kind, last.max_abs, last.largest), ("sub", 1.0, 3.0));
    assert_eq!(names(&last.chain)[..3], ["sub", "copy", "add"]);
    assert_eq!(last.chain[2].op.index.0, 1, "the half that errs more");
}

#[test]
fn bytes_read_as_another_dtype_are_counted_and_not_guessed() {
    // Sent through u8 and read back as f16: what was rounded is lost, what was exact is not.
    for (addend, lost, n_compared) in [(0.0, 0, 6), (1.0, 4 + 2 + 1, 3)] {
        let mut line = Line::new();
        let x = line.load("x", &[1, 2], &[2048.0, 4.0]);
        let more = line.binary(BinaryFn::Add, x, number(addend), DType::F16);
        let of = |line: &Line, view: ViewId| line.hand.program.ranks[0].views[view.index()].base;
        let bytes = View::packed(of(&line, more), Dims::new(&[4]), DType::U8);
        let (bytes, copy) = (line.hand.view(0, bytes), line.tile(&[4], DType::U8));
        line.then(Op::Move(MoveOp::Copy { from: bytes, to: copy }));
        let back = View::packed(of(&line, copy), Dims::new(&[1, 2]), DType::F16);
        let back = line.hand.view(0, back);
        let less = line.binary(BinaryFn::Sub, back, number(2048.0), DType::F16);
        line.sum(less, DType::F32, DType::F16);
        line.binary(BinaryFn::Add, x, number(0.5), DType::F32);
        let found = line.bisect();
        assert_eq!((found.not_comparable.elements, found.n_compared), (lost, n_compared), "{addend}");
        let first = found.not_comparable.first.as_ref().map(|op| (op.index.0, op.kind));
        assert_eq!(first, (lost > 0).then_some((2, "copy")), "{addend}");
        assert_eq!(flagged(&found), [], "{addend}");
    }
}

#[test]
fn what_is_made_of_lost_elements_is_lost_alone() {
    // The upper row is read as other bytes than it was written, the lower is not.
    let mut line = Line::new();
    let x = line.load("x", &[1, 2], &[2048.0, 4.0]);
    let tile = line.tile(&[2, 2], DType::F16);
    let view = line.hand.program.ranks[0].views[tile.index()];
    let as_bf16 = line.hand.view(0, View { shape: Dims::new(&[1, 2]), dtype: DType::Bf16, ..view });
    let lower = line.hand.view(0, View { shape: Dims::new(&[1, 2]), offset: 4, ..view });
    line.then(Op::Compute(ComputeOp::Binary {
        f: BinaryFn::Add,
        x: Operand::View(x),
        y: number(0.1),
        to: as_bf16,
    }));
    line.then(Op::Compute(ComputeOp::Binary {
        f: BinaryFn::Add,
        x: Operand::View(x),
        y: number(1.0),
        to: lower,
    }));
    let ones = line.load("ones", &[2, 3], &[1.0; 6]);
    let c = line.tile(&[2, 3], DType::F32);
    line.then(Op::Compute(ComputeOp::Dot { a: tile, b: ones, c, accumulate: false, acc: DType::F32 }));
    line.sum(c, DType::F32, DType::F32);
    let found = line.bisect();
    assert_eq!(found.not_comparable.elements, 3 + 1);
    assert_eq!((found.not_comparable.ops, found.n_compared), (2, 6), "a row of each is compared");
}

/// Chains of roundings on each of some ranks at the same times.
fn chains(n_ranks: u32, n: u64) -> (OpLog, HostValues) {
    let mut hand = Hand::new(n_ranks);
    let input = hand.input("x", 0, &[16, 16]);
    for rank in 0..n_ranks {
        let (from, first) = (hand.whole(rank, input), hand.tile(rank, &[16, 16]));
        hand.op(rank, 0, 1, Op::Move(MoveOp::Load { from, to: first }));
        let mut last = first;
        for at in 1..=n {
            let to = hand.tile(rank, &[16, 16]);
            // Adding 3000 leaves 1 as the unit, and taking it away leaves the error alone.
            let (f, y) = match at % 3 {
                1 => (BinaryFn::Mul, Operand::View(first)),
                2 => (BinaryFn::Add, number(3000.0)),
                _ => (BinaryFn::Sub, number(3000.0)),
            };
            hand.op(rank, at, at + 1, Op::Compute(ComputeOp::Binary { f, x: Operand::View(last), y, to }));
            last = to;
        }
    }
    let inputs = crate::inputs::seeded(&hand.program, 3);
    (hand.log(), inputs)
}

#[test]
fn threads_and_simd_change_nothing() {
    let (log, inputs) = chains(9, 12);
    let one = bisected(&log, &inputs, Options::default());
    assert!(one.as_ref().is_ok_and(|found| found.n_flagged > 0), "{one:?}");
    for (threads, simd) in [(2, SimdLevel::detect()), (3, SimdLevel::Narrow)] {
        assert_eq!(bisected(&log, &inputs, Options { threads, simd }), one, "{threads} threads, {simd}");
    }
}

#[test]
fn the_first_is_the_first_to_start_and_few_are_told() {
    let (log, inputs) = chains(9, 12);
    let found = bisected(&log, &inputs, Options::default()).expect("it can be replayed");
    let order: Vec<_> = found.flagged.iter().map(|one| (one.op.index.0, one.op.rank.0)).collect();
    assert!(found.n_flagged > FLAGGED_MAX as u64 && order.len() == FLAGGED_MAX, "{order:?}");
    assert!(order.is_sorted(), "all ranks start together, op by op: {order:?}");
}

#[test]
fn a_value_is_freed_in_both_runs() {
    const TILE: u64 = 16 * 16;
    for (n_ranks, n) in [(1, 3), (1, 12), (2, 12)] {
        let (log, inputs) = chains(n_ranks, n);
        let found = bisected(&log, &inputs, Options::default()).expect("it can be replayed");
        // A tile and the one made from it, of 2 bytes an element and of 8.
        assert_eq!(
            found.peak_live_bytes,
            u64::from(n_ranks) * 2 * TILE * (2 + 8),
            "{n_ranks} ranks, {n} ops"
        );
    }
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let (log, _) = chains(1, 1);
    let refused =
        bisected(&log, &HostValues::new(), Options::default()).expect_err("it has an input").to_string();
    assert_eq!(refused, "input `x` is missing: the program needs 16×16 f16; the host gave nothing");
}
