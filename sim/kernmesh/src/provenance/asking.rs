//! One element of a reference as a function of its inputs, which are changed box by box.

use std::collections::BTreeMap;

use kernels::{Reference, Rows};
use oplog::provenance::Ranges;
use program::Program;
use program::program::HostTensor;
use replay::provenance::{boxes, compare};
use replay::{HostValue, HostValues, on_threads};

use crate::error::Error;

/// Floating-point operations, or elements, that are always affordable: some tenths of a second.
const AFFORDABLE: u64 = 1 << 28;
/// Computations of one element that are always made, and above which nothing more is asked.
const LEAST: u64 = 64;
const MOST: u64 = 800;
/// A row alone reads its operands anew: it takes so many times its share of the whole.
const ALONE: u64 = 8;

/// Change of the elements of boxes.
#[derive(Clone, Copy, Debug)]
enum Change {
    More,
    Less,
    Zero,
    Times(f64),
}

impl Change {
    /// Every element changes by another amount: an equal change of all may cancel, as in a softmax.
    fn of(self, at: u64, x: f64) -> f64 {
        let spread = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1u64 << 25) as f64;
        let x = if x.is_finite() { x } else { 0.0 };
        let by = (0.5 + spread) * x.abs().max(1.0);
        match self {
            Change::More => x + by,
            Change::Less => x - by,
            Change::Zero => 0.0,
            Change::Times(by) => x * by,
        }
    }
}

/// An element of a reference.
pub(super) struct Asked<'a> {
    program: &'a Program,
    reference: &'a Reference,
    inputs: &'a HostValues,
    threads: usize,
    /// The row that has the element, and its place there; all rows where they are computed only together.
    rows: Rows,
    at: usize,
    /// Number of the first element of those rows.
    first: u64,
    oracle: f64,
    /// Computations that are left.
    left: u64,
}

impl<'a> Asked<'a> {
    /// # Errors
    /// [`Error`] when the reference cannot be computed.
    pub fn of(
        program: &'a Program,
        reference: &'a Reference,
        inputs: &'a HostValues,
        threads: usize,
        (output, at): (&HostTensor, u64),
    ) -> Result<Asked<'a>, Error> {
        let width = u64::from(output.shape.last().copied().unwrap_or(1)).max(1);
        let (rows, first, cost) = match reference.rows() {
            Some(of) => {
                let cost = ALONE * (reference.flops() / (2 * of).max(1));
                (Rows::Some(vec![(at / width) as usize]), at - at % width, cost)
            }
            None => (Rows::All, 0, 16 * inputs.values().map(|it| it.bytes.len() as u64).sum::<u64>()),
        };
        let left = (reference.flops().max(AFFORDABLE) / cost.max(1)).clamp(LEAST, MOST);
        let at = (at - first) as usize;
        let mut asked = Asked { program, reference, inputs, threads, rows, at, first, oracle: 0.0, left };
        asked.oracle = asked.element(usize::MAX, &[], Change::Zero)?;
        Ok(asked)
    }

    /// The rows that have the element, with a change.
    fn values(&self, input: usize, boxes: &[Ranges], change: Change) -> Result<Vec<f64>, Error> {
        let changed = |(number, host): (usize, &HostTensor)| {
            let value = self.inputs.get(&host.name)?;
            let boxes = if number == input { boxes } else { &[] };
            Some((host.name.clone(), Changed::of(value, boxes, change)))
        };
        let inputs: BTreeMap<String, Changed<'_>> =
            self.program.inputs.iter().enumerate().filter_map(changed).collect();
        let values = on_threads(self.threads, || self.reference.oracle(&inputs, &self.rows))??;
        Ok(values.iter().copied().collect())
    }

    fn element(&self, input: usize, boxes: &[Ranges], change: Change) -> Result<f64, Error> {
        Ok(self.values(input, boxes, change)?.get(self.at).copied().unwrap_or(f64::NAN))
    }

    /// The rows that have the element where all of an input is multiplied, and the number of their first element.
    pub fn scaled(&mut self, input: usize, by: f64) -> Option<(Vec<f64>, u64)> {
        self.left = self.left.checked_sub(1)?;
        let all =
            boxes::whole(&self.program.inputs[input].shape.iter().map(|&n| n.into()).collect::<Vec<_>>());
        Some((self.values(input, &[all], Change::Times(by)).ok()?, self.first))
    }

    /// What a box of an input gives the element, if the element is linear in it.
    pub fn given(&mut self, input: usize, ranges: &Ranges) -> Option<f64> {
        Some(self.oracle - compare::Reference::without(self, input, std::slice::from_ref(ranges))?)
    }

    /// The element with a change; `None` when no computation is left, or none is possible.
    fn changed(&mut self, input: usize, boxes: &[Ranges], change: Change) -> Option<f64> {
        self.left = self.left.checked_sub(1)?;
        self.element(input, boxes, change).ok()
    }
}

impl compare::Reference for Asked<'_> {
    fn depends(&mut self, input: usize, boxes: &[Ranges]) -> Option<bool> {
        let own = self.oracle.to_bits();
        let more = self.changed(input, boxes, Change::More)?;
        Some(more.to_bits() != own || self.changed(input, boxes, Change::Less)?.to_bits() != own)
    }
    fn without(&mut self, input: usize, boxes: &[Ranges]) -> Option<f64> {
        self.changed(input, boxes, Change::Zero)
    }
}

/// A host tensor, some of whose elements are changed.
struct Changed<'a> {
    value: &'a HostValue,
    shape: Vec<usize>,
    boxes: &'a [Ranges],
    change: Change,
}

impl<'a> Changed<'a> {
    fn of(value: &'a HostValue, boxes: &'a [Ranges], change: Change) -> Changed<'a> {
        Changed { value, shape: value.shape.iter().map(|&n| n as usize).collect(), boxes, change }
    }

    /// Whether a row lies in a box, but for the last axis.
    fn has(&self, ranges: &[[u64; 2]], mut row: u64) -> bool {
        let axes = self.shape.iter().zip(ranges).rev().skip(1);
        let mut is_in = true;
        for (&extent, range) in axes {
            is_in &= (range[0]..range[1]).contains(&(row % extent.max(1) as u64));
            row /= extent.max(1) as u64;
        }
        is_in
    }
}

impl kernels::Values for Changed<'_> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn read(&self, first: usize, into: &mut [f64]) {
        self.value.read_wide(first, into);
        let width = self.shape.last().copied().unwrap_or(1).max(1) as u64;
        let (first, end) = (first as u64, (first + into.len()) as u64);
        for row in first / width..end.div_ceil(width) {
            for ranges in self.boxes.iter().filter(|ranges| self.has(ranges, row)) {
                let columns = ranges.last().copied().unwrap_or([0, 1]).map(|column| row * width + column);
                for at in columns[0].max(first)..columns[1].min(end) {
                    let x = &mut into[(at - first) as usize];
                    *x = self.change.of(at, *x);
                }
            }
        }
    }
}
