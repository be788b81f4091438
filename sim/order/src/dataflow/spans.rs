//! The bytes a view touches, whatever the order of its elements.

use program::View;
use program::view::MAX_DIMS;

/// Replaces `out` by the byte ranges that `view` touches, counted from the start of its base: ascending,
/// disjoint and as few as possible. A transposed view costs no more than the view it transposes.
pub fn spans(view: &View, out: &mut Vec<(u64, u64)>) {
    out.clear();
    if view.elements() == 0 {
        return;
    }
    let size = view.dtype.size();
    let mut axes = [(0u64, 1u64); MAX_DIMS];
    let mut n = 0;
    for (&extent, &stride) in view.shape.iter().zip(view.strides.iter()) {
        if extent > 1 && stride > 0 {
            axes[n] = (u64::from(stride), u64::from(extent));
            n += 1;
        }
    }
    let axes = &mut axes[..n];
    axes.sort_unstable();
    // Axes whose stride is at most the length covered so far leave no gap: together they are one range.
    let (mut run, mut folded) = (1, 0);
    while let Some(&(stride, extent)) = axes.get(folded).filter(|(stride, _)| *stride <= run) {
        run += stride * (extent - 1);
        folded += 1;
    }
    each_start(&axes[folded..], |start| {
        push(out, view.offset + start * size, view.offset + (start + run) * size)
    });
    if !out.is_sorted() {
        out.sort_unstable();
        let ranges = std::mem::take(out);
        ranges.into_iter().for_each(|(start, end)| push(out, start, end));
    }
}

/// Visits the first element of every run, largest stride outermost.
fn each_start(axes: &[(u64, u64)], mut visit: impl FnMut(u64)) {
    let mut index = [0u64; MAX_DIMS];
    loop {
        visit(axes.iter().zip(index).map(|((stride, _), i)| stride * i).sum());
        let Some(axis) = (0..axes.len()).find(|&axis| index[axis] + 1 < axes[axis].1) else { return };
        index[axis] += 1;
        index[..axis].fill(0);
    }
}

fn push(out: &mut Vec<(u64, u64)>, start: u64, end: u64) {
    match out.last_mut() {
        Some((first, last)) if *first <= start && start <= *last => *last = end.max(*last),
        _ => out.push((start, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::{Base, BufferId, DType, Dims};

    fn view(offset: u64, shape: &[u32], strides: &[u32]) -> View {
        let base = Base::Buffer(BufferId(0));
        View { base, offset, shape: Dims::new(shape), strides: Dims::new(strides), dtype: DType::F16 }
    }

    #[test]
    fn the_bytes_of_a_view_are_few_ranges() {
        let cases: &[(View, &[(u64, u64)])] = &[
            (view(4, &[], &[]), &[(4, 6)]),
            (view(0, &[0, 3], &[3, 1]), &[]),
            (view(8, &[2, 3], &[3, 1]), &[(8, 20)]),
            (view(0, &[3, 2], &[1, 3]), &[(0, 12)]),
            (view(0, &[2, 2], &[8, 1]), &[(0, 4), (16, 20)]),
            (view(0, &[2, 2], &[1, 8]), &[(0, 4), (16, 20)]),
            (view(2, &[5, 2], &[0, 1]), &[(2, 6)]),
            (view(0, &[3, 2], &[2, 3]), &[(0, 2), (4, 12), (14, 16)]),
        ];
        let mut found = Vec::new();
        for (view, ranges) in cases {
            spans(view, &mut found);
            assert_eq!(&found, ranges, "{view:?}");
        }
    }

    #[test]
    fn the_ranges_cover_exactly_the_runs() {
        let mut found = Vec::new();
        let strides = [0, 1, 2, 3, 5, 7];
        for (a, b, c) in
            strides.iter().flat_map(|a| strides.iter().flat_map(move |b| strides.map(|c| (*a, *b, c))))
        {
            let view = view(6, &[3, 2, 4], &[a, b, c]);
            let mut touched = vec![false; view.end() as usize];
            for (start, length) in view.runs() {
                touched[start as usize..(start + length) as usize].fill(true);
            }
            spans(&view, &mut found);
            let mut covered = vec![false; view.end() as usize];
            for &(start, end) in &found {
                covered[start as usize..end as usize].fill(true);
            }
            assert_eq!(covered, touched, "strides {a} {b} {c}");
            assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].0), "strides {a} {b} {c}: {found:?}");
        }
    }
}
