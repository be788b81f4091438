//! Errors of a kernel author, with the source line.

use std::fmt;
use std::panic::Location;

use crate::dtype::DType;
use crate::view::{Dims, MAX_DIMS, TensorId};

/// The first mistake made while a program was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// What is wrong, lower case.
    pub message: String,
    /// The rank whose recording failed; `None` when the mistake was made before any rank ran.
    pub rank: Option<u32>,
    /// `file:line:column`.
    pub source: String,
    /// What to do, in the words of `tl`.
    pub repair: String,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rank) = self.rank {
            write!(f, "rank {rank}, ")?;
        }
        write!(f, "{}: {}; {}", self.source, self.message, self.repair)
    }
}

impl std::error::Error for RecordError {}

/// A mistake in making a view. Tiles are plain values without a recorder, so the mistake travels in the
/// tile until an op uses it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub wrong: Wrong,
    pub at: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Wrong {
    TooManyDims { dims: usize },
    Huge { shape: Dims },
    Axis { axis: usize, shape: Dims },
    Slice { axis: usize, start: u32, len: u32, extent: u32 },
    Reshape { from: Dims, to: Dims },
    Scattered { shape: Dims },
    Reinterpret { offset: u64, shape: Dims, dtype: DType, available: u64 },
    Broadcast { from: Dims, to: Dims },
    Trans { shape: Dims },
    Tensor { id: TensorId },
}

impl Wrong {
    pub fn message(&self) -> String {
        match *self {
            Wrong::TooManyDims { dims } => format!("a shape of {dims} dimensions"),
            Wrong::Huge { shape } => format!("a tile of {shape} has more than 2^32 - 1 elements"),
            Wrong::Axis { axis, shape } => {
                format!("axis {axis} of a tile of {shape}, which has {} axes", shape.len())
            }
            Wrong::Slice { axis, start, len, extent } => {
                format!("slice {start}..{start}+{len} of axis {axis}, whose extent is {extent}")
            }
            Wrong::Reshape { from, to } => {
                format!("reshape of {from} to {to}: {} elements to {}", from.product(), to.product())
            }
            Wrong::Scattered { shape } => {
                format!("the elements of this {shape} tile do not lie one after the other")
            }
            Wrong::Reinterpret { offset, shape, dtype, available } => {
                format!("view of {shape} {dtype} at byte {offset} of a tile that has {available} bytes")
            }
            Wrong::Broadcast { from, to } => format!("{from} does not broadcast to {to}"),
            Wrong::Trans { shape } => format!("trans of a tile of {shape}, which has fewer than two axes"),
            Wrong::Tensor { id } => format!("{id} is not a tensor of this recording"),
        }
    }

    pub fn repair(&self) -> String {
        match self {
            Wrong::TooManyDims { .. } => format!("use at most {MAX_DIMS}"),
            Wrong::Huge { .. } => "use smaller tiles".to_owned(),
            Wrong::Axis { .. } => "count axes from 0".to_owned(),
            Wrong::Slice { .. } => "slice at least one element, within the extent".to_owned(),
            Wrong::Reshape { .. } => "keep the number of elements".to_owned(),
            Wrong::Scattered { .. } => "copy or load it to a tile of its own first".to_owned(),
            Wrong::Reinterpret { .. } => "count the bytes of all parts of the message".to_owned(),
            Wrong::Broadcast { .. } => "only extents of 1 and missing leading axes are repeated".to_owned(),
            Wrong::Trans { .. } => "reshape it to two axes first".to_owned(),
            Wrong::Tensor { .. } => "declare it before recording".to_owned(),
        }
    }
}
