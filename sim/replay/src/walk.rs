//! The bytes of a view in address order, whatever the order of its axes: a transposed tile is one run.

use order::dataflow::spans;
use program::view::MAX_DIMS;
use program::{Dims, View};

/// The rows of a view: `run` bytes at every combination of `axes` steps after `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    first: u64,
    run: u64,
    /// (extent, stride in bytes), outermost first; the strides descend.
    axes: [(u64, u64); MAX_DIMS],
    n_axes: usize,
}

impl Walk {
    /// The rows of `view` when its base lies at address `base`.
    pub fn of(view: &View, base: u64) -> Walk {
        let size = view.dtype.size();
        let mut walk = Walk { first: base + view.offset, run: size, axes: [(0, 0); MAX_DIMS], n_axes: 0 };
        if view.elements() == 0 {
            walk.run = 0;
            return walk;
        }
        for axis in memory_order(view) {
            walk.axes[walk.n_axes] = (u64::from(view.shape[axis]), u64::from(view.strides[axis]) * size);
            walk.n_axes += 1;
        }
        while walk.n_axes > 0 && walk.axes[walk.n_axes - 1].1 == walk.run {
            walk.run *= walk.axes[walk.n_axes - 1].0;
            walk.n_axes -= 1;
        }
        walk
    }

    /// Length of a row in bytes; 0 when the view has no elements.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// Visits the address of every row.
    pub fn for_each_row(&self, mut visit: impl FnMut(u64)) {
        if self.run == 0 {
            return;
        }
        let axes = &self.axes[..self.n_axes];
        let mut index = [0u64; MAX_DIMS];
        loop {
            visit(self.first + axes.iter().zip(index).map(|(&(_, stride), i)| i * stride).sum::<u64>());
            let Some(axis) = (0..axes.len()).rev().find(|&axis| index[axis] + 1 < axes[axis].0) else {
                return;
            };
            index[axis] += 1;
            index[axis + 1..].fill(0);
        }
    }
}

/// The bytes a view touches when its base lies at `base`: disjoint `(address, length)`, ascending.
pub fn runs(view: &View, base: u64) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    spans(view, &mut ranges);
    ranges.into_iter().map(|(start, end)| (base + start, end - start)).collect()
}

/// The axes that move through memory, by descending stride; axes of one element and broadcast axes do not.
pub fn memory_order(view: &View) -> impl Iterator<Item = usize> + use<> {
    let mut axes = [0usize; MAX_DIMS];
    let mut n = 0;
    for axis in 0..view.shape.len() {
        if view.shape[axis] != 1 && view.strides[axis] != 0 {
            axes[n] = axis;
            n += 1;
        }
    }
    let strides = view.strides;
    axes[..n].sort_by_key(|&axis| std::cmp::Reverse(strides[axis]));
    axes.into_iter().take(n)
}

/// Strides, in elements, of `view` once its rows have been laid one after the other.
pub fn compact_strides(view: &View) -> Dims {
    let mut strides = [0u32; MAX_DIMS];
    let mut stride = 1u32;
    let order: Vec<usize> = memory_order(view).collect();
    for &axis in order.iter().rev() {
        strides[axis] = stride;
        stride = stride.saturating_mul(view.shape[axis]);
    }
    Dims::new(&strides[..view.shape.len()])
}

#[cfg(test)]
mod tests {
    use program::view::BufferId;
    use program::{Base, DType};

    use super::*;

    fn view(offset: u64, shape: &[u32], strides: &[u32]) -> View {
        let base = Base::Buffer(BufferId(0));
        View { base, offset, shape: Dims::new(shape), strides: Dims::new(strides), dtype: DType::F16 }
    }

    #[test]
    fn rows_lie_in_address_order() {
        type Case = (&'static str, u64, &'static [u32], &'static [u32], u64, &'static [u64]);
        let cases: &[Case] = &[
            ("packed", 4, &[2, 3], &[3, 1], 12, &[1004]),
            ("transposed", 0, &[3, 2], &[1, 3], 12, &[1000]),
            ("a box of a wider tensor", 0, &[2, 3], &[8, 1], 6, &[1000, 1016]),
            ("a transposed box", 0, &[3, 2], &[1, 8], 6, &[1000, 1016]),
            ("broadcast", 0, &[4, 3], &[0, 1], 6, &[1000]),
            ("a sliding window", 0, &[3, 2], &[1, 1], 4, &[1000, 1002, 1004]),
            ("a column", 2, &[3, 1], &[4, 1], 2, &[1002, 1010, 1018]),
            ("nothing", 2, &[0, 3], &[3, 1], 0, &[]),
            ("a scalar", 2, &[], &[], 2, &[1002]),
        ];
        for &(name, offset, shape, strides, run, rows) in cases {
            let walk = Walk::of(&view(offset, shape, strides), 1000);
            let mut found = Vec::new();
            walk.for_each_row(|start| found.push(start));
            assert_eq!((walk.run(), &found[..]), (run, rows), "{name}");
        }
    }

    #[test]
    fn compact_strides_keep_the_order_in_memory() {
        assert_eq!(*compact_strides(&view(0, &[3, 2], &[1, 8])), [1, 3]);
        assert_eq!(*compact_strides(&view(0, &[4, 3, 1], &[0, 5, 7])), [0, 1, 0]);
    }
}
