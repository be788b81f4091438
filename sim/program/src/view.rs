//! A view: which bytes an op touches, and how they form a tensor.

use std::fmt;

use machine::id;
use serde::{Deserialize, Serialize};

use crate::dtype::DType;

id!(
    /// A TCM buffer of one rank.
    BufferId,
    "b"
);
id!(
    /// An entry of a rank's view table.
    ViewId,
    "v"
);
id!(
    /// A tensor in some rank's HBM.
    TensorId,
    "t"
);
id!(
    /// One directed ring of slots.
    RingId,
    "ring"
);

/// A view has at most this many dimensions.
pub const MAX_DIMS: usize = 4;

/// Up to [`MAX_DIMS`] extents or strides; written in JSON as a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dims {
    n: u8,
    values: [u32; MAX_DIMS],
}

impl Dims {
    /// # Panics
    /// When there are more than [`MAX_DIMS`] values; use [`Dims::checked`] on input.
    #[inline]
    pub fn new(values: &[u32]) -> Dims {
        Dims::checked(values).expect("a view has at most four dimensions")
    }
    #[inline]
    pub fn checked(values: &[u32]) -> Option<Dims> {
        let mut dims = Dims { n: u8::try_from(values.len()).ok()?, values: [0; MAX_DIMS] };
        dims.values.get_mut(..values.len())?.copy_from_slice(values);
        Some(dims)
    }
    /// Row-major strides, in elements, of a packed tensor of this shape. Saturating: a shape whose strides
    /// do not fit is refused by the verifier, which counts in 64 bits.
    #[inline]
    pub fn packed_strides(self) -> Dims {
        let mut strides = self;
        let mut stride = 1u32;
        for axis in (0..self.len()).rev() {
            strides.values[axis] = stride;
            stride = stride.saturating_mul(self.values[axis]);
        }
        strides
    }
    /// The same, with one value changed.
    #[must_use]
    pub fn with(mut self, axis: usize, value: u32) -> Dims {
        assert!(axis < self.len(), "axis {axis} of {self:?}");
        self.values[axis] = value;
        self
    }
    /// The same, with two values exchanged.
    #[must_use]
    pub fn swapped(mut self, a: usize, b: usize) -> Dims {
        assert!(a.max(b) < self.len(), "axes {a} and {b} of {self:?}");
        self.values.swap(a, b);
        self
    }
    #[inline]
    pub fn product(self) -> u64 {
        self.iter().map(|&v| u64::from(v)).fold(1, u64::saturating_mul)
    }
}

impl std::ops::Deref for Dims {
    type Target = [u32];
    #[inline]
    fn deref(&self) -> &[u32] {
        &self.values[..usize::from(self.n)]
    }
}
impl AsRef<[u32]> for Dims {
    fn as_ref(&self) -> &[u32] {
        self
    }
}
impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
/// Prints as `16×64`; a scalar prints as `1`.
impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("1");
        }
        for (axis, value) in self.iter().enumerate() {
            write!(f, "{}{value}", if axis == 0 { "" } else { "×" })?;
        }
        Ok(())
    }
}
impl Serialize for Dims {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
impl<'de> Deserialize<'de> for Dims {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Dims, D::Error> {
        let values = Vec::<u32>::deserialize(deserializer)?;
        Dims::checked(&values)
            .ok_or_else(|| serde::de::Error::custom(format!("a view has at most {MAX_DIMS} dimensions")))
    }
}

/// A message: which ring, and its number on that ring. The number is its identity; the slot
/// (`number mod n_slots`) only says where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub ring: RingId,
    pub number: u32,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.ring, self.number)
    }
}

/// Base of a view's offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// A TCM buffer of this rank.
    Buffer(BufferId),
    /// A tensor in HBM, of any rank.
    Tensor(TensorId),
    /// A received message, in its slot.
    Message(Message),
}

/// Bytes seen as a tensor. Element `[i, j, …]` lies `offset + (i·strides[0] + j·strides[1] + …) × size`
/// bytes after the start of `base`; a stride of 0 broadcasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct View {
    pub base: Base,
    /// In bytes.
    pub offset: u64,
    pub shape: Dims,
    /// In elements.
    pub strides: Dims,
    pub dtype: DType,
}

impl View {
    /// A packed row-major view of all of `base`.
    pub fn packed(base: Base, shape: Dims, dtype: DType) -> View {
        View { base, offset: 0, shape, strides: shape.packed_strides(), dtype }
    }
    #[inline]
    pub fn elements(&self) -> u64 {
        self.shape.product()
    }
    /// Bytes of the values, not of the span they lie in.
    #[inline]
    pub fn bytes(&self) -> u64 {
        self.elements().saturating_mul(self.dtype.size())
    }
    /// The matrices of the last two axes, of which it has at least two, one after the other.
    pub fn matrices(&self) -> impl Iterator<Item = View> + use<> {
        let (view, leading) = (*self, self.shape.len() - 2);
        let [shape, strides] = [view.shape, view.strides].map(|dims| Dims::new(&dims[leading..]));
        let n: u64 = view.shape[..leading].iter().map(|&n| u64::from(n)).product();
        (0..n).map(move |number| {
            let (mut rest, mut start) = (number, 0);
            for axis in (0..leading).rev() {
                let extent = u64::from(view.shape[axis]);
                start += rest % extent * u64::from(view.strides[axis]);
                rest /= extent;
            }
            View { offset: view.offset + start * view.dtype.size(), shape, strides, ..view }
        })
    }
    /// One past the last byte touched, counted from the start of `base`; `offset` when the view is empty.
    #[inline]
    pub fn end(&self) -> u64 {
        if self.elements() == 0 {
            return self.offset;
        }
        let reach = self.shape.iter().zip(self.strides.iter());
        let last = reach
            .map(|(&n, &stride)| u64::from(n - 1).saturating_mul(u64::from(stride)))
            .fold(0, u64::saturating_add);
        self.offset.saturating_add(last.saturating_add(1).saturating_mul(self.dtype.size()))
    }
    /// Whether the elements lie one after the other, in row-major order, with no gap.
    #[inline]
    pub fn is_packed(&self) -> bool {
        let mut packed = 1u32;
        (0..self.shape.len()).rev().all(|axis| {
            let extent = self.shape[axis];
            let is_packed = extent == 1 || self.strides.get(axis) == Some(&packed);
            packed = packed.saturating_mul(extent);
            is_packed
        })
    }
    /// Strides of the same elements as another shape, when only axes of extent 1 differ.
    pub fn squeezed(&self, to: Dims) -> Option<Dims> {
        let mut own = self.shape.iter().zip(self.strides.iter()).filter(|(extent, _)| **extent != 1);
        let mut strides = to.packed_strides();
        for (axis, &extent) in to.iter().enumerate().filter(|(_, extent)| **extent != 1) {
            let (&known, &stride) = own.next()?;
            strides = (known == extent).then(|| strides.with(axis, stride))?;
        }
        own.next().is_none().then_some(strides)
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
