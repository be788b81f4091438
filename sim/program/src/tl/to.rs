//! Compute ops that write into a given tile: `tl.to(dst).maximum(a, b)`. The result is rounded once, to the
//! dtype of `dst`, so a conversion costs no op of its own; `dst` may be an operand.

use std::panic::Location;

use crate::ScaledFormat;
use crate::dtype::{DType, Sign};
use crate::op::{BinaryFn, CompareFn, ComputeOp, Op, ReduceFn, UnaryFn};
use crate::tl::math::sum_of_products;
use crate::tl::recorder::{At, Tl};
use crate::tl::tile::{Handle, Tile, TileOrConst};

/// Destination of the next op.
#[derive(Debug)]
#[must_use = "`to` records nothing by itself"]
pub struct To<'a> {
    pub(super) tl: &'a mut Tl,
    pub(super) to: Tile,
}

impl Tl {
    /// Makes the next op write into `to` instead of a new tile.
    pub fn to(&mut self, to: Tile) -> To<'_> {
        To { tl: self, to }
    }
}

impl To<'_> {
    /// `a · b`, accumulated in f32 (in i32 of integers) and rounded once.
    #[track_caller]
    pub fn dot(self, a: Tile, b: Tile) -> Handle {
        self.dot_by(a, b, sum_of_products(a))
    }
    /// `a · b`, accumulated in `acc` and rounded once.
    #[track_caller]
    pub fn dot_by(self, a: Tile, b: Tile, acc: DType) -> Handle {
        self.tl.dot_op(self.to, a, b, (false, acc), Location::caller())
    }
    /// The numbers of a block-scaled tensor: elements times scales, rounded once. See [`Tl::dequantize`].
    #[track_caller]
    pub fn dequantize(self, format: ScaledFormat, x: Tile, scales: Tile) -> Handle {
        let at = Location::caller();
        let (x, scales, to) = (self.tl.id(x), self.tl.id(scales), self.tl.id(self.to));
        self.tl.push(Op::Compute(ComputeOp::Dequantize { format, x, scales, to }), at)
    }
    /// 1 where `x f y`, else 0; the destination is bool or u8.
    #[track_caller]
    pub fn compare(self, f: CompareFn, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Handle {
        let at = Location::caller();
        let (x, y) = (self.tl.operand(x.into(), at), self.tl.operand(y.into(), at));
        let to = self.tl.id(self.to);
        self.tl.push(Op::Compute(ComputeOp::Compare { f, x, y, to }), at)
    }
    /// `x` where the mask is not 0, else `y`.
    #[track_caller]
    pub fn where_(self, mask: Tile, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Handle {
        let at = Location::caller();
        let (mask, x, y) = (self.tl.id(mask), self.tl.operand(x.into(), at), self.tl.operand(y.into(), at));
        let to = self.tl.id(self.to);
        self.tl.push(Op::Compute(ComputeOp::Where { mask, x, y, to }), at)
    }
    /// The sum along an axis, accumulated in f32 (in i32 for integers).
    #[track_caller]
    pub fn sum(self, x: Tile, axis: usize) -> Handle {
        self.reduce(ReduceFn::Sum, x, axis)
    }
    /// The sum along an axis, accumulated in `acc`; an integer that leaves its type wraps or is refused.
    #[track_caller]
    pub fn sum_as(self, x: Tile, axis: usize, acc: DType, wrap: bool) -> Handle {
        self.reduce_at(ReduceFn::Sum, x, axis, acc, wrap, Location::caller())
    }
    /// The largest along an axis; NaN if one is.
    #[track_caller]
    pub fn max(self, x: Tile, axis: usize) -> Handle {
        self.reduce(ReduceFn::Max, x, axis)
    }
    /// The smallest along an axis; NaN if one is.
    #[track_caller]
    pub fn min(self, x: Tile, axis: usize) -> Handle {
        self.reduce(ReduceFn::Min, x, axis)
    }
    /// A reduction by its name.
    #[track_caller]
    pub fn reduce(self, f: ReduceFn, x: Tile, axis: usize) -> Handle {
        self.reduce_at(f, x, axis, default_acc(x.dtype()), false, Location::caller())
    }
    /// `x · y + z`, of floats with one rounding to f32.
    #[track_caller]
    pub fn fma(
        self,
        x: impl Into<TileOrConst>,
        y: impl Into<TileOrConst>,
        z: impl Into<TileOrConst>,
    ) -> Handle {
        let at = Location::caller();
        let [x, y, z] = [x.into(), y.into(), z.into()].map(|it| self.tl.operand(it, at));
        let to = self.tl.id(self.to);
        self.tl.push(Op::Compute(ComputeOp::Fma { x, y, z, to }), at)
    }
    /// The reductions of all beginnings of an axis.
    #[track_caller]
    pub fn scan(self, f: ReduceFn, x: Tile, axis: usize) -> Handle {
        let (acc, axis) = (default_acc(x.dtype()), narrow(axis));
        let (x, to) = (self.tl.id(x), self.tl.id(self.to));
        let op = ComputeOp::Scan { f, axis, x, to, acc, wrap: false };
        self.tl.push(Op::Compute(op), Location::caller())
    }
    /// Every element `value`, which its dtype must hold.
    #[track_caller]
    pub fn fill(self, value: impl Into<f64>) -> Handle {
        let at = Location::caller();
        let (value, to) = (self.tl.constant(value.into(), at), self.tl.id(self.to));
        self.tl.push(Op::Compute(ComputeOp::Fill { value, to }), at)
    }
    /// `start + i · step` along `axis`, the same along all others; the destination is i32.
    #[track_caller]
    pub fn iota(self, axis: usize, start: i32, step: i32) -> Handle {
        let to = self.tl.id(self.to);
        self.tl.push(Op::Compute(ComputeOp::Iota { axis: narrow(axis), start, step, to }), Location::caller())
    }

    pub(super) fn unary_at(self, f: UnaryFn, x: Tile, at: At) -> Handle {
        let (x, to) = (self.tl.id(x), self.tl.id(self.to));
        self.tl.push(Op::Compute(ComputeOp::Unary { f, x, to }), at)
    }
    pub(super) fn binary_at(self, f: BinaryFn, x: TileOrConst, y: TileOrConst, at: At) -> Handle {
        let (x, y, to) = (self.tl.operand(x, at), self.tl.operand(y, at), self.tl.id(self.to));
        self.tl.push(Op::Compute(ComputeOp::Binary { f, x, y, to }), at)
    }
    fn reduce_at(self, f: ReduceFn, x: Tile, axis: usize, acc: DType, wrap: bool, at: At) -> Handle {
        let (x, to) = (self.tl.id(x), self.tl.id(self.to));
        self.tl.push(Op::Compute(ComputeOp::Reduce { f, axis: narrow(axis), x, to, acc, wrap }), at)
    }
}

pub(super) fn default_acc(dtype: DType) -> DType {
    if dtype.is_float() { DType::F32 } else { Sign::of([dtype]).dtype() }
}

/// An axis too large for a byte is too large for any tile: the rules say so.
fn narrow(axis: usize) -> u8 {
    u8::try_from(axis).unwrap_or(u8::MAX)
}
