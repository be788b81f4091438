//! Boxes of indices.

use oplog::provenance::Ranges;

/// The whole of a shape.
pub fn whole(shape: &[u64]) -> Ranges {
    shape.iter().map(|&n| [0, n]).collect()
}

pub fn volume(ranges: &[[u64; 2]]) -> u64 {
    ranges.iter().map(|[first, end]| end - first).fold(1, u64::saturating_mul)
}

/// The same box with another range along an axis.
pub fn with(ranges: &[[u64; 2]], axis: usize, range: [u64; 2]) -> Ranges {
    let mut ranges = ranges.to_vec();
    ranges[axis] = range;
    ranges
}

/// Disjoint boxes that hold all of `outer` but what lies in `inner`.
pub fn around(outer: &[[u64; 2]], inner: &[[u64; 2]]) -> Vec<Ranges> {
    let mut sides = Vec::new();
    // What is left: along the axes before this one it is no wider than `inner`.
    let mut left = outer.to_vec();
    for (axis, [first, end]) in inner.iter().copied().enumerate() {
        let own = left[axis];
        let beside = [[own[0], first.min(own[1])], [end.max(own[0]), own[1]]];
        sides.extend(beside.into_iter().filter(|[a, b]| a < b).map(|side| with(&left, axis, side)));
        left[axis] = [first.max(own[0]), end.min(own[1])];
        if left[axis][0] >= left[axis][1] {
            break;
        }
    }
    sides
}

pub fn index(shape: &[u64], mut flat: u64) -> Vec<u64> {
    let mut index = vec![0; shape.len()];
    for (index, &extent) in index.iter_mut().zip(shape).rev() {
        *index = flat % extent.max(1);
        flat /= extent.max(1);
    }
    index
}

pub fn flat(shape: &[u64], index: impl IntoIterator<Item = u64>) -> u64 {
    shape.iter().zip(index).fold(0, |flat, (&extent, i)| flat * extent + i)
}

/// The smallest box that holds these elements.
pub fn bounding(shape: &[u64], elements: impl IntoIterator<Item = u64>) -> Option<Ranges> {
    let mut bounds: Option<Ranges> = None;
    for element in elements {
        let index = index(shape, element);
        match &mut bounds {
            None => bounds = Some(index.iter().map(|&i| [i, i + 1]).collect()),
            Some(bounds) => bounds.iter_mut().zip(index).for_each(|(range, i)| {
                *range = [range[0].min(i), range[1].max(i + 1)];
            }),
        }
    }
    bounds
}

/// Visits the elements of a box in ascending order.
pub fn for_each(shape: &[u64], ranges: &[[u64; 2]], mut visit: impl FnMut(u64)) {
    rows(shape, ranges, |first, n| (first..first + n).for_each(&mut visit));
}

/// Visits the rows of a box, which lie in one piece, in ascending order: first element and length.
pub fn rows(shape: &[u64], ranges: &[[u64; 2]], mut visit: impl FnMut(u64, u64)) {
    if ranges.iter().any(|[first, end]| first >= end) {
        return;
    }
    let mut at: Vec<u64> = ranges.iter().map(|range| range[0]).collect();
    let outer = at.len().saturating_sub(1);
    let length = ranges.last().map_or(1, |[first, end]| end - first);
    loop {
        visit(flat(shape, at.iter().copied()), length);
        let Some(axis) = (0..outer).rev().find(|&axis| at[axis] + 1 < ranges[axis][1]) else { return };
        at[axis] += 1;
        (axis + 1..outer).for_each(|later| at[later] = ranges[later][0]);
    }
}

/// Disjoint boxes of equal values that hold every element with a value, in ascending order of their first: each as
/// long along the last axis as it can be, then along the one before, and so on.
pub fn cover<V: Copy + PartialEq>(shape: &[u64], mut values: Vec<Option<V>>) -> Vec<(Ranges, V)> {
    let mut boxes = Vec::new();
    for first in 0..values.len() as u64 {
        let Some(value) = values[first as usize] else { continue };
        let mut ranges: Ranges = index(shape, first).iter().map(|&i| [i, i + 1]).collect();
        for axis in (0..shape.len()).rev() {
            while ranges[axis][1] < shape[axis] {
                let next = with(&ranges, axis, [ranges[axis][1], ranges[axis][1] + 1]);
                let mut is_equal = true;
                for_each(shape, &next, |at| is_equal &= values[at as usize] == Some(value));
                if !is_equal {
                    break;
                }
                ranges[axis][1] += 1;
            }
        }
        for_each(shape, &ranges, |at| values[at as usize] = None);
        boxes.push((ranges, value));
    }
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_cover_what_has_a_value() {
        let shape = [3, 4];
        let of = |text: &str| text.chars().map(|c| (c != '.').then_some(c)).collect::<Vec<_>>();
        assert_eq!(cover(&shape, of("............")), []);
        assert_eq!(cover(&shape, of("aa..aa..aa..")), [(vec![[0, 3], [0, 2]], 'a')]);
        assert_eq!(
            cover(&shape, of(".aab.aa...c.")),
            [(vec![[0, 2], [1, 3]], 'a'), (vec![[0, 1], [3, 4]], 'b'), (vec![[2, 3], [2, 3]], 'c')]
        );
        assert_eq!(cover(&[], vec![Some('x')]), [(vec![], 'x')]);
        assert_eq!(bounding(&shape, [1, 6]), Some(vec![[0, 2], [1, 3]]));
        assert_eq!(
            around(&[[0, 4], [0, 4]], &[[1, 4], [0, 2]]),
            [vec![[0, 1], [0, 4]], vec![[1, 4], [2, 4]]]
        );
        assert_eq!(index(&shape, flat(&shape, [2, 3])), [2, 3]);
    }
}
