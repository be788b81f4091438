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
/// How much larger a change is that is to show through maxima and small weights.
const FAR: f64 = 1e3;
/// Bytes of inputs above which none are drawn.
const MOST_DRAWN: u64 = 1 << 28;
/// Seed of the inputs at which the reference is asked once more. Runs count theirs from 0.
const ELSEWHERE: u64 = u64::MAX;

/// Boxes of an input, and how they change.
#[derive(Clone, Copy)]
struct Edit<'e> {
    input: usize,
    boxes: &'e [Ranges],
    into: Edited<'e>,
}

/// What boxes change into.
#[derive(Clone, Copy)]
enum Edited<'e> {
    Changed(Change),
    /// The values of this box, which has the shape, or the shape with the last two axes exchanged.
    ValuesOf(&'e Ranges),
}

/// Change of the elements of boxes, each for itself.
#[derive(Clone, Copy, Debug)]
enum Change {
    More,
    Less,
    Zero,
    Times(f64),
    /// By much more: past any value beside it.
    FarMore,
    FarLess,
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
            Change::FarMore => x + FAR * by,
            Change::FarLess => x - FAR * by,
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
    /// Its number in the output.
    at: u64,
    /// Elements of a row of the output.
    width: u64,
    oracle: f64,
    /// Computations that are left.
    left: u64,
    /// Drawn inputs, integers as they are given, and the element there.
    elsewhere: Option<(HostValues, f64)>,
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
        let cost = match reference.rows() {
            Some(of) => ALONE * (reference.flops() / (2 * of).max(1)),
            None => 16 * inputs.values().map(|it| it.bytes.len() as u64).sum::<u64>(),
        };
        let left = (reference.flops().max(AFFORDABLE) / cost.max(1)).clamp(LEAST, MOST);
        let mut asked =
            Asked { program, reference, inputs, threads, at, width, oracle: 0.0, left, elsewhere: None };
        asked.oracle = asked.element_of(inputs, &[])?;
        Ok(asked)
    }

    /// These inputs with changes.
    fn changes<'v>(&self, given: &'v HostValues, edits: &[Edit<'v>]) -> BTreeMap<String, Changed<'v>> {
        let changed = |(number, host): (usize, &HostTensor)| {
            let value = given.get(&host.name)?;
            let edits = edits.iter().copied().filter(|edit| edit.input == number).collect();
            Some((host.name.clone(), Changed::of(value, edits)))
        };
        self.program.inputs.iter().enumerate().filter_map(changed).collect()
    }

    fn element_of(&self, given: &HostValues, edits: &[Edit<'_>]) -> Result<f64, Error> {
        let inputs = self.changes(given, edits);
        let element = || self.reference.element(&inputs, self.at as usize);
        Ok(match self.reference.rows() {
            // Little work: threads cost more to start.
            Some(_) => element()?,
            None => on_threads(self.threads, element)??,
        })
    }

    /// Drawn inputs, and the element there; they are computed once.
    fn elsewhere(&mut self) -> Option<(HostValues, f64)> {
        if let Some(known) = self.elsewhere.take() {
            return Some(known);
        }
        if self.inputs.values().map(|it| it.bytes.len() as u64).sum::<u64>() > MOST_DRAWN {
            return None;
        }
        let mut drawn = replay::inputs::seeded(self.program, ELSEWHERE);
        for host in self.program.inputs.iter().filter(|host| !host.dtype.is_float()) {
            // They may be indices.
            drawn.insert(host.name.clone(), self.inputs.get(&host.name)?.clone());
        }
        self.left = self.left.checked_sub(1)?;
        let element = self.element_of(&drawn, &[]).ok()?;
        Some((drawn, element))
    }

    /// The row that has an element, or all rows, where all of an input is multiplied, and the number of the first element.
    pub fn scaled(&mut self, at: u64, input: usize, by: f64) -> Option<(Vec<f64>, u64)> {
        self.left = self.left.checked_sub(1)?;
        let all =
            boxes::whole(&self.program.inputs[input].shape.iter().map(|&n| n.into()).collect::<Vec<_>>());
        let edit = Edit { input, boxes: &[all], into: Edited::Changed(Change::Times(by)) };
        let (rows, first) = rows_of(self.reference, self.width, at);
        let inputs = self.changes(self.inputs, &[edit]);
        let values = on_threads(self.threads, || self.reference.oracle(&inputs, &rows)).ok()?.ok()?;
        Some((values.iter().copied().collect(), first))
    }

    /// Elements of a row of the output.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// The element where boxes of inputs have the values of others: each an input, the box whose values are taken, and
    /// the box that they are taken for. `None` when it cannot be computed.
    pub fn moved(&self, moves: &[(usize, &Ranges, &Ranges)]) -> Option<f64> {
        let edits: Vec<Edit<'_>> = moves
            .iter()
            .map(|&(input, taken, meant)| Edit {
                input,
                boxes: std::slice::from_ref(meant),
                into: Edited::ValuesOf(taken),
            })
            .collect();
        self.element_of(self.inputs, &edits).ok()
    }

    /// What a box of an input gives the element, if the element is linear in it.
    pub fn given(&mut self, input: usize, ranges: &Ranges) -> Option<f64> {
        Some(self.oracle - compare::Reference::without(self, input, std::slice::from_ref(ranges))?)
    }

    /// The element with a change; `None` when no computation is left, or none is possible.
    fn changed(&mut self, input: usize, boxes: &[Ranges], change: Change) -> Option<f64> {
        self.left = self.left.checked_sub(1)?;
        self.element_of(self.inputs, &[Edit { input, boxes, into: Edited::Changed(change) }]).ok()
    }
}

/// The row that has an element, or all where they are computed only together, and the number of the first element.
fn rows_of(reference: &Reference, width: u64, at: u64) -> (Rows, u64) {
    match reference.rows() {
        Some(_) => (Rows::Some(vec![(at / width) as usize]), at - at % width),
        None => (Rows::All, 0),
    }
}

impl compare::Reference for Asked<'_> {
    fn depends(&mut self, input: usize, boxes: &[Ranges]) -> Option<bool> {
        let own = self.oracle.to_bits();
        let more = self.changed(input, boxes, Change::More)?;
        Some(more.to_bits() != own || self.changed(input, boxes, Change::Less)?.to_bits() != own)
    }
    fn depends_elsewhere(&mut self, input: usize, ranges: &Ranges) -> Option<bool> {
        let (drawn, own) = self.elsewhere()?;
        let boxes = std::slice::from_ref(ranges);
        let mut depends = false;
        for change in [Change::FarMore, Change::FarLess] {
            self.left = self.left.checked_sub(1)?;
            let edit = Edit { input, boxes, into: Edited::Changed(change) };
            depends |= self.element_of(&drawn, &[edit]).ok()?.to_bits() != own.to_bits();
            if depends {
                break;
            }
        }
        self.elsewhere = Some((drawn, own));
        Some(depends)
    }
    fn without(&mut self, input: usize, boxes: &[Ranges]) -> Option<f64> {
        self.changed(input, boxes, Change::Zero)
    }
}

