//! `c = a · b`: which definition applies, and in which form the operands reach the loops.

use program::{DType, Dims, Sign};

use super::blocks::{Source, all, made};
use super::convert::{Kept, decode, encode_in, encode_integers, whole};
use super::error::CpuError;
use super::gemm::{AsStored, Gemm, Matrix, Start};
use super::operand::{Packed, Strided};
use super::simd::{Isa, Kernel, SimdLevel};
use super::stored::{Stored, with_stored};

/// The operands of `to = a · b`, or of `to = c + a · b`: a [m, k], b [k, n], c [m, n], of any strides; or equally many of
/// these along leading axes.
#[derive(Clone, Copy, Debug)]
pub struct Dot<'a> {
    pub a: Strided<'a>,
    pub b: Strided<'a>,
    pub c: Option<Strided<'a>>,
    /// In f32 every step is one `fma`. In a narrower float the `fma` is rounded to it after every step. In i32 and
    /// u8, which take integers only, sums wrap.
    pub acc: DType,
    pub to: DType,
}

/// Each output is a sum that takes `fma(a, b, sum)` for k ascending, from +0 or from c, and is rounded once to
/// the dtype of the result, in `room`.
pub fn dot(dot: &Dot, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    if dot.a.shape.len() > 2 {
        return batched(dot, simd);
    }
    one(dot, room, simd)
}

/// One product after the other.
fn batched(dot: &Dot, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    dot.operands().try_for_each(Strided::check)?;
    let batch = |view: &Strided| view.shape.len().checked_sub(2).map(|n| Dims::new(&view.shape[..n]));
    if dot.operands().any(|view| batch(view) != batch(&dot.a)) {
        return Err(dot.wrong());
    }
    let mut cs = dot.c.iter().flat_map(Strided::matrices);
    let mut all = Vec::new();
    for (a, b) in dot.a.matrices().zip(dot.b.matrices()) {
        let product = Dot { a, b, c: cs.next(), ..*dot };
        all.extend(one(&product, Vec::new(), simd)?);
    }
    Ok(all)
}

fn one(dot: &Dot, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    let size = dot.size()?;
    if dot.acc == DType::F32 {
        return dot_f32(dot, size, room, simd);
    }
    if dot.acc.is_float() {
        return dot_rounded(dot, size, room, simd);
    }
    dot_integer(dot, size, simd)
}

#[derive(Clone, Copy)]
struct Size {
    m: usize,
    k: usize,
    n: usize,
}

impl Dot<'_> {
    fn operands(&self) -> impl Iterator<Item = &Strided<'_>> {
        [Some(&self.a), Some(&self.b), self.c.as_ref()].into_iter().flatten()
    }
    fn wrong(&self) -> CpuError {
        let c = self.c.map_or(Dims::new(&[]), |c| c.shape);
        CpuError::DotShape { a: self.a.shape, b: self.b.shape, c }
    }
    fn size(&self) -> Result<Size, CpuError> {
        self.operands().try_for_each(Strided::check)?;
        let (&[m, k], &[also_k, n]) = (&*self.a.shape, &*self.b.shape) else { return Err(self.wrong()) };
        let out = Dims::new(&[m, n]);
        if k != also_k || self.c.is_some_and(|c| c.shape != out) {
            return Err(self.wrong());
        }
        Ok(Size { m: m as usize, k: k as usize, n: n as usize })
    }
}

fn dot_f32(dot: &Dot, size: Size, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    let Size { m, k, n } = size;
    let (a, b) = (readable(&dot.a, simd)?, readable(&dot.b, simd)?);
    let sums = |start: Start| simd.run(Gemm::new(a.matrix(), b.matrix(), start, [m, k, n]));
    let is_narrow = dot.to != DType::F32;
    // Sums of f32 are the result; others lie elsewhere until they are rounded.
    let (place, room) = if is_narrow { (Vec::new(), room) } else { (room, Vec::new()) };
    let out = match &dot.c {
        // Packed f32, with every NaN already the one that is written.
        Some(c) => sums(Start::From(rounded(c, DType::F32, place, simd)?)),
        None => sums(Start::Zero { room: place }),
    };
    if !is_narrow {
        return Ok(out);
    }
    rounded(&Strided::packed(&out, &[m as u32, n as u32], DType::F32), dot.to, room, simd)
}

/// A view's elements packed and rounded to `to`, in `room`.
fn rounded(view: &Strided, to: DType, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    let mut source = Source::of(view)?;
    let to = Packed { shape: view.shape, dtype: to };
    Ok(made(to, room, simd, |block| source.write_next(block, simd)))
}

/// A matrix the GEMM can read.
enum Readable<'a> {
    /// The operand itself.
    InPlace(Strided<'a>),
    /// What it was widened to, and how that lies: elements from row to row, and from column to column.
    Widened(Vec<f32>, [usize; 2]),
}

impl Readable<'_> {
    fn matrix(&self) -> Matrix<'_> {
        match self {
            Readable::InPlace(view) => Matrix {
                // A view without elements may begin anywhere.
                bytes: view.bytes.get(view.offset as usize..).unwrap_or(&[]),
                row: view.strides[0] as usize,
                column: view.strides[1] as usize,
                dtype: view.dtype,
            },
            &Readable::Widened(ref values, [row, column]) => {
                Matrix { bytes: bytemuck::cast_slice(values), row, column, dtype: DType::F32 }
            }
        }
    }
}

