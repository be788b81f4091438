use program::{DType, Dims};

use super::{Random, at_every_level, bytes_of, digest, floats_of, ints, room};
use crate::cpu::{CpuError, Dot, SimdLevel, Strided, dot};

/// A matrix and how it lies: rows of more elements than columns, or columns one after the other.
struct Matrix {
    bytes: Vec<u8>,
    shape: [usize; 2],
    strides: [usize; 2],
    offset: usize,
    dtype: DType,
}

impl Matrix {
    fn random(random: &mut Random, shape: [usize; 2], turned: bool, dtype: DType) -> Matrix {
        let pad = random.below(4) as usize;
        let offset = random.below(3) as usize;
        let [rows, columns] = shape;
        let strides = if turned { [1, rows + pad] } else { [columns + pad, 1] };
        let elements = offset + (rows.max(1) - 1) * strides[0] + (columns.max(1) - 1) * strides[1] + 1;
        Matrix { bytes: bytes_of(&random.values(elements), dtype), shape, strides, offset, dtype }
    }
    fn view(&self) -> Strided<'_> {
        Strided {
            bytes: &self.bytes,
            offset: self.offset as u64 * self.dtype.size(),
            shape: Dims::new(&self.shape.map(|n| n as u32)),
            strides: Dims::new(&self.strides.map(|n| n as u32)),
            dtype: self.dtype,
        }
    }
    fn at(&self, row: usize, column: usize) -> f32 {
        let size = self.dtype.size() as usize;
        let element = self.offset + row * self.strides[0] + column * self.strides[1];
        floats_of(&self.bytes[element * size..][..size], self.dtype)[0]
    }
}

/// The definition, as it is written in the crate's documentation.
fn slow_dot(a: &Matrix, b: &Matrix, c: Option<&Matrix>, acc: DType, to: DType) -> Vec<u8> {
    let ([m, k], [_, n]) = (a.shape, b.shape);
    let mut out = Vec::new();
    for i in 0..m {
        for j in 0..n {
            let mut sum = c.map_or(0.0, |c| c.at(i, j));
            for l in 0..k {
                sum = a.at(i, l).mul_add(b.at(l, j), sum);
                sum = floats_of(&bytes_of(&[sum], acc), acc)[0];
            }
            out.extend(bytes_of(&[sum], to));
        }
    }
    out
}

fn check(random: &mut Random, size: [usize; 3], dtypes: [DType; 5]) {
    let [m, k, n] = size;
    let [a, b, c, acc, to] = dtypes;
    let mut coin = || random.below(2) == 0;
    let (turn_a, turn_b, accumulate) = (coin(), coin(), coin());
    let a = Matrix::random(random, [m, k], turn_a, a);
    let b = Matrix::random(random, [k, n], turn_b, b);
    let c = accumulate.then(|| Matrix::random(random, [m, n], false, c));
    let ours = at_every_level(|simd| {
        dot(&Dot { a: a.view(), b: b.view(), c: c.as_ref().map(Matrix::view), acc, to }, room(), simd)
    });
    let slow = slow_dot(&a, &b, c.as_ref(), acc, to);
    assert!(
        ours == Ok(slow),
        "{size:?} {dtypes:?} a turned {turn_a}, b turned {turn_b}, from c {accumulate}"
    );
}

#[test]
fn every_shape_is_the_definition() {
    let mut random = Random::seeded(21);
    let f32s = [DType::F32; 5];
    for size in [[1, 1, 1], [16, 64, 128], [64, 64, 64], [1, 300, 33], [9, 513, 17], [4, 256, 32], [8, 7, 64]]
    {
        check(&mut random, size, f32s);
    }
    for edge in [[0, 3, 3], [3, 0, 3], [3, 3, 0]] {
        check(&mut random, edge, f32s);
    }
    for _ in 0..250 {
        let size = std::array::from_fn(|_| 1 + random.below(70) as usize);
        check(&mut random, size, f32s);
    }
}

#[test]
fn every_dtype_is_the_definition() {
    let floats = [DType::F32, DType::F16, DType::Bf16, DType::F8e4m3, DType::F8e5m2];
    let mut random = Random::seeded(22);
    for _ in 0..300 {
        let size = std::array::from_fn(|_| 1 + random.below(40) as usize);
        let mut any = || floats[random.below(5) as usize];
        let dtypes = [any(), any(), any(), DType::F32, any()];
        check(&mut random, size, dtypes);
    }
    for acc in floats {
        for _ in 0..10 {
            let size = std::array::from_fn(|_| 1 + random.below(40) as usize);
            check(&mut random, size, [DType::F16, DType::F16, DType::F32, acc, DType::F16]);
        }
    }
}

#[test]
fn halves_are_widened_ahead_and_kept_without_a_trace() {
    // Depths of whole registers are widened ahead, and the others at once; beyond 256 there is a second panel.
    // More than eight rows keep what the first tile widened; 80 and 48 columns end with narrower tiles.
    let mut random = Random::seeded(23);
    for size in [[13, 48, 64], [16, 272, 80], [11, 64, 131], [9, 300, 48], [8, 32, 64], [3, 512, 128]] {
        for dtype in [DType::F16, DType::Bf16] {
            for [a, b] in [[dtype, dtype], [dtype, DType::F32], [DType::F32, dtype]] {
                // Often enough that a and b lie in both ways.
                (0..8).for_each(|_| check(&mut random, size, [a, b, dtype, DType::F32, DType::F32]));
            }
        }
    }
}

