//! Faults of value where an element takes what it should: a factor of an input, the weight of a box, or a box that alone
//! is the error.

use oplog::provenance::{Difference, Ranges};
use replay::provenance::{Ways, boxes, region};
use replay::verdict::Wrong;

use super::asking::Asked;
use super::causes::{Causes, causes};
use super::shape;
use super::tracing::Tracing;

/// What is left of the error where it is explained.
const LEFT: f64 = 0.03;
/// The same where one element alone, or two, say so.
const LEFT_OF_ONE: f64 = 0.002;
/// Pieces that a box is weighed in.
const PIECES: u64 = 16;
/// Boxes that are told.
const TOLD: usize = 4;
/// Natural logarithm of 2.
const LN_2: f64 = std::f64::consts::LN_2;

/// The first that explains the error; empty where nothing does.
pub(super) fn differences(of: &Tracing<'_>, asked: Option<&mut Asked<'_>>) -> Causes {
    if let Some(asked) = asked {
        let scaled: Vec<Difference> = scaled(of, asked).into_iter().collect();
        let found = if scaled.is_empty() && !of.is_rounded { weighed(of, asked) } else { scaled };
        if !found.is_empty() {
            return Causes { found, is_certain: true };
        }
    }
    causes(of)
}

/// Factors that are forgotten or taken twice: of the sign, of 2, of logarithms to base 2, and of extents and their roots.
fn factors(of: &Tracing<'_>) -> Vec<f64> {
    let mut factors = vec![-1.0, LN_2, 1.0 / LN_2, 2.0, 0.5];
    let mut extents: Vec<u32> =
        of.graph.log.program.inputs.iter().filter_map(|input| input.shape.last().copied()).collect();
    extents.sort_unstable();
    extents.dedup();
    for extent in extents.into_iter().filter(|&extent| extent > 1).map(f64::from) {
        factors.extend([extent.sqrt(), 1.0 / extent.sqrt(), extent, 1.0 / extent]);
    }
    factors
}

/// An input that, multiplied, gives the wrong values of the same row.
fn scaled(of: &Tracing<'_>, asked: &mut Asked<'_>) -> Option<Difference> {
    let inputs = &of.graph.log.program.inputs;
    for by in factors(of) {
        for input in (0..inputs.len()).filter(|&input| inputs[input].dtype.is_float()) {
            let (values, first) = asked.scaled(input, by)?;
            if gives(&of.failing.wrong, first, &values) {
                return Some(Difference::Scaled { input: inputs[input].name.clone(), by });
            }
        }
    }
    None
}

/// Whether the wrong elements from `first` on have these values.
fn gives(wrong: &[Wrong], first: u64, values: &[f64]) -> bool {
    let from = wrong.partition_point(|wrong| wrong.at < first);
    let own = wrong[from..].iter().take_while(|wrong| wrong.at < first + values.len() as u64);
    let (mut n, mut left, mut errors) = (0, 0.0, 0.0);
    for wrong in own {
        let other = wrong.value - values[(wrong.at - first) as usize];
        left += other * other;
        errors += (wrong.value - wrong.oracle) * (wrong.value - wrong.oracle);
        n += 1;
    }
    let most = if n < 3 { LEFT_OF_ONE } else { LEFT };
    n > 0 && errors.is_finite() && left <= most * most * errors
}

/// Pieces of inputs that give another share than they give the reference, and are the error together.
fn weighed(of: &Tracing<'_>, asked: &mut Asked<'_>) -> Vec<Difference> {
    let program = &of.graph.log.program;
    for (input, host) in program.inputs.iter().enumerate() {
        let (extents, Some(value)) = (shape(host), of.inputs.get(&host.name)) else { continue };
        let counted = |_, ways: Ways| Some(ways.times()).filter(|&times| times > 0);
        let boxes = of.slice.inputs[input].cover(&extents, counted);
        let pieces: Vec<Ranges> = boxes.iter().flat_map(|(ranges, _)| pieces(ranges)).collect();
        let weigh = |ranges: Ranges| {
            let given = of.slice.given(input, &extents, &ranges, value)?;
            Some((given, asked.given(input, &ranges)?, ranges))
        };
        let Some(weighed) = pieces.into_iter().map(weigh).collect::<Option<Vec<_>>>() else { continue };
        let error = of.worst.value - of.worst.oracle;
        let off: f64 = weighed.iter().map(|(own, meant, _)| own - meant).sum();
        if weighed.is_empty() || (off - error).abs() > LEFT * error.abs() {
            continue;
        }
        return joined(weighed, error)
            .into_iter()
            .map(|(ranges, ratio)| Difference::Weighed { region: region(program, input, ranges), ratio })
            .collect();
    }
    Vec::new()
}

/// A box in pieces along its longest axis.
fn pieces(ranges: &Ranges) -> Vec<Ranges> {
    let length = |axis: &usize| ranges[*axis][1] - ranges[*axis][0];
    let Some(axis) = (0..ranges.len()).max_by_key(|axis| (length(axis), std::cmp::Reverse(*axis))) else {
        return vec![ranges.clone()];
    };
    let [first, end] = ranges[axis];
    let step = (end - first).div_ceil(PIECES).max(1);
    let piece = |start| boxes::with(ranges, axis, [start, end.min(start + step)]);
    (first..end).step_by(step as usize).map(piece).collect()
}

/// Pieces whose share is another, with the ratio; neighbours of one ratio are one. The first are those that are most of
/// the error.
fn joined(weighed: Vec<(f64, f64, Ranges)>, error: f64) -> Vec<(Ranges, f64)> {
    let mut found: Vec<(f64, f64, Ranges)> = Vec::new();
    for (own, meant, ranges) in weighed {
        match found.last_mut() {
            Some((before, of, last)) if is_next(last, &ranges) && is_alike(*before / *of, own / meant) => {
                (*before, *of) = (*before + own, *of + meant);
                last.iter_mut().zip(&ranges).for_each(|(last, next)| last[1] = last[1].max(next[1]));
            }
            Some(_) | None => found.push((own, meant, ranges)),
        }
    }
    found.retain(|(own, meant, _)| (own - meant).abs() > LEFT * error.abs());
    found.sort_by(|a, b| (b.0 - b.1).abs().total_cmp(&(a.0 - a.1).abs()));
    found.truncate(TOLD);
    found.into_iter().map(|(own, meant, ranges)| (ranges, own / meant)).collect()
}

/// Whether a box goes on where another ends, along one axis.
fn is_next(last: &Ranges, next: &Ranges) -> bool {
    let other: Vec<_> = last.iter().zip(next).filter(|(last, next)| last != next).collect();
    matches!(other[..], [(last, next)] if last[1] == next[0])
}

fn is_alike(a: f64, b: f64) -> bool {
    (a - b).abs() <= LEFT * a.abs().max(b.abs())
}