/// An operand as the GEMM reads it: as it is stored, or widened.
fn readable<'a>(view: &Strided<'a>, simd: SimdLevel) -> Result<Readable<'a>, CpuError> {
    if AsStored::of(view.dtype).is_some() {
        return Ok(Readable::InPlace(*view));
    }
    let (rows, columns) = (view.shape[0] as usize, view.shape[1] as usize);
    // In the order of memory, so that a transposed operand is read in runs too.
    if view.strides[0] < view.strides[1] {
        return Ok(Readable::Widened(decode(&view.transposed(), simd)?, [1, rows]));
    }
    Ok(Readable::Widened(decode(view, simd)?, [columns, 1]))
}

fn dot_rounded(dot: &Dot, size: Size, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    let c = dot.c.as_ref().map_or_else(|| Ok(vec![0.0; size.m * size.n]), |c| decode(c, simd))?;
    let kernel = Rounded { a: &all(&dot.a, simd)?, b: &all(&dot.b, simd)?, c, size, acc: dot.acc };
    Ok(encode_in(&simd.run(kernel), dot.to, room, simd))
}

fn dot_integer(dot: &Dot, size: Size, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    if dot.operands().any(|view| view.dtype.is_float()) {
        return Err(CpuError::Accumulate { acc: dot.acc });
    }
    let c = dot.c.as_ref().map_or_else(|| vec![0; size.m * size.n], whole);
    let of_bytes = [dot.a, dot.b].iter().all(|view| view.dtype.size() == 1);
    let mut sums = if of_bytes {
        by_floats(dot, c, size, simd)?
    } else {
        simd.run(Integer { a: &whole(&dot.a), b: &whole(&dot.b), c, size })
    };
    let keep = Kept::by(dot.acc);
    sums.iter_mut().for_each(|sum| *sum = keep.of(*sum));
    Ok(encode_integers(&sums, Sign::of([dot.acc]), dot.to))
}

/// Products of bytes are below 2¹⁶ in size, so that f32 sums this many of them exactly, in any order.
const EXACT: usize = 256;

/// Sums of products of bytes, by the GEMM of f32.
fn by_floats(dot: &Dot, mut c: Vec<i32>, size: Size, simd: SimdLevel) -> Result<Vec<i32>, CpuError> {
    let Size { m, k, n } = size;
    let mut room = Vec::new();
    for first in (0..k).step_by(EXACT) {
        let depth = EXACT.min(k - first);
        let (a, b) = (part(&dot.a, 1, first, depth), part(&dot.b, 0, first, depth));
        let (a, b) = (readable(&a, simd)?, readable(&b, simd)?);
        let sums = simd.run(Gemm::new(a.matrix(), b.matrix(), Start::Zero { room }, [m, depth, n]));
        for (c, sum) in c.iter_mut().zip(sums.as_chunks::<4>().0) {
            *c = c.wrapping_add(f32::from_le_bytes(*sum) as i32);
        }
        room = sums;
    }
    Ok(c)
}

/// `extent` elements of an axis, from `first` on.
fn part<'a>(view: &Strided<'a>, axis: usize, first: usize, extent: usize) -> Strided<'a> {
    let skipped = first as u64 * u64::from(view.strides[axis]) * view.dtype.size();
    Strided { offset: view.offset + skipped, shape: view.shape.with(axis, extent as u32), ..*view }
}

/// Adds `a · b` to `c`, all packed; k ascends for each output.
#[inline(always)]
fn each_product<T: Copy>(a: &[T], b: &[T], c: &mut [T], Size { m, k, n }: Size, step: impl Fn(T, T, T) -> T) {
    if n == 0 || k == 0 {
        return;
    }
    for i in 0..m {
        let sums = &mut c[i * n..][..n];
        for (&a, row) in a[i * k..][..k].iter().zip(b.chunks_exact(n)) {
            for (sum, &b) in sums.iter_mut().zip(row) {
                *sum = step(a, b, *sum);
            }
        }
    }
}

/// A dot that rounds its sums to a narrower float after every step.
struct Rounded<'a> {
    a: &'a [f32],
    b: &'a [f32],
    c: Vec<f32>,
    size: Size,
    acc: DType,
}

impl Kernel for Rounded<'_> {
    type Out = Vec<f32>;
    #[inline(always)]
    fn run<I: Isa>(mut self) -> Vec<f32> {
        with_stored!(self.acc, T => {
            each_product(self.a, self.b, &mut self.c, self.size, |a, b, sum| {
                T::decode(T::encode(I::fma(a, b, sum)))
            })
        });
        self.c
    }
}

struct Integer<'a> {
    a: &'a [i32],
    b: &'a [i32],
    c: Vec<i32>,
    size: Size,
}

impl Kernel for Integer<'_> {
    type Out = Vec<i32>;
    #[inline(always)]
    fn run<I: Isa>(mut self) -> Vec<i32> {
        each_product(self.a, self.b, &mut self.c, self.size, |a, b, sum| sum.wrapping_add(a.wrapping_mul(b)));
        self.c
    }
}
