//! Elements of the same output that are right, on one line with one that is wrong: where what they take moves evenly
//! along the line, it says what the wrong one is meant to take.

use oplog::provenance::Ranges;
use replay::provenance::compare::Reference;
use replay::provenance::{Graph, Reach, Slice, boxes};

use super::{Failing, shape};

/// Right elements that differ from a wrong one along one axis alone.
pub(super) struct Line {
    axis: usize,
    /// The wrong element.
    place: Vec<u64>,
    /// The closest, the one closest to that, and the furthest.
    right: Vec<(u64, Slice)>,
}

/// The elements of an input that one element of an output is meant to take.
pub(super) struct Meant {
    shape: Vec<u64>,
    taken: Vec<bool>,
}

/// The line along the axis that has most right elements; `None` when none has any.
pub(super) fn line(graph: &Graph<'_>, failing: &Failing<'_>, worst: u64) -> Option<Line> {
    let shape = shape(&graph.log.program.outputs[failing.output]);
    let place = boxes::index(&shape, worst);
    let at = |axis: usize, i: u64| {
        let mut index = place.clone();
        index[axis] = i;
        boxes::flat(&shape, index)
    };
    let is_right = |at: u64| failing.wrong.binary_search_by_key(&at, |wrong| wrong.at).is_err();
    let on = |axis: usize| (0..shape[axis]).filter(|&i| is_right(at(axis, i))).collect::<Vec<u64>>();
    let lines = (0..shape.len()).map(|axis| (axis, on(axis)));
    let (axis, right) = lines.min_by_key(|(axis, right)| (std::cmp::Reverse(right.len().min(3)), *axis))?;
    let closest_to = |to: u64| move |i: &u64| (i.abs_diff(to), *i);
    let first = right.iter().copied().min_by_key(closest_to(place[axis]))?;
    let second = right.iter().copied().filter(|&i| i != first).min_by_key(closest_to(first));
    let last =
        right.iter().copied().filter(|&i| i != first && Some(i) != second).max_by_key(closest_to(first));
    let slices = [Some(first), second, last].into_iter().flatten().filter_map(|i| {
        let slice = graph.slice(failing.output, at(axis, i))?;
        slice.is_complete().then_some((i, slice))
    });
    let right: Vec<(u64, Slice)> = slices.collect();
    (!right.is_empty()).then_some(Line { axis, place, right })
}

impl Line {
    pub fn closest(&self) -> &Slice {
        &self.right[0].1
    }

    /// Index of the closest.
    pub fn index(&self) -> Vec<u64> {
        let mut index = self.place.clone();
        index[self.axis] = self.right[0].0;
        index
    }

    /// What the wrong element is meant to take of an input; `None` where the right ones do not say.
    pub fn meant(&self, input: usize, extents: &[u64], own: &Reach) -> Option<Meant> {
        let to = self.place[self.axis];
        let known: Vec<(u64, Ranges)> = self
            .right
            .iter()
            .map(|(i, slice)| Some((*i, slice.inputs[input].bounds(extents)?)))
            .collect::<Option<_>>()?;
        let [(from, first), others @ ..] = &known[..] else { return None };
        let mut meant = first.clone();
        let own = own.bounds(extents).filter(|_| others.is_empty());
        for axis in 0..extents.len() {
            if let Some(own) = &own {
                meant[axis] = alone((*from, first[axis]), own[axis], to)?;
                continue;
            }
            for side in [0, 1] {
                let points: Vec<(u64, u64)> =
                    others.iter().map(|(i, ranges)| (*i, ranges[axis][side])).collect();
                meant[axis][side] = even((*from, first[axis][side]), &points, to)?;
            }
        }
        let is_inside =
            meant.iter().zip(extents).all(|(range, extent)| range[0] < range[1] && range[1] <= *extent);
        is_inside.then(|| self.moved(input, extents, (first, &meant)))?
    }

