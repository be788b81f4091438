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
    let footprint = view.footprint();
    assert_eq!(bytes(&footprint), sorted, "{view:?}");
    assert!(footprint.len() as u64 <= view.footprint_cost(), "{view:?}");
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
    assert_eq!(huge.footprint_cost(), u64::MAX);
    assert_eq!(*huge.shape.packed_strides(), [u32::MAX, u32::MAX, u32::MAX, 1]);
    assert_eq!(Dims::checked(&[1; 5]), None);
}
