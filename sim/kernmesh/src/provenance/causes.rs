//! Causes that values alone show: a box that, left out, added or taken in place of another, is the error of an element,
//! and is that of others of its part, too.

use oplog::provenance::{Difference, Ranges, Region, Taken};
use replay::provenance::{Slice, boxes, region};
use replay::verdict::Wrong;

use super::tracing::Tracing;

/// What is left of an error that is explained.
const LEFT: f64 = 0.002;
/// Causes that fit by chance, above which none is told.
pub(super) const BY_CHANCE: f64 = 1e-3;
/// Share of whole numbers that are equal by chance: labels and counts are few.
const EQUAL: f64 = 1.0 / 16.0;
/// Places that a box is moved to, and elements that are read in all.
const PLACES: u64 = 1 << 12;
const READ: u64 = 1 << 22;

/// What is wrong with a box that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// It is taken so many times too often: 2 where its sign is wrong.
    TooOften(i32),
    /// It is taken in place of the box so far away.
    InPlaceOf(Vec<i64>),
    /// The box so far away is not taken beside it.
    Without(Vec<i64>),
    /// Its end along an axis, from so far on, is not to be taken; or its beginning, up to there.
    Cut { axis: usize, at: u64, is_end: bool },
}

/// A wrong element, and what it takes.
struct Element<'s> {
    wrong: Wrong,
    slice: &'s Slice,
    taken: Vec<Taken>,
}

/// A cause of one box, by its number among those that are taken.
type Tried = (usize, Cause);

/// What may be the cause, and whether other elements say so, too.
#[derive(Default)]
pub(super) struct Causes {
    pub found: Vec<Difference>,
    pub is_certain: bool,
}

/// The causes that are the error of the worst element and of others. A factor of a product and the other one may both be
/// too much; of one input there is one cause, or none.
pub(super) fn causes(of: &Tracing<'_>) -> Causes {
    let program = &of.graph.log.program;
    let worst = Element { wrong: of.worst, slice: of.slice, taken: of.slice.taken(program, of.inputs) };
    let tried = tried(of, &worst);
    let fits = |(number, cause): &&Tried| fits(of, &worst, *number, cause);
    let mut found: Vec<&Tried> = tried.iter().filter(fits).collect();
    if found.is_empty() {
        return Causes::default();
    }
    let others: Vec<(Wrong, Slice)> = others(of);
    let all = others.iter().map(|(wrong, _)| wrong).chain([&of.worst]);
    if tried.len() as f64 * all.map(chance).product::<f64>() > BY_CHANCE {
        return Causes::default();
    }
    for (wrong, slice) in &others {
        let taken = slice.taken(program, of.inputs);
        let other = Element { wrong: *wrong, slice, taken };
        found.retain(|(number, cause)| {
            is_alike(&worst, &other, *number) && self::fits(of, &other, *number, cause)
        });
    }
    // One box may be missing beside several that are taken.
    let mut causes: Vec<Difference> =
        found.into_iter().map(|(number, cause)| told(of, &worst.taken[*number], cause)).collect();
    causes.dedup();
    let is_only = |it: &Difference| causes.iter().filter(|other| other.input() == it.input()).count() == 1;
    let found: Vec<Difference> = causes.iter().filter(|it| is_only(it)).cloned().collect();
    Causes { found, is_certain: !others.is_empty() }
}

/// Every cause of every box that is linear. What is all that the element takes of an input is not taken too often.
fn tried(of: &Tracing<'_>, worst: &Element<'_>) -> Vec<Tried> {
    let (mut all, mut read) = (Vec::new(), 0);
    for (number, it) in worst.taken.iter().enumerate() {
        if !it.gives.is_some_and(|gives| gives != 0.0) {
            continue;
        }
        if worst.taken.iter().any(|other| other.region.input == it.region.input && other != it) {
            all.extend([1, 2].map(|times| (number, Cause::TooOften(times))));
        }
        for cut in cuts(it) {
            read += boxes::volume(&it.region.ranges);
            if read > READ {
                return all;
            }
            all.push((number, cut));
        }
        for by in moves(of, it) {
            read += boxes::volume(&it.region.ranges);
            if read > READ {
                return all;
            }
            all.push((number, Cause::InPlaceOf(by.clone())));
            all.push((number, Cause::Without(by)));
        }
    }
    all
}