    /// What the closest takes, moved; a box may also grow.
    fn moved(&self, input: usize, extents: &[u64], (first, meant): (&Ranges, &Ranges)) -> Option<Meant> {
        let ways = &self.closest().inputs[input];
        let mut taken = vec![false; ways.n_elements() as usize];
        let reached = ways.iter().filter(|(_, ways)| ways.reaches()).count() as u64;
        if reached == boxes::volume(first) {
            boxes::for_each(extents, meant, |at| taken[at as usize] = true);
        } else if boxes::volume(first) == boxes::volume(meant) {
            let mut from = Vec::new();
            boxes::for_each(extents, first, |at| from.push(ways.at(at).reaches()));
            let mut from = from.into_iter();
            boxes::for_each(extents, meant, |at| taken[at as usize] = from.next().unwrap_or(false));
        } else {
            return None;
        }
        Some(Meant { shape: extents.to_vec(), taken })
    }
}

/// The value at `to` of a line through a first point and others; `None` where they are on no line of whole steps.
fn even((from, first): (u64, u64), others: &[(u64, u64)], to: u64) -> Option<u64> {
    let [from, first, to] = [from, first, to].map(|n| n as i128);
    let (next, value) = *others.first()?;
    let (over, by) = (i128::from(next) - from, i128::from(value) - first);
    let step = (by % over == 0).then(|| by / over)?;
    let on_line = |(i, value): &(u64, u64)| first + step * (i128::from(*i) - from) == i128::from(*value);
    // Two points are on every line: only standing still, and a step for a step, are taken for one.
    let is_known = others.len() > 1 || [0, 1].contains(&step);
    (is_known && others.iter().all(on_line)).then(|| u64::try_from(first + step * (to - from)).ok())?
}

/// What a single right element says of a range: it stands still or moves a step for a step, as the wrong element's own
/// range begins or ends; `None` where it does neither.
fn alone((from, first): (u64, [u64; 2]), own: [u64; 2], to: u64) -> Option<[u64; 2]> {
    let still = Some(first);
    let moved = |at: u64| (at + to).checked_sub(from);
    let moved = moved(first[0]).zip(moved(first[1])).map(|(first, end)| [first, end]);
    let is_like = |other: &[u64; 2]| other[0] == own[0] || other[1] == own[1];
    [still, moved].into_iter().flatten().find(is_like)
}

impl Reference for Meant {
    fn depends(&mut self, _: usize, asked: &[Ranges]) -> Option<bool> {
        let mut depends = false;
        for ranges in asked {
            boxes::for_each(&self.shape, ranges, |at| depends |= self.taken[at as usize]);
        }
        Some(depends)
    }
    fn depends_elsewhere(&mut self, _: usize, _: &Ranges) -> Option<bool> {
        Some(false)
    }
    fn without(&mut self, _: usize, _: &[Ranges]) -> Option<f64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{alone, even};

    #[test]
    fn a_line_of_whole_steps_is_followed() {
        assert_eq!(even((0, 4), &[(1, 5), (3, 7)], 6), Some(10));
        assert_eq!(even((0, 4), &[(1, 4), (3, 4)], 6), Some(4));
        assert_eq!(even((2, 8), &[(1, 4), (0, 0)], 3), Some(12));
        assert_eq!(even((0, 0), &[(1, 0), (3, 1)], 6), None, "heads of a group share a head");
        assert_eq!(even((0, 0), &[(1, 1)], 6), Some(6));
        assert_eq!(even((0, 0), &[(1, 4)], 6), None, "two points");
        assert_eq!(even((0, 0), &[], 6), None);
        assert_eq!(even((5, 0), &[(4, 1), (3, 2)], 6), None, "before the first");
    }

    #[test]
    fn one_element_says_whether_a_range_stands_or_moves() {
        assert_eq!(alone((0, [0, 21]), [0, 24], 1), Some([0, 21]));
        assert_eq!(alone((0, [0, 1]), [1, 2], 1), Some([1, 2]));
        assert_eq!(alone((0, [4, 8]), [2, 9], 1), Some([5, 9]));
        assert_eq!(alone((0, [4, 8]), [12, 16], 1), None);
        assert_eq!(alone((4, [2, 8]), [0, 3], 0), None, "before the first");
    }
}
