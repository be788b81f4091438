use machine::Random;

use super::*;

/// Addresses of the elements in row-major order, each broadcast repeat left out.
fn elements(view: &View) -> Vec<u64> {
    let mut addresses = vec![view.offset];
    for (&extent, &stride) in view.shape.iter().zip(view.strides.iter()) {
        let steps = if stride == 0 { extent.min(1) } else { extent };
        let step = u64::from(stride) * view.dtype.size();
        addresses =
            addresses.iter().flat_map(|&a| (0..u64::from(steps)).map(move |i| a + i * step)).collect();
    }
    addresses
}

fn bytes(runs: &[(u64, u64)]) -> Vec<u64> {
    runs.iter().flat_map(|&(start, length)| start..start + length).collect()
}

fn check(view: View) {
    let size = view.dtype.size();
    let naive: Vec<u64> = elements(&view).iter().flat_map(|&a| a..a + size).collect();
    let runs = view.runs();
    assert_eq!(bytes(&runs), naive, "{view:?}");
    let joinable = runs.windows(2).any(|pair| pair[0].0 + pair[0].1 == pair[1].0);
    assert!(!joinable, "{view:?}: {runs:?}");

    let mut sorted = naive.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let spans = view.spans();
    let covered: Vec<u64> = spans.iter().flat_map(|&(start, end)| start..end).collect();
    assert_eq!(covered, sorted, "{view:?}");
    assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0), "{view:?}: {spans:?}");
    assert!(spans.len() as u64 <= view.n_rows(), "{view:?}");
    let mut visited = Vec::new();
    view.for_each_span(|start, end| visited.push((start, end)));
    assert_eq!(visited, spans, "{view:?}");
    assert_eq!(view.end(), sorted.last().map_or(view.offset, |last| last + 1), "{view:?}");
}

fn view(offset: u64, shape: &[u32], strides: &[u32], dtype: DType) -> View {
    let base = Base::Buffer(BufferId(0));
    View { base, offset, shape: Dims::new(shape), strides: Dims::new(strides), dtype }
}

#[test]
fn runs_are_the_bytes_of_the_elements() {
    let cases: [(&[u32], &[u32]); 9] = [
        (&[], &[]),
        (&[4, 6], &[6, 1]),
        (&[6, 4], &[1, 6]),
        (&[4, 3], &[6, 1]),
        (&[3, 5], &[0, 1]),
        (&[3, 5], &[1, 0]),
        (&[2, 3], &[2, 3]),
        (&[0, 4], &[4, 1]),
        (&[2, 1, 3, 2], &[12, 77, 2, 1]),
    ];
    for (shape, strides) in cases {
        for dtype in DType::ALL {
            check(view(6, shape, strides, dtype));
        }
    }
}

#[test]
fn runs_are_the_bytes_of_the_elements_of_random_views() {
    let mut random = Random::seeded(1);
    for _ in 0..3000 {
        let axes = random.below(5) as usize;
        let shape: Vec<u32> = (0..axes).map(|_| 1 + random.below(4) as u32).collect();
        let strides: Vec<u32> = (0..axes).map(|_| random.below(9) as u32).collect();
        let dtype = DType::ALL[random.below(7) as usize];
        check(view(random.below(10), &shape, &strides, dtype));
    }
}

#[test]
fn packed_views_are_one_run() {
    for (shape, strides, packed) in [
        (vec![4, 6], vec![6, 1], true),
        (vec![1, 6], vec![99, 1], true),
        (vec![4, 6], vec![7, 1], false),
        (vec![6, 4], vec![1, 6], false),
        (vec![2], vec![0], false),
    ] {
        let view = view(0, &shape, &strides, DType::F16);
        assert_eq!(view.is_packed(), packed, "{view:?}");
        assert!(!packed || view.runs().len() == 1, "{view:?}");
    }
}

#[test]
fn sizes_saturate() {
    let huge = view(u64::MAX, &[u32::MAX; 4], &[u32::MAX; 4], DType::F32);
    assert_eq!((huge.elements(), huge.bytes(), huge.end()), (u64::MAX, u64::MAX, u64::MAX));
    assert_eq!(huge.n_rows(), u64::MAX);
    assert_eq!(View { strides: Dims::new(&[]), ..huge }.n_rows(), 1, "a view that no verifier has seen");
    assert_eq!(*huge.shape.packed_strides(), [u32::MAX, u32::MAX, u32::MAX, 1]);
    assert_eq!(Dims::checked(&[1; 5]), None);
}

#[test]
fn the_bytes_of_a_view_are_few_ranges() {
    let cases: &[(View, &[(u64, u64)])] = &[
        (view(4, &[], &[], DType::F16), &[(4, 6)]),
        (view(0, &[0, 3], &[3, 1], DType::F16), &[]),
        (view(8, &[2, 3], &[3, 1], DType::F16), &[(8, 20)]),
        (view(0, &[3, 2], &[1, 3], DType::F16), &[(0, 12)]),
        (view(0, &[2, 2], &[8, 1], DType::F16), &[(0, 4), (16, 20)]),
        (view(0, &[2, 2], &[1, 8], DType::F16), &[(0, 4), (16, 20)]),
        (view(2, &[5, 2], &[0, 1], DType::F16), &[(2, 6)]),
        (view(0, &[3, 2], &[2, 3], DType::F16), &[(0, 2), (4, 12), (14, 16)]),
    ];
    for (view, ranges) in cases {
        assert_eq!(view.spans(), *ranges, "{view:?}");
    }
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
    for &(name, offset, shape, strides, run, starts) in cases {
        let rows = view(offset, shape, strides, DType::F16).rows().at(1000);
        let mut found = Vec::new();
        rows.for_each(|start| found.push(start));
        assert_eq!((rows.run(), &found[..]), (run, starts), "{name}");
    }
}

#[test]
fn compact_strides_keep_the_order_in_memory() {
    assert_eq!(*view(0, &[3, 2], &[1, 8], DType::F16).compact_strides(), [1, 3]);
    assert_eq!(*view(0, &[4, 3, 1], &[0, 5, 7], DType::F16).compact_strides(), [0, 1, 0]);
}
