//! The ways of the elements of a tensor, of which only the rows that are reached are kept: an element of an output is made
//! of a small part of large inputs.

use oplog::provenance::Ranges;

use super::boxes;
use super::ways::Ways;

#[derive(Clone, Debug)]
pub struct Reach {
    /// Elements of the tensor.
    n: u64,
    /// Number of the first element that is kept: the beginning of a row of the first axis.
    first: u64,
    ways: Vec<Ways>,
}

/// Elements of a row: of all that has one index of the first axis.
pub fn row_of(shape: &[u64]) -> u64 {
    shape.iter().skip(1).product::<u64>().max(1)
}

impl Reach {
    /// All elements of a tensor.
    pub fn of(ways: Vec<Ways>) -> Reach {
        Reach { n: ways.len() as u64, first: 0, ways }
    }

    /// Room for the elements `first..end` of `n`, and what makes whole rows of them; nothing is reached.
    pub fn of_rows(n: u64, row: u64, first: u64, end: u64) -> Reach {
        if first >= end {
            return Reach { n, first: 0, ways: Vec::new() };
        }
        let (first, end) = (first / row * row, end.next_multiple_of(row).min(n));
        Reach { n, first, ways: vec![Ways::NONE; (end - first) as usize] }
    }

    /// Elements of the input, reached or not.
    pub fn n_elements(&self) -> u64 {
        self.n
    }

    pub fn at(&self, at: u64) -> Ways {
        let kept = at.checked_sub(self.first).and_then(|at| self.ways.get(at as usize));
        kept.copied().unwrap_or_default()
    }

    /// Adds to an element for which there is room.
    pub fn add(&mut self, at: u64, ways: Ways) {
        self.ways[(at - self.first) as usize].add(ways);
    }

    /// The elements that are kept, ascending; all that are reached are among them.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Ways)> {
        (self.first..).zip(self.ways.iter().copied())
    }

    /// As [`boxes::cover`]: of what is kept, the boxes of equal values.
    pub fn cover<V: Copy + PartialEq>(
        &self,
        shape: &[u64],
        of: impl Fn(u64, Ways) -> Option<V>,
    ) -> Vec<(Ranges, V)> {
        let values: Vec<Option<V>> = self.iter().map(|(at, ways)| of(at, ways)).collect();
        cover_rows(shape, self.first, values)
    }

    /// The smallest box that holds all that is reached.
    pub fn bounds(&self, shape: &[u64]) -> Option<Ranges> {
        let width = shape.last().copied().unwrap_or(1).max(1) as usize;
        let mut bounds: Option<Ranges> = None;
        for (number, line) in self.ways.chunks(width).enumerate() {
            let Some(left) = line.iter().position(|ways| ways.reaches()) else { continue };
            let right = line.iter().rposition(|ways| ways.reaches()).unwrap_or(left);
            let at = self.first + (number * width) as u64;
            let ends = [left, right].map(|column| boxes::index(shape, at + column as u64));
            let bounds = bounds.get_or_insert_with(|| ends[0].iter().map(|&i| [i, i + 1]).collect());
            for index in ends {
                bounds.iter_mut().zip(index).for_each(|(range, i)| {
                    *range = [range[0].min(i), range[1].max(i + 1)];
                });
            }
        }
        bounds
    }
}

/// As [`boxes::cover`], of the rows from `first` on.
pub fn cover_rows<V: Copy + PartialEq>(
    shape: &[u64],
    first: u64,
    values: Vec<Option<V>>,
) -> Vec<(Ranges, V)> {
    let (mut own, row) = (shape.to_vec(), row_of(shape));
    if let Some(rows) = own.first_mut() {
        *rows = values.len() as u64 / row;
    }
    let mut boxes = boxes::cover(&own, values);
    for (ranges, _) in &mut boxes {
        if let Some(range) = ranges.first_mut() {
            *range = range.map(|i| i + first / row);
        }
    }
    boxes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_reached_are_enough() {
        let shape = [5, 2, 3];
        let mut kept = Reach::of_rows(30, row_of(&shape), 13, 22);
        let mut whole = Reach::of(vec![Ways::NONE; 30]);
        for at in [13, 14, 16, 17, 21] {
            kept.add(at, Ways::ONCE);
            whole.add(at, Ways::ONCE);
        }
        assert_eq!(kept.iter().count(), 12);
        let reached = |_: u64, ways: Ways| ways.reaches().then_some(());
        assert_eq!(kept.cover(&shape, reached), whole.cover(&shape, reached));
        assert_eq!(kept.bounds(&shape), whole.bounds(&shape));
        assert_eq!(kept.bounds(&shape), Some(vec![[2, 4], [0, 2], [0, 3]]));
        assert!((0..30).all(|at| kept.at(at) == whole.at(at)));
        let none = Reach::of_rows(30, 6, 30, 0);
        assert_eq!((none.bounds(&shape), none.cover(&shape, reached)), (None, Vec::new()));
        assert_eq!(Reach::of(vec![Ways::ONCE]).bounds(&[]), Some(Vec::new()));
    }
}