/// Places at which a box may be cut in two.
fn cuts(it: &Taken) -> Vec<Cause> {
    let lengths = it.region.ranges.iter().map(|[first, end]| (end - first).min(PLACES));
    let of_axis = |(axis, length): (usize, u64)| {
        (1..length).flat_map(move |at| [false, true].map(|is_end| Cause::Cut { axis, at, is_end }))
    };
    lengths.enumerate().flat_map(of_axis).collect()
}

/// The part of a box that a cut leaves out.
fn cut(ranges: &Ranges, axis: usize, at: u64, is_end: bool) -> Ranges {
    let [first, end] = ranges[axis];
    boxes::with(ranges, axis, if is_end { [first + at, end] } else { [first, first + at] })
}

/// Moves of a box along one axis to where the element takes nothing.
fn moves(of: &Tracing<'_>, it: &Taken) -> Vec<Vec<i64>> {
    let program = &of.graph.log.program;
    let Some(input) = program.inputs.iter().position(|host| host.name == it.region.input) else {
        return Vec::new();
    };
    let (extents, ways) = (super::shape(&program.inputs[input]), &of.slice.inputs[input]);
    let mut all = Vec::new();
    for (axis, [first, end]) in it.region.ranges.iter().copied().enumerate() {
        for to in 0..(extents[axis] + 1 + first).saturating_sub(end).min(PLACES) {
            let at = boxes::with(&it.region.ranges, axis, [to, to + end - first]);
            let mut is_taken = to == first;
            boxes::for_each(&extents, &at, |at| is_taken |= ways.at(at).reaches());
            if !is_taken {
                let mut by = vec![0; extents.len()];
                by[axis] = to as i64 - first as i64;
                all.push(by);
            }
        }
    }
    all
}

/// Whether a cause is the error of an element.
fn fits(of: &Tracing<'_>, element: &Element<'_>, number: usize, cause: &Cause) -> bool {
    let it = &element.taken[number];
    let moved = |by: &[i64]| {
        let at = shifted(&it.region.ranges, by)?;
        given(of, element.slice, &it.region.input, (&it.region.ranges, &at), 1)
    };
    let error = match cause {
        Cause::TooOften(times) => it.gives.map(|gives| f64::from(*times) * gives),
        Cause::InPlaceOf(by) => it.gives.zip(moved(by)).map(|(gives, other)| gives - other),
        Cause::Without(by) => moved(by).map(|other| -other),
        Cause::Cut { axis, at, is_end } => {
            let part = cut(&it.region.ranges, *axis, *at, *is_end);
            given(of, element.slice, &it.region.input, (&part, &part), u32::MAX)
        }
    };
    error.is_some_and(|error| is_error(&element.wrong, error))
}

/// Whether another element takes a box of the same shape under the same number.
fn is_alike(worst: &Element<'_>, other: &Element<'_>, number: usize) -> bool {
    let lengths = |it: &Taken| it.region.ranges.iter().map(|[first, end]| end - first).collect::<Vec<u64>>();
    other.taken.get(number).is_some_and(|it| {
        let of_worst = &worst.taken[number];
        it.region.input == of_worst.region.input && lengths(it) == lengths(of_worst)
    })
}

/// Wrong elements of the same part, far from one another, and what they are made of.
fn others(of: &Tracing<'_>) -> Vec<(Wrong, Slice)> {
    let rest: Vec<Wrong> = of.part.iter().copied().filter(|it| it.at != of.worst.at).collect();
    let chosen = match rest[..] {
        [] => Vec::new(),
        [only] => vec![only],
        [first, .., last] => vec![first, last],
    };
    let slice = |it: Wrong| Some((it, of.graph.slice(of.failing.output, it.at)?));
    chosen.into_iter().filter_map(slice).collect()
}

/// A box that lies so far away.
pub(super) fn shifted(ranges: &Ranges, by: &[i64]) -> Option<Ranges> {
    let moved = |([first, end], by): (&[u64; 2], &i64)| {
        Some([first.checked_add_signed(*by)?, end.checked_add_signed(*by)?])
    };
    ranges.iter().zip(by).map(moved).collect()
}