/// A host tensor, some of whose elements are changed.
struct Changed<'a> {
    value: &'a HostValue,
    shape: Vec<usize>,
    extents: Vec<u64>,
    edits: Vec<Edit<'a>>,
}

impl<'a> Changed<'a> {
    fn of(value: &'a HostValue, edits: Vec<Edit<'a>>) -> Changed<'a> {
        let shape = value.shape.iter().map(|&n| n as usize).collect();
        Changed { value, shape, extents: value.shape.iter().map(|&n| n.into()).collect(), edits }
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

    /// Edits elements of a row that lie in a box, from the element `at` on.
    fn edit(&self, edited: Edited<'_>, ranges: &Ranges, at: u64, into: &mut [f64]) {
        match edited {
            Edited::Changed(change) => {
                into.iter_mut().zip(at..).for_each(|(x, at)| *x = change.of(at, *x));
            }
            Edited::ValuesOf(from) if compare::is_exchanged(&lengths(from), &lengths(ranges)) => {
                for (x, at) in into.iter_mut().zip(at..) {
                    let from = self.place_in(from, ranges, at, true);
                    self.value.read_wide(from, std::slice::from_mut(x));
                }
            }
            // A row of one box is a row of the other.
            Edited::ValuesOf(from) => self.value.read_wide(self.place_in(from, ranges, at, false), into),
        }
    }

    /// The number of the element of the box `from` that has the place of `at` in the box `ranges`, with the last two axes
    /// exchanged or not.
    fn place_in(&self, from: &Ranges, ranges: &Ranges, at: u64, is_exchanged: bool) -> usize {
        let place = boxes::index(&self.extents, at);
        let mut place: Vec<u64> = place.iter().zip(ranges).map(|(i, [first, _])| i - first).collect();
        if is_exchanged {
            let n = place.len();
            place.swap(n - 2, n - 1);
        }
        boxes::flat(&self.extents, place.iter().zip(from).map(|(i, [first, _])| i + first)) as usize
    }
}

/// A box of these lengths at 0.
pub(super) fn lengths(ranges: &Ranges) -> Ranges {
    ranges.iter().map(|[first, end]| [0, end - first]).collect()
}

impl kernels::Values for Changed<'_> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn read(&self, first: usize, into: &mut [f64]) {
        self.value.read_wide(first, into);
        let width = self.shape.last().copied().unwrap_or(1).max(1) as u64;
        let (first, end) = (first as u64, (first + into.len()) as u64);
        let boxes = || self.edits.iter().flat_map(|edit| edit.boxes.iter().map(|ranges| (edit.into, ranges)));
        for row in first / width..end.div_ceil(width) {
            for (edited, ranges) in boxes().filter(|(_, ranges)| self.has(ranges, row)) {
                let columns = ranges.last().copied().unwrap_or([0, 1]).map(|column| row * width + column);
                let (from, to) = (columns[0].max(first), columns[1].min(end));
                if from < to {
                    let into = &mut into[(from - first) as usize..(to - first) as usize];
                    self.edit(edited, ranges, from, into);
                }
            }
        }
    }
}
