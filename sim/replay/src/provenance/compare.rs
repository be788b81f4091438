//! Comparison of what an element is made of, against what its reference depends on and what other elements take.

use std::collections::BTreeMap;

use oplog::provenance::Ranges;

use super::boxes;
use super::reach::{Reach, cover_rows, row_of};

/// Boxes of one kind that are told.
const MOST: usize = 8;

/// The element of a reference, as a function of its inputs. `None` when the limit of work is reached.
pub trait Reference {
    /// Whether the element changes when these boxes of an input do.
    fn depends(&mut self, input: usize, boxes: &[Ranges]) -> Option<bool>;
    /// Whether it changes when a box does, at other values of the inputs: a zero beside it, or a larger value, may hide
    /// what the reference takes.
    fn depends_elsewhere(&mut self, input: usize, ranges: &Ranges) -> Option<bool>;
    /// The element where these boxes are 0.
    fn without(&mut self, input: usize, boxes: &[Ranges]) -> Option<f64>;
}

/// A box that is taken, and the box in whose place it is.
pub type Move = (Ranges, Ranges);

/// Differences of one input.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// All that is taken in place of all that is meant: of one shape, or with the last two axes exchanged. It is a
    /// difference of the sets: whether the values say so, too, is not known here.
    pub whole: Option<Move>,
    /// The only box that is foreign in place of the only one that is missing, as the sets say.
    pub pair: Option<Move>,
    pub missing: Vec<Ranges>,
    pub foreign: Vec<Ranges>,
    /// Whether more parts of the input could have been asked for, and were not.
    pub is_partial: bool,
}

/// One input and its reference.
struct Asking<'r> {
    input: usize,
    reference: &'r mut dyn Reference,
}

/// Holds what is taken of an input against what the reference depends on. That is taken to be a box, and every part of
/// it that is not taken, or that is taken, is asked for once more. `None` when the limit of work is reached.
pub fn differences(
    input: usize,
    shape: &[u64],
    ways: &Reach,
    reference: &mut dyn Reference,
) -> Option<Found> {
    let mut asking = Asking { input, reference };
    let own = ways.bounds(shape);
    let mut found = Found::default();
    let Some(meant) = asking.bounds(&boxes::whole(shape), own.as_deref())? else {
        found.foreign = taken(shape, ways, |_| true);
        return asking.without_hidden(found);
    };
    let inside = membership(shape, ways.n_elements(), &meant);
    let gaps = gaps(shape, ways, &meant);
    for gap in gaps.iter().take(4 * MOST) {
        found.missing.extend(asking.bounds(gap, None)?);
    }
    found.foreign = taken(shape, ways, |at| !inside[at as usize]);
    let parts = taken(shape, ways, |at| inside[at as usize]);
    found.is_partial = gaps.len() > 4 * MOST || parts.len() > MOST;
    for part in parts.iter().take(MOST) {
        match asking.bounds(part, Some(part))? {
            None => found.foreign.push(part.clone()),
            Some(used) if found.missing.is_empty() || used == *part => {}
            Some(used) => found.foreign.extend(boxes::around(part, &used)),
        }
    }
    found.foreign.sort();
    let mut found = asking.without_hidden(found)?;
    let is_other = |own: &Ranges| is_moved(own, &meant) || is_exchanged(own, &meant);
    if let Some(own) = own.filter(|own| is_other(own) && !found.missing.is_empty()) {
        let is_whole = ways.iter().filter(|(_, ways)| ways.reaches()).count() as u64 == boxes::volume(&own);
        if is_whole && is_moved_whole(&meant, &found) {
            found.whole = Some((own, meant));
        }
    }
    if let ([missing], [foreign]) = (&found.missing[..], &found.foreign[..])
        && is_moved(foreign, missing)
    {
        found.pair = Some((foreign.clone(), missing.clone()));
    }
    found.missing.truncate(MOST);
    Some(found)
}

/// Whether as much is missing as is foreign: then a move of one box explains both.
fn is_moved_whole(meant: &Ranges, found: &Found) -> bool {
    let volume = |boxes: &[Ranges]| boxes.iter().map(|ranges| boxes::volume(ranges)).sum::<u64>();
    let missing = volume(&found.missing);
    missing == volume(&found.foreign) && missing <= boxes::volume(meant)
}

/// Whether two boxes differ in place alone.
pub fn is_moved(a: &[[u64; 2]], b: &[[u64; 2]]) -> bool {
    a != b && a.iter().zip(b).all(|(a, b)| a[1] - a[0] == b[1] - b[0])
}

/// Whether a box is another with its last two axes exchanged.
pub fn is_exchanged(a: &[[u64; 2]], b: &[[u64; 2]]) -> bool {
    let mut exchanged = b.to_vec();
    let n = exchanged.len();
    n >= 2 && a != b && {
        exchanged.swap(n - 2, n - 1);
        a == exchanged
    }
}

fn membership(shape: &[u64], n: u64, of: &[[u64; 2]]) -> Vec<bool> {
    let mut inside = vec![false; n as usize];
    boxes::rows(shape, of, |first, n| inside[first as usize..(first + n) as usize].fill(true));
    inside
}

