//! Values of the f64 run, for every live version.

use oplog::OpLog;
use program::{Rank, View};

use super::elements::{Both, Elements};
use crate::cpu::{CpuError, SimdLevel, widen};
use crate::history::Part;
use crate::operands::{Operand, in_memory_order};
use crate::version::{VersionId, Versions};

/// By version: its elements in the order of its bytes. A version in which both runs agree holds none: inputs,
/// integers, and all that is made of them without rounding.
pub struct F64Values {
    elements: Vec<Option<Elements>>,
    live: u64,
    peak: u64,
}

impl F64Values {
    pub fn new(n_versions: usize) -> F64Values {
        F64Values { elements: vec![None; n_versions], live: 0, peak: 0 }
    }
    pub fn insert(&mut self, id: VersionId, elements: Option<Elements>) {
        self.live += elements.as_ref().map_or(0, |elements| elements.values.len() as u64);
        self.peak = self.peak.max(self.live);
        self.elements[id.index()] = elements;
    }
    pub fn free(&mut self, id: VersionId) {
        let freed = self.elements[id.index()].take();
        self.live -= freed.map_or(0, |elements| elements.values.len() as u64);
    }
    /// Most f64 elements alive at once.
    pub fn peak(&self) -> u64 {
        self.peak
    }

    /// Bytes that nothing wrote are the same in both runs.
    fn of(&self, part: &Part) -> Option<(VersionId, &Elements)> {
        let version = part.version?;
        Some((version, self.elements[version.index()].as_ref()?))
    }
    /// Whether both runs agree in all that is read.
    pub fn agree(&self, parts: &[Part]) -> bool {
        parts.iter().all(|part| self.of(part).is_none())
    }
}

/// One read of an op.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    pub view: &'a View,
    /// Where the view's base lies.
    pub base: u64,
    pub parts: &'a [Part],
}

impl<'a> Read<'a> {
    pub fn of(log: &OpLog, rank: Rank, view: &'a View, parts: &'a [Part]) -> Read<'a> {
        Read { view, base: log.layout.locate(&log.program, rank, view).1, parts }
    }

    /// A read in both runs; `operand` is that of the declared run.
    pub fn both(
        &self,
        operand: &Operand<'_>,
        f64_values: &F64Values,
        versions: &Versions,
        simd: SimdLevel,
    ) -> Result<Both, CpuError> {
        let declared = widen(&in_memory_order(&operand.strided(), self.view), simd)?;
        let exact = (!f64_values.agree(self.parts)).then(|| self.exact(&declared, f64_values, versions));
        Ok(Both { declared, exact, shape: self.view.shape, strides: self.view.compact_strides() })
    }

    /// The declared elements, with those of the f64 run where versions hold any.
    fn exact(&self, declared: &[f64], f64_values: &F64Values, versions: &Versions) -> Elements {
        let mut elements = Elements::of(declared.to_vec());
        let rows = self.view.rows().at(self.base);
        // In bytes, as everything until an element is taken.
        let mut row = 0;
        rows.for_each(|start| {
            let end = start + rows.run();
            let first = self.parts.partition_point(|part| part.end() <= start);
            for part in self.parts[first..].iter().take_while(|part| part.start < end) {
                let Some((version, from)) = f64_values.of(part) else { continue };
                let (address, until) = (part.start.max(start), part.end().min(end));
                let source = part.at + (address - part.start);
                let same_dtype = versions.get(version).dtype == self.view.dtype;
                let piece =
                    Piece { at: row + (address - start), length: until - address, source, same_dtype };
                piece.take(from, self.view.dtype.size(), &mut elements);
            }
            row += rows.run();
        });
        elements
    }
}

/// Some bytes of a read and where they lie in a version's value, all in bytes.
struct Piece {
    at: u64,
    length: u64,
    source: u64,
    same_dtype: bool,
}

impl Piece {
    /// Whole elements are taken; anything else is other bytes than the f64 run has, so what it touches is lost.
    fn take(&self, from: &Elements, size: u64, to: &mut Elements) {
        let whole = [self.at, self.length, self.source].iter().all(|bytes| bytes % size == 0);
        let (first, end) = ((self.at / size) as usize, (self.at + self.length).div_ceil(size) as usize);
        if !(whole && self.same_dtype) {
            return to.lose(first, end);
        }
        let source = (self.source / size) as usize;
        to.values[first..end].copy_from_slice(&from.values[source..][..end - first]);
        if !from.lost.is_empty() {
            to.lost.resize(to.values.len(), false);
            to.lost[first..end].copy_from_slice(&from.lost[source..][..end - first]);
        }
    }
}
