//! Operands from resolved reads: in place where a read lies in one value, else assembled.

use std::borrow::Cow;

use program::view::MAX_DIMS;
use program::{Rows, View};
use smallvec::SmallVec;

use crate::cpu::Strided;
use crate::history::Part;
use crate::reads::{Found, find};
use crate::values::Values;
use crate::version::VersionId;

/// Bytes that nothing wrote: NaN in every float dtype, so that they cannot pass for a result.
pub const POISON: u8 = 0xff;

/// An operand with the bytes it lies in.
pub struct Operand<'a> {
    bytes: Cow<'a, [u8]>,
    /// The value the bytes are, when they are one.
    value: Option<VersionId>,
    offset: u64,
    view: View,
}

impl<'a> Operand<'a> {
    /// Reads `view`, whose base lies where `base` says, from `parts`.
    pub fn read(
        values: &'a Values<'_>,
        view: &View,
        parts: &[Part],
        base: impl FnOnce() -> u64,
    ) -> Operand<'a> {
        let compact = || View { strides: view.compact_strides(), ..*view };
        match find(view, parts) {
            Found::InPlace { version, offset } => {
                let bytes = Cow::Borrowed(values.bytes(version));
                Operand { bytes, value: Some(version), offset, view: *view }
            }
            Found::Compact { version, offset } => {
                let bytes = Cow::Borrowed(values.bytes(version));
                Operand { bytes, value: Some(version), offset, view: compact() }
            }
            Found::Scattered => {
                let bytes = Cow::Owned(assemble(values, &view.rows().at(base()), parts));
                Operand { bytes, value: None, offset: 0, view: compact() }
            }
        }
    }

    pub fn strided(&self) -> Strided<'_> {
        let View { shape, strides, dtype, .. } = self.view;
        Strided { bytes: &self.bytes, offset: self.offset, shape, strides, dtype }
    }
    /// The value this operand is a part of, and where it begins there.
    pub fn within(&self) -> Option<(VersionId, u64)> {
        Some((self.value?, self.offset))
    }
}

/// The rows of a read, one after the other.
fn assemble(values: &Values<'_>, rows: &Rows, parts: &[Part]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.length as usize).sum());
    rows.for_each(|start| {
        let end = start + rows.run();
        let first = parts.partition_point(|part| part.end() <= start);
        for part in parts[first..].iter().take_while(|part| part.start < end) {
            let (from, to) = (part.start.max(start), part.end().min(end));
            append(values, part, from, to, &mut bytes);
        }
    });
    bytes
}

/// Appends the bytes of `part` at addresses `from..to`.
pub fn append(values: &Values<'_>, part: &Part, from: u64, to: u64, bytes: &mut Vec<u8>) {
    match part.version {
        Some(version) => {
            let at = (part.at + from - part.start) as usize;
            bytes.extend_from_slice(&values.bytes(version)[at..at + (to - from) as usize]);
        }
        None => bytes.resize(bytes.len() + (to - from) as usize, POISON),
    }
}

/// `from` with its axes in the order in which `to` lays them in memory: what a version's value holds.
pub fn in_memory_order<'a>(from: &Strided<'a>, to: &View) -> Strided<'a> {
    if is_row_major(to) {
        return *from;
    }
    let axes: SmallVec<[usize; MAX_DIMS]> = to.memory_order().collect();
    let pick = |dims: program::Dims| {
        let picked: SmallVec<[u32; MAX_DIMS]> = axes.iter().map(|&axis| dims[axis]).collect();
        program::Dims::new(&picked)
    };
    Strided { shape: pick(from.shape), strides: pick(from.strides), ..*from }
}

/// Whether the elements of a view lie in memory in the order of their indices, each at a place of its own.
fn is_row_major(view: &View) -> bool {
    let moving = (0..view.shape.len()).filter(|&axis| view.shape[axis] != 1);
    moving.map(|axis| view.strides[axis]).is_sorted_by(|outer, inner| outer > inner && *inner > 0)
        && (0..view.shape.len()).all(|axis| view.shape[axis] == 1 || view.strides[axis] > 0)
}

/// Whether the elements lie one after the other.
pub fn is_packed(strided: &Strided<'_>) -> bool {
    let packed = strided.shape.packed_strides();
    (0..strided.shape.len()).all(|axis| strided.shape[axis] == 1 || strided.strides[axis] == packed[axis])
}