/// Boxes of what is taken, of these elements.
fn taken(shape: &[u64], ways: &Reach, is_in: impl Fn(u64) -> bool) -> Vec<Ranges> {
    let boxes = ways.cover(shape, |at, ways| (ways.reaches() && is_in(at)).then_some(()));
    boxes.into_iter().map(|(ranges, ())| ranges).collect()
}

/// Boxes of what is not taken of a box.
fn gaps(shape: &[u64], ways: &Reach, of: &Ranges) -> Vec<Ranges> {
    let row = row_of(shape);
    let [top, bottom] = of.first().copied().unwrap_or([0, 1]);
    let (first, mut left) = (top * row, vec![None; ((bottom - top) * row) as usize]);
    boxes::for_each(shape, of, |at| {
        if !ways.at(at).reaches() {
            left[(at - first) as usize] = Some(());
        }
    });
    cover_rows(shape, first, left).into_iter().map(|(ranges, ())| ranges).collect()
}

impl Asking<'_> {
    fn depends(&mut self, ranges: &Ranges) -> Option<bool> {
        self.reference.depends(self.input, std::slice::from_ref(ranges))
    }

    /// The first parts that are foreign, without those that the reference takes at other values of the inputs.
    fn without_hidden(&mut self, mut found: Found) -> Option<Found> {
        let foreign = std::mem::take(&mut found.foreign);
        found.is_partial |= foreign.len() > MOST;
        for ranges in foreign.into_iter().take(MOST) {
            if !self.reference.depends_elsewhere(self.input, &ranges)? {
                found.foreign.push(ranges);
            }
        }
        Some(found)
    }

    /// The smallest box within `outer` that holds all that the reference depends on there; `guess` is asked for first.
    fn bounds(&mut self, outer: &Ranges, guess: Option<&[[u64; 2]]>) -> Option<Option<Ranges>> {
        if outer.iter().any(|[first, end]| first >= end) || !self.depends(outer)? {
            return Some(None);
        }
        let mut bounds = outer.clone();
        if let Some(guess) = guess {
            let sides = boxes::around(outer, guess);
            if sides.is_empty() || !self.reference.depends(self.input, &sides)? {
                bounds = guess.to_vec();
            }
        }
        for axis in 0..bounds.len() {
            bounds[axis][0] = self.first(&bounds, axis)?;
            bounds[axis][1] = self.end(&bounds, axis)?;
        }
        Some(Some(bounds))
    }

    /// The first index along an axis on which the reference depends within a box.
    fn first(&mut self, of: &Ranges, axis: usize) -> Option<u64> {
        let [mut low, end] = of[axis];
        if end - low == 1 || self.depends(&boxes::with(of, axis, [low, low + 1]))? {
            return Some(low);
        }
        low += 1;
        let mut high = end - 1;
        while low < high {
            let middle = low.midpoint(high);
            if self.depends(&boxes::with(of, axis, [low, middle + 1]))? {
                high = middle
            } else {
                low = middle + 1
            }
        }
        Some(low)
    }

    /// One past the last index along an axis on which the reference depends within a box.
    fn end(&mut self, of: &Ranges, axis: usize) -> Option<u64> {
        let [first, mut high] = of[axis];
        if high - first == 1 || self.depends(&boxes::with(of, axis, [high - 1, high]))? {
            return Some(high);
        }
        high -= 1;
        let mut low = first + 1;
        while low < high {
            let middle = low.midpoint(high);
            if self.depends(&boxes::with(of, axis, [middle, high]))? {
                low = middle + 1
            } else {
                high = middle
            }
        }
        Some(low)
    }
}

/// Boxes that are taken more often than usual, with how often, and what is usual: what most elements of the input are
/// taken in `right`, an element that is not wrong, or else in the element itself.
pub fn repeated(shape: &[u64], ways: &Reach, right: Option<&Reach>) -> Option<(u32, Vec<(Ranges, u32)>)> {
    let (own, other) = (counts(ways), right.map(counts));
    if other.as_ref() == Some(&own) {
        return None;
    }
    let usual = usual(other.as_ref().filter(|other| !other.is_empty()).unwrap_or(&own))?;
    let most = other.as_ref().and_then(|other| other.keys().max().copied()).unwrap_or(usual);
    let most = usual.max(most);
    // Of large inputs the boxes cost more than the counts, and mostly there are none.
    own.keys().next_back().filter(|&&times| times > most)?;
    let boxes = ways.cover(shape, |_, ways| Some(ways.times()).filter(|&times| times > most));
    (!boxes.is_empty() && boxes.len() <= MOST).then_some((usual, boxes))
}

/// Elements by how often they are taken.
fn counts(ways: &Reach) -> BTreeMap<u32, u64> {
    let mut counts = BTreeMap::new();
    // Neighbours are mostly taken equally often.
    let mut run = (0, 0);
    for times in ways.iter().map(|(_, ways)| ways.times()).chain([u32::MAX]) {
        if times == run.0 {
            run.1 += 1;
            continue;
        }
        if run.0 > 0 {
            *counts.entry(run.0).or_default() += run.1;
        }
        run = (times, 1);
    }
    counts
}

/// How often most elements are taken; of equally many the least.
fn usual(counts: &BTreeMap<u32, u64>) -> Option<u32> {
    let most = counts.values().max()?;
    counts.iter().find(|(_, n)| *n == most).map(|(times, _)| *times)
}
