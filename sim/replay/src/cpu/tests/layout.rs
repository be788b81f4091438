use program::op::Constant;
use program::{DType, Dims};

use super::{Random, bytes_of, ints, packed};
use crate::cpu::{CpuError, Strided, fill, iota, pack, unpack};

/// The place of each element, by counting.
fn places(offset: usize, shape: &[u32], strides: &[u32]) -> Vec<usize> {
    shape.iter().zip(strides).fold(vec![offset], |places, (&n, &stride)| {
        places.iter().flat_map(|&place| (0..n).map(move |i| place + (i * stride) as usize)).collect()
    })
}

#[test]
fn pack_and_unpack_visit_every_element_in_order() {
    let mut random = Random::seeded(51);
    for _ in 0..500 {
        let dtype = [DType::U8, DType::F16, DType::F32][random.below(3) as usize];
        let size = dtype.size() as usize;
        let shape: Vec<u32> = (0..random.below(5)).map(|_| random.below(5)).collect();
        let mut strides = Dims::new(&shape).packed_strides().to_vec();
        for stride in &mut strides {
            *stride = [*stride, *stride, 0, random.below(30)][random.below(4) as usize];
        }
        let places = places(random.below(3) as usize, &shape, &strides);
        let offset = places.first().copied().unwrap_or(0);
        let elements = places.iter().max().map_or(0, |last| last + 1);
        let bytes: Vec<u8> = (0..elements * size).map(|_| random.bits() as u8).collect();
        let at = |place: usize| &bytes[place * size..][..size];
        let slow: Vec<u8> = places.iter().flat_map(|&place| at(place).to_vec()).collect();

        let (shape, strides) = (Dims::new(&shape), Dims::new(&strides));
        let offset = (offset * size) as u64;
        let ours = pack(&Strided { bytes: &bytes, offset, shape, strides, dtype });
        assert_eq!(ours.as_ref(), Ok(&slow), "{shape} {strides:?}");

        // Written back to where they came from, the elements give the same bytes, and touch no others.
        let mut into = vec![0xaa; bytes.len()];
        unpack(&slow, &mut into, offset, strides, packed(&shape, dtype)).expect("the view fits");
        let mut expected = vec![0xaa; bytes.len()];
        for &place in &places {
            expected[place * size..][..size].copy_from_slice(at(place));
        }
        assert_eq!(into, expected, "{shape} {strides:?}");
    }
}

#[test]
fn moved_bytes_are_not_changed() {
    let nan = 0xffa0_0001_u32.to_le_bytes();
    assert_eq!(pack(&Strided::packed(&nan, &[1], DType::F32)), Ok(nan.to_vec()));
}

#[test]
fn a_view_beyond_its_bytes_is_refused() {
    let bytes = [0; 12];
    let check = |offset, shape: &[u32], strides: &[u32], fits: bool| {
        let (shape, strides) = (Dims::new(shape), Dims::new(strides));
        let result = pack(&Strided { bytes: &bytes, offset, shape, strides, dtype: DType::F32 });
        assert_eq!(result.is_ok(), fits, "{shape} {strides:?} at {offset}: {result:?}");
    };
    check(0, &[3], &[1], true);
    check(0, &[4], &[1], false);
    check(8, &[1], &[1], true);
    check(9, &[1], &[1], false);
    check(0, &[2, 2], &[1, 1], true);
    check(0, &[2, 2], &[2, 1], false);
    check(100, &[0], &[1], true);
    check(u64::MAX, &[1], &[1], false);
    check(0, &[u32::MAX; 4], &[u32::MAX; 4], false);
    check(0, &[1, 1], &[1], false);
    let short = unpack(&[0; 4], &mut [0; 12], 0, Dims::new(&[1]), packed(&[2], DType::F32));
    assert!(matches!(short, Err(CpuError::OutOfBounds { .. })));
}

#[test]
fn fill_and_iota() {
    assert_eq!(fill(Constant::of(f32::NEG_INFINITY), packed(&[2], DType::F16)), [0x00, 0xfc, 0x00, 0xfc]);
    assert_eq!(fill(Constant::of(-3.7), packed(&[1, 2], DType::I32)), ints(&[-3, -3]));
    let check = |axis, expected: Result<&[i32], CpuError>| {
        assert_eq!(iota(axis, 10, -4, packed(&[2, 3], DType::I32)), expected.map(ints), "axis {axis}");
    };
    check(0, Ok(&[10, 10, 10, 6, 6, 6]));
    check(1, Ok(&[10, 6, 2, 10, 6, 2]));
    check(2, Err(CpuError::Axis { axis: 2, shape: Dims::new(&[2, 3]) }));
    assert_eq!(iota(0, i32::MAX, 1, packed(&[2], DType::I32)), Ok(ints(&[i32::MAX, i32::MIN])));
    assert_eq!(iota(0, 0, 1, packed(&[3], DType::F32)), Ok(bytes_of(&[0.0, 1.0, 2.0], DType::F32)));
}
