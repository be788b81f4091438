//! Indices of elements in the whole output.

use oplog::Elements;

/// The elements that are judged, and where they lie in the output.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    pub shape: &'a [u32],
    /// All without.
    pub rows: Option<&'a [usize]>,
}

impl Places<'_> {
    /// Number of the judged element `at` in the whole output, row-major.
    pub fn flat(&self, at: usize) -> u64 {
        let width = self.shape.last().map_or(1, |&width| width.max(1) as usize);
        self.rows.map_or(at, |rows| rows[at / width] * width + at % width) as u64
    }

    /// Index of the judged element `at`.
    pub fn index(&self, at: usize) -> Vec<u64> {
        let mut flat = self.flat(at);
        let mut index = vec![0; self.shape.len()];
        for (index, &extent) in index.iter_mut().zip(self.shape).rev() {
            let extent = u64::from(extent.max(1));
            *index = flat % extent;
            flat /= extent;
        }
        index
    }

    /// Some judged elements, in ascending order.
    pub fn of(&self, found: impl Iterator<Item = usize>) -> Elements {
        let mut found = found.peekable();
        let first = found.peek().map(|&at| self.index(at));
        Elements { elements: found.count() as u64, first }
    }

    pub fn not_finite(&self, values: &[f64]) -> Elements {
        self.of((0..values.len()).filter(|&at| !values[at].is_finite()))
    }
}
