//! Compute ops that return a new tile. Its dtype is f32 for `dot` (i32 of integers), u8 for `compare`, i32 for `iota`, and else
//! that of the first operand that is a tile (`x` before `y`; never the mask). [`Tl::to`] chooses another.

use std::panic::Location;

use crate::dtype::DType;
use crate::op::{CompareFn, ComputeOp, Op, ReduceFn};
use crate::rules;
use crate::scaled::ScaledFormat;
use crate::tl::recorder::{At, Tl};
use crate::tl::tile::{Handle, Tile, TileOrConst};
use crate::view::Dims;

impl Tl {
    /// `a · b` for a [m, k] and b [k, n], or for equally many of them along leading axes. Floats accumulate in f32 and
    /// give f32; i8 and u8 do in i32, wrapping, and give i32.
    #[track_caller]
    pub fn dot(&mut self, a: Tile, b: Tile) -> Tile {
        self.dot_as(a, b, sum_of_products(a))
    }
    /// `a · b`, accumulated in f32 (in i32 of integers) and rounded once to `dtype`.
    #[track_caller]
    pub fn dot_as(&mut self, a: Tile, b: Tile, dtype: DType) -> Tile {
        self.dot_by(a, b, sum_of_products(a), dtype)
    }
    /// `a · b`, accumulated in `acc`, which is f32, f16 or bf16 of floats and i32 of integers, and rounded once to `dtype`.
    #[track_caller]
    pub fn dot_by(&mut self, a: Tile, b: Tile, acc: DType, dtype: DType) -> Tile {
        self.catch(a.fault);
        self.catch(b.fault);
        // What does not fit is the op's mistake to report.
        let (shape, columns) = (a.shape(), b.shape().last().copied().unwrap_or(1));
        let shape = if shape.is_empty() { Dims::new(&[1]) } else { shape.with(shape.len() - 1, columns) };
        let to = self.tile(shape, dtype);
        let handle = self.to(to).dot_by(a, b, acc);
        to.made_by(handle)
    }
    /// `c += a · b`: the accumulator, f32 or i32, starts from c.
    #[track_caller]
    pub fn dot_acc(&mut self, c: Tile, a: Tile, b: Tile) -> Handle {
        self.dot_op(c, a, b, (true, sum_of_products(a)), Location::caller())
    }
    /// `c += a · b`, accumulated in `acc`, which starts from c.
    #[track_caller]
    pub fn dot_acc_by(&mut self, c: Tile, a: Tile, b: Tile, acc: DType) -> Handle {
        self.dot_op(c, a, b, (true, acc), Location::caller())
    }
    /// The numbers of a block-scaled tensor, as `dtype`: of a last axis of n elements, x has n, or n / 2 bytes where two
    /// share one, and the scales have one for each block.
    #[track_caller]
    pub fn dequantize(&mut self, format: ScaledFormat, x: Tile, scales: Tile, dtype: DType) -> Tile {
        self.catch(x.fault);
        self.catch(scales.fault);
        let shape = x.shape();
        let last = shape.len().saturating_sub(1);
        let n = shape.last().map_or(1, |n| n.saturating_mul(format.per_byte()));
        let shape = if shape.is_empty() { Dims::new(&[n]) } else { shape.with(last, n) };
        let to = self.tile(shape, dtype);
        let handle = self.to(to).dequantize(format, x, scales);
        to.made_by(handle)
    }
    /// `a · bᵀ` of block-scaled tiles, a [m, k] and b [n, k], each with its scales and format: the blocks of both go along k.
    /// Both become bf16, which holds every product of an element and a scale exactly but beyond its range, and their products
    /// accumulate in f32.
    #[track_caller]
    pub fn dot_scaled(&mut self, a: (ScaledFormat, Tile, Tile), b: (ScaledFormat, Tile, Tile)) -> Tile {
        let [a, b] = [a, b].map(|(format, x, scales)| self.dequantize(format, x, scales, DType::Bf16));
        self.dot(a, b.trans())
    }
    /// 1 where `x f y`, else 0, as u8.
    #[track_caller]
    pub fn compare(&mut self, f: CompareFn, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Tile {
        let (x, y) = (x.into(), y.into());
        let to = self.result_of(&[x, y], &[x, y], Some(DType::U8), Location::caller());
        let handle = self.to(to).compare(f, x, y);
        to.made_by(handle)
    }
    /// `x` where the mask is not 0, else `y`.
    #[track_caller]
    pub fn where_(&mut self, mask: Tile, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Tile {
        let (x, y) = (x.into(), y.into());
        let to = self.result_of(&[mask.into(), x, y], &[x, y], None, Location::caller());
        let handle = self.to(to).where_(mask, x, y);
        to.made_by(handle)
    }
    /// The sum along an axis, which stays with extent 1; accumulated in f32 (in i32 for integers).
    #[track_caller]
    pub fn sum(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Sum, x, axis)
    }
    /// The sum along an axis, accumulated in `acc` and rounded to `out`.
    #[track_caller]
    pub fn sum_as(&mut self, x: Tile, axis: usize, acc: DType, out: DType, wrap: bool) -> Tile {
        let to = self.reduced(x, axis, out);
        let handle = self.to(to).sum_as(x, axis, acc, wrap);
        to.made_by(handle)
    }
    /// The largest along an axis, which stays with extent 1; NaN if one is.
    #[track_caller]
    pub fn max(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Max, x, axis)
    }
    /// The smallest along an axis, which stays with extent 1; NaN if one is.
    #[track_caller]
    pub fn min(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Min, x, axis)
    }
    /// The product along an axis, which stays with extent 1; accumulated in f32 (in i32 for integers).
    #[track_caller]
    pub fn prod(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Prod, x, axis)
    }
    /// 1 where one along an axis is not 0, else 0, as u8.
    #[track_caller]
    pub fn any(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Any, x, axis)
    }
    /// 1 where none along an axis is 0, else 0, as u8.
    #[track_caller]
    pub fn all(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::All, x, axis)
    }
    /// The first place along an axis of the largest, or of the first NaN, as i32.
    #[track_caller]
    pub fn argmax(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Argmax, x, axis)
    }
    /// The first place along an axis of the smallest, or of the first NaN, as i32.
    #[track_caller]
    pub fn argmin(&mut self, x: Tile, axis: usize) -> Tile {
        self.reduce(ReduceFn::Argmin, x, axis)
    }
    /// A reduction by its name. The result has the dtype of x, or the one that the function gives.
    #[track_caller]
    pub fn reduce(&mut self, f: ReduceFn, x: Tile, axis: usize) -> Tile {
        let to = self.reduced(x, axis, f.gives().unwrap_or(x.dtype()));
        let handle = self.to(to).reduce(f, x, axis);
        to.made_by(handle)
    }
    /// `x · y + z`, of floats with one rounding to f32.
    #[track_caller]
    pub fn fma(
        &mut self,
        x: impl Into<TileOrConst>,
        y: impl Into<TileOrConst>,
        z: impl Into<TileOrConst>,
    ) -> Tile {
        let operands @ [x, y, z] = [x.into(), y.into(), z.into()];
        let to = self.result_of(&operands, &operands, None, Location::caller());
        let handle = self.to(to).fma(x, y, z);
        to.made_by(handle)
    }
    /// The sums of all beginnings of an axis: element i is the sum of those up to it.
    #[track_caller]
    pub fn cumsum(&mut self, x: Tile, axis: usize) -> Tile {
        self.scan(ReduceFn::Sum, x, axis)
    }
    /// The reductions of all beginnings of an axis, by the name of a reduction that goes on from its result.
    #[track_caller]
    pub fn scan(&mut self, f: ReduceFn, x: Tile, axis: usize) -> Tile {
        self.catch(x.fault);
        let to = self.tile(x.shape(), x.dtype());
        let handle = self.to(to).scan(f, x, axis);
        to.made_by(handle)
    }
    /// A new tile with every element `value`, which its dtype must hold.
    #[track_caller]
    pub fn full(&mut self, shape: impl AsRef<[u32]>, dtype: DType, value: impl Into<f64>) -> Tile {
        let to = self.tile(shape, dtype);
        let handle = self.to(to).fill(value);
        to.made_by(handle)
    }
    /// `start + i · step` along `axis`, the same along all others, as i32.
    #[track_caller]
    pub fn iota(&mut self, shape: impl AsRef<[u32]>, axis: usize, start: i32, step: i32) -> Tile {
        let to = self.tile(shape, DType::I32);
        let handle = self.to(to).iota(axis, start, step);
        to.made_by(handle)
    }

    pub(super) fn dot_op(
        &mut self,
        c: Tile,
        a: Tile,
        b: Tile,
        (accumulate, acc): (bool, DType),
        at: At,
    ) -> Handle {
        let (a, b, c) = (self.id(a), self.id(b), self.id(c));
        self.push(Op::Compute(ComputeOp::Dot { a, b, c, accumulate, acc }), at)
    }

    #[track_caller]
    fn reduced(&mut self, x: Tile, axis: usize, dtype: DType) -> Tile {
        // An axis that does not exist is the op's mistake to report.
        self.catch(x.fault);
        let shape = if axis < x.shape().len() { x.shape().with(axis, 1) } else { x.shape() };
        self.tile(shape, dtype)
    }

    /// A tile of the shape that `operands` broadcast to, and the dtype of the first tile of `typed`.
    #[track_caller]
    pub(super) fn result_of(
        &mut self,
        operands: &[TileOrConst],
        typed: &[TileOrConst],
        dtype: Option<DType>,
        at: At,
    ) -> Tile {
        let dtype = dtype.or_else(|| typed.iter().find_map(|x| x.tile()).map(|tile| tile.dtype()));
        let mut shape: Option<Dims> = None;
        for tile in operands.iter().filter_map(|x| x.tile()) {
            self.catch(tile.fault);
            let Some(so_far) = shape else {
                shape = Some(tile.shape());
                continue;
            };
            shape = rules::broadcast(so_far, tile.shape()).or_else(|| {
                let message = format!("{so_far} and {} do not broadcast to one shape", tile.shape());
                self.fail(at, message, "only extents of 1 and missing leading axes are repeated");
                Some(if so_far.len() >= tile.shape().len() { so_far } else { tile.shape() })
            });
        }
        if operands.iter().all(|x| x.tile().is_none()) {
            self.fail(at, "an op on constants alone has no shape".to_owned(), "use `full`, or `to(tile)`");
        }
        self.tile(shape.unwrap_or(Dims::new(&[1])), dtype.unwrap_or(DType::F32))
    }
}

/// In which the products of an operand are summed, where the author does not say it.
pub(super) fn sum_of_products(a: Tile) -> DType {
    if a.dtype().is_float() { DType::F32 } else { DType::I32 }
}
