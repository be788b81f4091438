//! Operand of an op: bytes seen as a tensor, or a constant.

use program::op::Constant;
use program::view::MAX_DIMS;
use program::{DType, Dims, Sign};

use super::error::CpuError;

/// Bytes seen as a tensor: a `program::View` whose base has been found.
#[derive(Clone, Copy, Debug)]
pub struct Strided<'a> {
    pub bytes: &'a [u8],
    /// Of the first element, in bytes.
    pub offset: u64,
    pub shape: Dims,
    /// In elements; 0 repeats.
    pub strides: Dims,
    pub dtype: DType,
}

/// An operand of an op that takes constants.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    View(Strided<'a>),
    Constant(Constant),
}

/// Result of an op: a packed row-major tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    pub shape: Dims,
    pub dtype: DType,
}

impl Packed {
    pub fn elements(&self) -> usize {
        usize::try_from(self.shape.product()).unwrap_or(usize::MAX)
    }
}

/// Elements `stride` apart, the first at byte `start`.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub start: usize,
    pub len: usize,
    /// In bytes.
    pub stride: usize,
}

impl<'a> Strided<'a> {
    /// All of `bytes`, row-major.
    pub fn packed(bytes: &'a [u8], shape: &[u32], dtype: DType) -> Strided<'a> {
        let shape = Dims::new(shape);
        Strided { bytes, offset: 0, shape, strides: shape.packed_strides(), dtype }
    }
    pub fn elements(&self) -> usize {
        usize::try_from(self.shape.product()).unwrap_or(usize::MAX)
    }
    /// With the last two axes exchanged.
    #[must_use]
    pub fn transposed(&self) -> Strided<'a> {
        let exchange = |dims: Dims| {
            let mut values = dims.to_vec();
            if let [.., a, b] = &mut values[..] {
                std::mem::swap(a, b);
            }
            Dims::new(&values)
        };
        Strided { shape: exchange(self.shape), strides: exchange(self.strides), ..*self }
    }

    /// The matrices of the last two axes, one after the other; the view has at least two.
    pub(crate) fn matrices(&self) -> impl Iterator<Item = Strided<'a>> + use<'a> {
        let view = *self;
        let n = view.shape.len() - 2;
        let (shape, strides) = (Dims::new(&view.shape[n..]), Dims::new(&view.strides[n..]));
        let outer =
            Strided { shape: Dims::new(&view.shape[..n]), strides: Dims::new(&view.strides[..n]), ..view };
        let starts = outer.runs().flat_map(|run| (0..run.len).map(move |i| run.start + i * run.stride));
        starts.map(move |start| Strided { offset: start as u64, shape, strides, ..view })
    }

    /// Refuses a view that reaches beyond its bytes. Every op calls this first; what follows may rely on it.
    pub(super) fn check(&self) -> Result<(), CpuError> {
        if self.shape.len() != self.strides.len() {
            return Err(CpuError::Strides { shape: self.shape.len(), strides: self.strides.len() });
        }
        let (end, len) = (self.end(), self.bytes.len() as u64);
        if end > len { Err(CpuError::OutOfBounds { shape: self.shape, end, len }) } else { Ok(()) }
    }
    fn end(&self) -> u64 {
        if self.shape.contains(&0) {
            return 0;
        }
        let reach = self.shape.iter().zip(self.strides.iter());
        let last = reach.map(|(&n, &s)| u64::from(n - 1) * u64::from(s)).fold(0, u64::saturating_add);
        self.offset.saturating_add(last.saturating_add(1).saturating_mul(self.dtype.size()))
    }

    /// The same bytes, repeated to fill `shape`.
    pub(super) fn broadcast(&self, shape: Dims) -> Result<Strided<'a>, CpuError> {
        let wrong = CpuError::Broadcast { from: self.shape, to: shape };
        let Some(missing) = shape.len().checked_sub(self.shape.len()) else { return Err(wrong) };
        let mut strides = [0; MAX_DIMS];
        for axis in 0..self.shape.len() {
            if self.shape[axis] == shape[missing + axis] {
                strides[missing + axis] = self.strides[axis];
            } else if self.shape[axis] != 1 {
                return Err(wrong);
            }
        }
        Ok(Strided { shape, strides: Dims::new(&strides[..shape.len()]), ..*self })
    }

    /// The elements in row-major order, as few long runs. Inner axes that continue one another with one stride
    /// are one run.
    #[inline(always)]
    pub(super) fn runs(&self) -> Runs {
        let size = self.dtype.size() as usize;
        let extents = std::array::from_fn(|a| self.shape.get(a).map_or(1, |&n| n as usize));
        let steps: [usize; MAX_DIMS] =
            std::array::from_fn(|a| self.strides.get(a).map_or(0, |&s| s as usize * size));
        let (mut outer, mut len, mut stride) = (self.shape.len(), 1, 0);
        while outer > 0 && (extents[outer - 1] == 1 || len == 1 || steps[outer - 1] == len * stride) {
            outer -= 1;
            if extents[outer] != 1 {
                stride = if len == 1 { steps[outer] } else { stride };
                len *= extents[outer];
            }
        }
        let left = extents[..outer].iter().product::<usize>() * len.min(1);
        let start = self.offset as usize;
        Runs { extents, steps, outer, index: [0; MAX_DIMS], left, run: Run { start, len, stride } }
    }
}

/// An odometer over the axes that are not part of a run.
pub(super) struct Runs {
    extents: [usize; MAX_DIMS],
    /// In bytes.
    steps: [usize; MAX_DIMS],
    outer: usize,
    index: [usize; MAX_DIMS],
    left: usize,
    run: Run,
}

impl Iterator for Runs {
    type Item = Run;
    /// An iterator rather than a visitor: the loop over a run must be compiled where it is written.
    #[inline(always)]
    fn next(&mut self) -> Option<Run> {
        self.left = self.left.checked_sub(1)?;
        let run = self.run;
        for axis in (0..self.outer).rev() {
            self.index[axis] += 1;
            self.run.start += self.steps[axis];
            if self.index[axis] < self.extents[axis] {
                break;
            }
            self.run.start -= self.steps[axis] * self.extents[axis];
            self.index[axis] = 0;
        }
        Some(run)
    }
}

impl Input<'_> {
    /// Whether an op on this and others may be an integer op.
    pub(super) fn may_be_integer(&self, sign: Sign) -> bool {
        match self {
            Input::View(view) => !view.dtype.is_float(),
            Input::Constant(constant) => constant.word(sign).is_some(),
        }
    }
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Input::View(_) => false,
            Input::Constant(_) => true,
        }
    }
}

/// Whether an op on these operands is an integer op: all are integers, and not all are constants.
pub(crate) fn all_integers(inputs: &[&Input]) -> bool {
    let sign = sign_of(inputs);
    inputs.iter().all(|i| i.may_be_integer(sign)) && !inputs.iter().all(|i| i.is_constant())
}

/// How the 32 bits of an integer op on these operands count.
pub(crate) fn sign_of(inputs: &[&Input]) -> Sign {
    Sign::of(inputs.iter().filter_map(|input| match input {
        Input::View(view) => Some(view.dtype),
        Input::Constant(_) => None,
    }))
}
