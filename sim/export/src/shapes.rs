//! Operands of an op as text: shapes and dtypes.

use std::fmt::Write;

use program::op::Access;
use program::{DType, Dims, RankProgram, ViewId};

/// Shapes and dtypes of what an op reads, and of what it writes: ops of one key have one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shapes {
    reads: Vec<(Dims, DType)>,
    write: Option<(Dims, DType)>,
}

impl Shapes {
    pub fn of(rank: &RankProgram, access: &Access) -> Shapes {
        let shape = |view: ViewId| {
            let view = &rank.views[view.index()];
            (view.shape, view.dtype)
        };
        Shapes { reads: access.reads().map(shape).collect(), write: access.write.map(shape) }
    }

    pub fn is_empty(&self) -> bool {
        *self == Shapes::default()
    }

    /// `16×64 f16, 64×128 f16 → 16×128 f32`; empty when the op touches no bytes.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (n, (shape, dtype)) in self.reads.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(text, "{comma}{shape} {}", dtype.name()).expect("a string takes everything");
        }
        if let Some((shape, dtype)) = self.write {
            let space = if text.is_empty() { "" } else { " " };
            write!(text, "{space}→ {shape} {}", dtype.name()).expect("a string takes everything");
        }
        text
    }
}
