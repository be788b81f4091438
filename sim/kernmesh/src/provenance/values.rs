//! Faults of value where an element takes what it should: a factor of an input, the weight of a box, or a box that alone
//! is the error.

use oplog::provenance::{Difference, Ranges};
use replay::provenance::{Ways, boxes, region};
use replay::verdict::Wrong;

use super::asking::Asked;
use super::causes::{BY_CHANCE, Causes, causes};
use super::shape;
use super::tracing::Tracing;

/// What is left of the error where it is explained.
const LEFT: f64 = 0.03;
/// What may be left in any case, where an input is multiplied: the share of rounding at another size.
const LEFT_AT_LEAST: f64 = 0.001;
/// Rows that are held against an input that is multiplied.
const ROWS: usize = 4;
/// Pieces that a box is weighed in.
const PIECES: u64 = 16;
/// Boxes that are told.
const TOLD: usize = 4;
/// Natural logarithm of 2.
const LN_2: f64 = std::f64::consts::LN_2;

/// The first that explains the error; empty where nothing does.
pub(super) fn differences(of: &Tracing<'_>, asked: Option<&mut Asked<'_>>) -> Causes {
    if let Some(asked) = asked {
        let scaled = scaled(of, asked);
        if !scaled.found.is_empty() {
            return scaled;
        }
        let found = if of.is_rounded { Vec::new() } else { weighed(of, asked) };
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

/// An input that, multiplied, gives the wrong values of rows far from one another. Elements of one row may share what
/// they are multiplied by, as those of a softmax do: a row says no more than its clearest element.
fn scaled(of: &Tracing<'_>, asked: &mut Asked<'_>) -> Causes {
    let inputs = &of.graph.log.program.inputs;
    let floats: Vec<usize> = (0..inputs.len()).filter(|&input| inputs[input].dtype.is_float()).collect();
    let (factors, rows) = (factors(of), rows(of, asked.width()));
    let tried = (factors.len() * floats.len()) as f64;
    for by in factors {
        for &input in &floats {
            let mut chance = tried;
            let is_given = rows.iter().all(|&at| {
                let Some((values, first)) = asked.scaled(at, input, by) else { return false };
                let row = (at - at % asked.width(), asked.width());
                let share = gives(of.part, row, |at| values.get((at - first) as usize).copied());
                chance *= share.unwrap_or(1.0);
                share.is_some()
            });
            if is_given {
                let found = vec![Difference::Scaled { input: inputs[input].name.clone(), by }];
                return Causes { found, is_certain: chance <= BY_CHANCE };
            }
        }
    }
    Causes::default()
}

/// Wrong elements of the part in rows far from one another, the worst first.
fn rows(of: &Tracing<'_>, width: u64) -> Vec<u64> {
    let part = of.part;
    let far = (0..ROWS).filter_map(|i| part.get(i * part.len().saturating_sub(1) / (ROWS - 1)));
    let mut rows = vec![of.worst.at];
    for wrong in far {
        if rows.iter().all(|at| at / width != wrong.at / width) {
            rows.push(wrong.at);
        }
    }
    rows
}

/// Whether the wrong elements of a row have these values: the share of all values that would be taken for that of the
/// clearest of them. `None` where one has another value, or is not finite.
fn gives(wrong: &[Wrong], (first, n): (u64, u64), value: impl Fn(u64) -> Option<f64>) -> Option<f64> {
    let from = wrong.partition_point(|wrong| wrong.at < first);
    let mut least: Option<f64> = None;
    for wrong in wrong[from..].iter().take_while(|wrong| wrong.at < first + n) {
        let error = (wrong.value - wrong.oracle).abs();
        // What is multiplied is also rounded at another size.
        let left = (error - wrong.excess).max(LEFT_AT_LEAST * error).min(LEFT * error);
        let is_near = error.is_finite() && (wrong.value - value(wrong.at)?).abs() <= left;
        least = is_near.then(|| least.unwrap_or(1.0).min(2.0 * left / error));
        least?;
    }
    least
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

#[cfg(test)]
mod tests {
    use super::{Wrong, gives};

    /// The wrong elements of the row from 4 to 8, beside one before and one after: each is expected to be 1, and may be off
    /// by 0.001.
    fn share(wrong: &[(u64, f64)], values: [f64; 4]) -> Option<f64> {
        let of = |&(at, value): &(u64, f64)| {
            let excess = (value - 1.0).abs() - 0.001;
            Wrong { at, value, oracle: 1.0, excess }
        };
        let all: Vec<Wrong> = [&[(3, 9.0)], wrong, &[(8, 9.0)]].concat().iter().map(of).collect();
        gives(&all, (4, 4), |at| values.get((at - 4) as usize).copied())
    }

    #[test]
    fn a_row_says_no_more_than_its_clearest_element() {
        let near =
            |a: Option<f64>, b: f64| assert!(a.is_some_and(|a| (a - b).abs() < 1e-9), "{a:?}, not {b}");
        near(share(&[(4, 2.0)], [2.0, 0.0, 0.0, 0.0]), 0.002);
        near(share(&[(4, 2.0), (6, 3.0)], [2.0, 0.0, 3.0, 0.0]), 0.002);
        near(share(&[(4, 1.1), (6, 3.0)], [1.1, 0.0, 3.001, 0.0]), 0.002);
    }

    #[test]
    fn a_row_of_other_values_is_not_given() {
        assert_eq!(share(&[(4, 2.0)], [2.008, 0.0, 0.0, 0.0]), None, "0.8 % off");
        assert_eq!(share(&[(4, 2.0), (6, 3.0)], [2.0, 0.0, 3.1, 0.0]), None, "one of two");
        assert_eq!(share(&[], [1.0; 4]), None, "nothing is wrong in the row");
        assert_eq!(share(&[(4, f64::INFINITY)], [2.0; 4]), None);
        assert_eq!(share(&[(4, f64::NAN)], [2.0; 4]), None);
    }
}
