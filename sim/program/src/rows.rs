//! The bytes of a view: rows at regular distances, and the byte ranges that they cover.

use crate::view::{Dims, MAX_DIMS, View};

/// Runs of `run` bytes, one at every combination of steps along `axes` after `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    first: u64,
    run: u64,
    /// (extent, stride in bytes), outermost first.
    axes: [(u64, u64); MAX_DIMS],
    n_axes: usize,
}

impl Rows {
    /// The rows of a view whose axes are taken in this order, outermost first. Innermost axes that lie one after the
    /// other are one row.
    fn of(view: &View, order: impl Iterator<Item = usize>) -> Rows {
        let size = view.dtype.size();
        let mut rows = Rows { first: view.offset, run: size, axes: [(0, 0); MAX_DIMS], n_axes: 0 };
        if view.elements() == 0 {
            rows.run = 0;
            return rows;
        }
        for axis in order {
            let stride = u64::from(view.strides[axis]).saturating_mul(size);
            rows.axes[rows.n_axes] = (u64::from(view.shape[axis]), stride);
            rows.n_axes += 1;
        }
        rows.fold(|stride, run| stride == run);
        rows
    }

    /// Takes innermost axes into the row while they join it.
    fn fold(&mut self, joins: impl Fn(u64, u64) -> bool) {
        while let Some(&(extent, stride)) = self.axes[..self.n_axes].last() {
            if !joins(stride, self.run) {
                return;
            }
            self.run = self.run.saturating_add(stride.saturating_mul(extent - 1));
            self.n_axes -= 1;
        }
    }

    /// The same rows counted from `base` on.
    #[must_use]
    pub fn at(self, base: u64) -> Rows {
        Rows { first: base + self.first, ..self }
    }
    /// Length of a row in bytes; 0 when the view has no elements.
    pub fn run(&self) -> u64 {
        self.run
    }
    /// How many rows there are.
    fn count(&self) -> u64 {
        self.axes[..self.n_axes].iter().map(|&(extent, _)| extent).fold(1, u64::saturating_mul)
    }

    /// Visits the first byte of every row.
    pub fn for_each(&self, mut visit: impl FnMut(u64)) {
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

impl View {
    /// The rows in memory order: by descending stride. Rows overlap where strides do.
    pub fn rows(&self) -> Rows {
        Rows::of(self, self.memory_order())
    }

    /// The axes that move through memory, by descending stride; axes of one element and broadcast axes do not.
    pub fn memory_order(&self) -> impl Iterator<Item = usize> + use<> {
        let mut axes = [0usize; MAX_DIMS];
        let mut n = 0;
        for axis in self.moving_axes() {
            axes[n] = axis;
            n += 1;
        }
        let strides = self.strides;
        axes[..n].sort_by_key(|&axis| std::cmp::Reverse(strides[axis]));
        axes.into_iter().take(n)
    }

    /// Strides, in elements, once the rows have been laid one after the other.
    pub fn compact_strides(&self) -> Dims {
        let mut strides = [0u32; MAX_DIMS];
        let mut stride = 1u32;
        let order: Vec<usize> = self.memory_order().collect();
        for &axis in order.iter().rev() {
            strides[axis] = stride;
            stride = stride.saturating_mul(self.shape[axis]);
        }
        Dims::new(&strides[..self.shape.len()])
    }

    /// The byte runs touched, as `(start, length)` from the start of `base`, in the order of the elements.
    /// Adjacent elements are joined into one run; a broadcast repeats no run.
    pub fn runs(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        let rows = Rows::of(self, self.moving_axes());
        rows.for_each(|start| match runs.last_mut() {
            Some((last, so_far)) if *last + *so_far == start => *so_far += rows.run,
            _ => runs.push((start, rows.run)),
        });
        runs
    }

    /// Replaces `out` by the byte ranges touched, as `(start, end)` from the start of `base`: ascending, disjoint and
    /// as few as possible. A transposed view costs no more than the view it transposes.
    pub fn spans_into(&self, out: &mut Vec<(u64, u64)>) {
        out.clear();
        let rows = self.covering();
        rows.for_each(|start| push(out, start, start + rows.run));
        if !out.is_sorted() {
            // Hand-made strides may interleave.
            out.sort_unstable();
            let ranges = std::mem::take(out);
            ranges.into_iter().for_each(|(start, end)| push(out, start, end));
        }
    }

    /// The byte ranges touched, as [`View::spans_into`] gives them.
    pub fn spans(&self) -> Vec<(u64, u64)> {
        let mut spans = Vec::new();
        self.spans_into(&mut spans);
        spans
    }

    /// Visits the byte ranges of [`View::spans`].
    pub fn for_each_span(&self, mut visit: impl FnMut(u64, u64)) {
        let rows = self.covering();
        if rows.n_axes == 0 {
            // Most views are one range: no list is needed.
            return rows.for_each(|start| visit(start, start + rows.run));
        }
        self.spans().into_iter().for_each(|(start, end)| visit(start, end));
    }

    /// At least as many ranges as [`View::spans`] walks; saturating, so that it can be asked of any view.
    pub fn n_rows(&self) -> u64 {
        if self.is_packed() { 1 } else { self.rows().count() }
    }

    /// Rows whose bytes are those of the view. An axis whose stride is at most the length covered so far leaves no gap.
    fn covering(&self) -> Rows {
        if self.is_packed() {
            return Rows { first: self.offset, run: self.bytes(), axes: [(0, 0); MAX_DIMS], n_axes: 0 };
        }
        let mut rows = self.rows();
        rows.fold(|stride, run| stride <= run);
        rows
    }

    fn moving_axes(&self) -> impl Iterator<Item = usize> {
        // A view that was not verified may lack strides.
        let moves = |axis: usize| self.strides.get(axis).is_some_and(|&stride| stride != 0);
        (0..self.shape.len()).filter(move |&axis| self.shape[axis] != 1 && moves(axis))
    }
}

fn push(out: &mut Vec<(u64, u64)>, start: u64, end: u64) {
    match out.last_mut() {
        Some((first, last)) if *first <= start && start <= *last => *last = end.max(*last),
        _ => out.push((start, end)),
    }
}