/// What the values of the box `at` give with the weights of the box `taken`, which has its shape; `None` where an
/// element of that is taken through a function alone, or more than `most` times, or its weight is not known.
fn given(
    of: &Tracing<'_>,
    slice: &Slice,
    input: &str,
    (taken, at): (&Ranges, &Ranges),
    most: u32,
) -> Option<f64> {
    let program = &of.graph.log.program;
    let number = program.inputs.iter().position(|host| host.name == input)?;
    let extents = super::shape(&program.inputs[number]);
    if at.iter().zip(&extents).any(|([_, end], extent)| end > extent) {
        return None;
    }
    let (ways, value) = (&slice.inputs[number], of.inputs.get(input)?);
    let mut weights = Vec::new();
    boxes::for_each(&extents, taken, |at| {
        let ways = ways.at(at);
        weights.push(ways.weight().filter(|_| (1..=most).contains(&ways.times())));
    });
    let (mut sum, mut next) = (Some(0.0), 0);
    let mut row = Vec::new();
    boxes::rows(&extents, at, |first, n| {
        row.resize(n as usize, 0.0);
        value.read_wide(first as usize, &mut row);
        for x in &row {
            sum = sum.zip(weights[next]).map(|(sum, weight)| sum + weight * x);
            next += 1;
        }
    });
    sum
}

/// Whether this is the error of an element, within what is allowed of it, where that is little beside the error.
fn is_error(wrong: &Wrong, other: f64) -> bool {
    let error = wrong.value - wrong.oracle;
    (error - other).abs() <= allowed(wrong)
}

fn allowed(wrong: &Wrong) -> f64 {
    let error = (wrong.value - wrong.oracle).abs();
    (error - wrong.excess).min(LEFT * error)
}

/// The share of numbers as large as the error of an element that are taken for it.
fn chance(wrong: &Wrong) -> f64 {
    let are_whole = wrong.value.fract() == 0.0 && wrong.oracle.fract() == 0.0;
    let share = 2.0 * allowed(wrong) / (wrong.value - wrong.oracle).abs();
    share.max(if are_whole { EQUAL } else { 0.0 })
}

fn told(of: &Tracing<'_>, it: &Taken, cause: &Cause) -> Difference {
    let program = &of.graph.log.program;
    let input = program.inputs.iter().position(|host| host.name == it.region.input);
    let moved = |by: &[i64]| {
        let to = shifted(&it.region.ranges, by).expect("a box that was read");
        region(program, input.expect("an input that is taken"), to)
    };
    match cause {
        Cause::TooOften(times) => Difference::Error { region: it.region.clone(), times: *times },
        Cause::InPlaceOf(by) => Difference::Displaced { taken: it.region.clone(), meant: moved(by) },
        Cause::Without(by) => Difference::Error { region: moved(by), times: -1 },
        Cause::Cut { axis, at, is_end } => {
            let ranges = cut(&it.region.ranges, *axis, *at, *is_end);
            Difference::Error { region: Region { ranges, ..it.region.clone() }, times: 1 }
        }
    }
}

/// Whether a difference alone is the error of the worst element; `None` where that cannot be computed, or where any other
/// may be it by chance, as of whole numbers.
pub(super) fn is_confirmed(of: &Tracing<'_>, difference: &Difference) -> Option<bool> {
    let given = |input: &str, taken: &Ranges, at: &Ranges| given(of, of.slice, input, (taken, at), 1);
    let error = match difference {
        Difference::Displaced { taken, meant } | Difference::Neglected { taken, unused: meant } => {
            if !replay::provenance::compare::is_moved(&taken.ranges, &meant.ranges) {
                return None;
            }
            let own = given(&taken.input, &taken.ranges, &taken.ranges)?;
            own - given(&taken.input, &taken.ranges, &meant.ranges)?
        }
        Difference::Repeated { region, times, usual } => {
            let taken = of.slice.taken(&of.graph.log.program, of.inputs);
            let gives =
                taken.iter().find(|it| it.region.ranges == region.ranges && it.region.input == region.input);
            gives?.gives? * (1.0 - f64::from(*usual) / f64::from(*times))
        }
        Difference::Missing { .. }
        | Difference::Foreign { .. }
        | Difference::Weighed { .. }
        | Difference::Scaled { .. }
        | Difference::Error { .. } => return None,
    };
    let is_error = is_error(&of.worst, error);
    (!is_error || chance(&of.worst) < EQUAL).then_some(is_error)
}