#[test]
fn the_order_is_ascending_from_zero_or_from_c() {
    // Any other order, or a product rounded before it is added, gives another sum.
    let check = |a: &[f32], b: &[f32], c: Option<f32>, expected: f32| {
        let (a_bytes, b_bytes) = (bytes_of(a, DType::F32), bytes_of(b, DType::F32));
        let c_bytes = c.map(|c| bytes_of(&[c], DType::F32));
        let k = a.len() as u32;
        let ours = at_every_level(|simd| {
            let a = Strided::packed(&a_bytes, &[1, k], DType::F32);
            let b = Strided::packed(&b_bytes, &[k, 1], DType::F32);
            let c = c_bytes.as_ref().map(|c| Strided::packed(c, &[1, 1], DType::F32));
            dot(&Dot { a, b, c, acc: DType::F32, to: DType::F32 }, room(), simd)
        });
        assert_eq!(ours, Ok(bytes_of(&[expected], DType::F32)), "{a:?} · {b:?} + {c:?}");
    };
    check(&[1e8, 1.0, -1e8, 1.0], &[1.0; 4], None, 1.0);
    check(&[1.0, 1e8, 1.0, -1e8], &[1.0; 4], None, 0.0);
    check(&[1.0], &[1.0], Some(1e8), 1e8);
    // (1 + 2^-12)² − (1 + 2^-11) = 2^-24, which a rounded product would lose.
    check(&[-1.0, 1.000_244_1], &[1.000_488_3, 1.000_244_1], None, 2f32.powi(-24));
    check(&[f32::INFINITY, f32::NEG_INFINITY], &[1.0, 1.0], None, f32::NAN);
    check(&[f32::NEG_INFINITY, 1.0], &[1.0, 5.0], None, f32::NEG_INFINITY);
    check(&[-0.0], &[0.0], None, 0.0);
    check(&[-0.0], &[0.0], Some(-0.0), -0.0);
}

#[test]
fn integers_wrap() {
    let check = |acc, a: &[i32], b: &[i32], expected: i32| {
        let (a_bytes, b_bytes, k) = (ints(a), ints(b), a.len() as u32);
        let ours = at_every_level(|simd| {
            let a = Strided::packed(&a_bytes, &[1, k], DType::I32);
            let b = Strided::packed(&b_bytes, &[k, 1], DType::I32);
            dot(&Dot { a, b, c: None, acc, to: DType::I32 }, room(), simd)
        });
        assert_eq!(ours, Ok(ints(&[expected])), "{a:?} · {b:?} in {acc}");
    };
    check(DType::I32, &[3, -4], &[5, 6], -9);
    check(DType::I32, &[i32::MAX, 1], &[1, 1], i32::MIN);
    check(DType::U8, &[16, 1], &[16, 7], 7);
    // 2^24 + 1 is no f32: the integer sum keeps the 1.
    check(DType::I32, &[1 << 24, 1], &[1, 1], (1 << 24) + 1);
}

#[test]
fn bad_operands_are_refused() {
    let bytes = vec![0; 64];
    let f32s = |shape: &[u32]| Strided::packed(&bytes, shape, DType::F32);
    let run = |a, b, c, acc| dot(&Dot { a, b, c, acc, to: DType::F32 }, room(), SimdLevel::detect());
    let wrong = |result| matches!(result, Err(CpuError::DotShape { .. }));
    assert!(wrong(run(f32s(&[2, 3]), f32s(&[2, 3]), None, DType::F32)));
    assert!(wrong(run(f32s(&[2, 3]), f32s(&[3]), None, DType::F32)));
    assert!(wrong(run(f32s(&[2, 3]), f32s(&[3, 2]), Some(f32s(&[2, 3])), DType::F32)));
    let end = run(f32s(&[2, 9]), f32s(&[9, 1]), None, DType::F32);
    assert_eq!(end, Err(CpuError::OutOfBounds { shape: Dims::new(&[2, 9]), end: 72, len: 64 }));
    assert_eq!(
        run(f32s(&[2, 2]), f32s(&[2, 2]), None, DType::I32),
        Err(CpuError::Accumulate { acc: DType::I32 })
    );
}

/// The bits of one product, so that another computer that differs is found out.
#[test]
fn known_answer() {
    let mut random = Random(23);
    let mut halves = |n| bytes_of(&(0..n).map(|_| random.unit()).collect::<Vec<f32>>(), DType::F16);
    let (a, b) = (halves(16 * 300), halves(300 * 48));
    let out = at_every_level(|simd| {
        let a = Strided::packed(&a, &[16, 300], DType::F16);
        let b = Strided::packed(&b, &[48, 300], DType::F16).transposed();
        dot(&Dot { a, b, c: None, acc: DType::F32, to: DType::F32 }, room(), simd).expect("the shapes agree")
    });
    assert_eq!(digest(&out), DOT_DIGEST, "{:#x}", digest(&out));
}
const DOT_DIGEST: u64 = 0x49b5_0da7_5b27_030f;
