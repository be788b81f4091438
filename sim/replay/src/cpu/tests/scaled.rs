//! Block-scaled formats against their definitions, written with other numbers: exact halves as integers, searches in place of
//! thresholds.

use program::{DType, ScaledFormat};

use super::{Random, at_every_level, bytes_of, floats_of, packed, room};
use crate::cpu::{CpuError, SimdLevel, Strided, dequantize, quantize};

/// The value of a code, by the layout of its bits.
fn slow_element(format: ScaledFormat, code: u32) -> f64 {
    let float = |exponent_bits: u32, mantissa_bits: u32, bias: i32| {
        let (exponent, mantissa) =
            (code >> mantissa_bits & ((1 << exponent_bits) - 1), code & ((1 << mantissa_bits) - 1));
        let whole = f64::from(if exponent > 0 { mantissa + (1 << mantissa_bits) } else { mantissa });
        whole * 2f64.powi(exponent.max(1) as i32 - bias - mantissa_bits as i32)
    };
    let (size, sign) = match format {
        ScaledFormat::Mxfp8E4m3 => (if code & 0x7f == 0x7f { f64::NAN } else { float(4, 3, 7) }, code >> 7),
        ScaledFormat::Mxfp8E5m2 => match code & 0x7f {
            0x7c => (f64::INFINITY, code >> 7),
            0x7d.. => (f64::NAN, 0),
            _ => (float(5, 2, 15), code >> 7),
        },
        ScaledFormat::Mxfp4 | ScaledFormat::Nvfp4 => (float(2, 1, 1), code >> 3),
        // The first bit of a mantissa is worth 1.
        ScaledFormat::Bfp8 => (f64::from(code & 0x7f) / 64.0, code >> 7),
        ScaledFormat::Bfp4 => (f64::from(code & 7) / 4.0, code >> 3),
    };
    if sign == 1 { -size } else { size }
}

fn slow_scale(format: ScaledFormat, code: u8) -> f64 {
    match format {
        ScaledFormat::Nvfp4 => slow_element(ScaledFormat::Mxfp8E4m3, code.into()),
        ScaledFormat::Bfp8 | ScaledFormat::Bfp4 => 2f64.powi(i32::from(code) - 127),
        ScaledFormat::Mxfp8E4m3 | ScaledFormat::Mxfp8E5m2 | ScaledFormat::Mxfp4 => {
            if code == 255 {
                f64::NAN
            } else {
                2f64.powi(i32::from(code) - 127)
            }
        }
    }
}

/// A product of an element and a scale has few bits, so that f64 has it exactly.
fn rounded(x: f64, dtype: DType) -> Vec<u8> {
    bytes_of(&[x as f32], dtype)
}

#[test]
fn every_element_with_every_scale_is_its_definition() {
    for format in ScaledFormat::ALL {
        let codes: Vec<u8> = (0..=255).collect();
        let (per_byte, block) = (format.per_byte() as usize, format.block() as usize);
        let n = 256 * per_byte;
        for first in (0..256).step_by(n / block) {
            let scales: Vec<u8> = (0..n / block).map(|at| (first + at) as u8).collect();
            let x = Strided::packed(&codes, &[256], format.elements());
            let by = Strided::packed(&scales, &[(n / block) as u32], format.scales());
            for to in [DType::F32, DType::Bf16, DType::F16] {
                let expected: Vec<u8> = (0..n)
                    .flat_map(|at| {
                        let byte = codes[at / per_byte];
                        let nibble = if at % 2 == 0 { byte % 16 } else { byte / 16 };
                        let code = if per_byte == 2 { nibble } else { byte };
                        let by = slow_scale(format, scales[at / block]);
                        rounded(slow_element(format, code.into()) * by, to)
                    })
                    .collect();
                let ours =
                    at_every_level(|simd| dequantize(format, &x, &by, packed(&[n as u32], to), room(), simd));
                assert!(ours == Ok(expected), "{format} by {scales:?} to {to}");
            }
        }
    }
}

/// The nearest size of a format that has so many, by search, ties to the even code; it saturates.
fn nearest(format: ScaledFormat, x: f64, sizes: u32) -> u32 {
    let mut best = 0;
    for code in 0..sizes {
        let (error, least) =
            ((slow_element(format, code) - x.abs()).abs(), (slow_element(format, best) - x.abs()).abs());
        if error < least || (error == least && code % 2 == 0) {
            best = code;
        }
    }
    best
}

fn drawn(random: &mut Random, n: usize) -> Vec<f32> {
    let exponent = random.below(250);
    let narrow = |x: u32| f32::from_bits((x & 0x807f_ffff) | (exponent.saturating_sub(x >> 23 & 7) << 23));
    // Few bits now and then, so that ties come.
    (0..n)
        .map(|_| narrow(random.bits() & if random.below(2) == 0 { 0xffe0_0000 } else { u32::MAX }))
        .collect()
}

#[test]
fn mx_takes_the_scale_of_the_largest_and_the_nearest_elements() {
    let mut random = Random::seeded(53);
    for (format, most, sizes) in
        [(ScaledFormat::Mxfp8E4m3, 8, 127), (ScaledFormat::Mxfp8E5m2, 15, 124), (ScaledFormat::Mxfp4, 2, 8)]
    {
        for _ in 0..300 {
            let numbers = drawn(&mut random, 32);
            let largest = numbers.iter().fold(0f64, |largest, x| largest.max(f64::from(x.abs())));
            let exponent = if largest > 0.0 { (libm::ilogb(largest) - most).max(-127) } else { -127 };
            let [elements, scales] = quantize(format, &numbers);
            assert_eq!(scales, [(exponent + 127) as u8], "{format} of {numbers:?}");
            for (at, &x) in numbers.iter().enumerate() {
                let byte = u32::from(elements[at / format.per_byte() as usize]);
                let code = if format.per_byte() == 2 { byte >> (at % 2 * 4) & 0xf } else { byte };
                let sign = match (x.is_sign_negative(), format.per_byte()) {
                    (false, _) => 0,
                    (true, 2) => 8,
                    (true, _) => 128,
                };
                let wanted = nearest(format, f64::from(x) * 2f64.powi(-exponent), sizes) | sign;
                assert_eq!(code, wanted, "{format}: {x} by 2^{exponent}");
            }
        }
        let [_, scales] = quantize(format, &[&[f32::INFINITY][..], &[1.0; 31]].concat());
        assert_eq!(scales, [255], "{format}");
        let [elements, scales] = quantize(format, &[0.0; 32]);
        assert!(elements.iter().all(|&code| code == 0) && scales == [0], "{format}");
    }
}

#[test]
fn nvfp4_takes_a_sixth_of_the_largest() {
    let numbers: Vec<f32> = (0..16).map(|at| at as f32 - 5.0).collect();
    let [elements, scales] = quantize(ScaledFormat::Nvfp4, &numbers);
    // 10 / 6 is 1.625 to the nearest e4m3.
    assert_eq!(floats_of(&scales, DType::F8e4m3), [1.625]);
    let codes: Vec<u32> = (0..16).map(|at| u32::from(elements[at / 2]) >> (at % 2 * 4) & 0xf).collect();
    let sign = |x: f32| if x < 0.0 { 8 } else { 0 };
    let wanted: Vec<u32> =
        numbers.iter().map(|&x| nearest(ScaledFormat::Nvfp4, f64::from(x) / 1.625, 8) | sign(x)).collect();
    assert_eq!(codes, wanted);
    let [elements, scales] = quantize(ScaledFormat::Nvfp4, &[0.0; 16]);
    assert_eq!((elements, scales), (vec![0; 8], vec![0]));
}

/// Bytes of tt-metal's packer, by hand: the largest exponent, mantissas with their leading one, what is shifted out cut.
#[test]
fn bfp_shares_the_largest_exponent() {
    let mut numbers = [0.0f32; 16];
    numbers[..8].copy_from_slice(&[1.0, -1.5, 0.25, 1.984_375, 1.992_187_5, 1.0 / 128.0, -0.007, 1e-30]);
    let [elements, scales] = quantize(ScaledFormat::Bfp8, &numbers);
    assert_eq!(scales, [127]);
    // 1.9921875 rounds up and saturates; 1/128 is half of the last bit and rounds to the even 0.
    assert_eq!(elements[..8], [64, 128 | 96, 16, 127, 127, 0, 0, 0]);
    let [elements, scales] = quantize(ScaledFormat::Bfp4, &numbers);
    assert_eq!(scales, [127]);
    // 1, −1.5, 0.25, 1.98 and 1.99, which saturate, and 0: two in a byte, the first low.
    assert_eq!(elements[..3], [4 | (8 | 6) << 4, 1 | 7 << 4, 7]);
    // 3/4 of the last bit of bfp4 rounds up, and a tie with an odd bit does.
    let [elements, _] =
        quantize(ScaledFormat::Bfp4, &[&[1.0, 0.1875, 0.375, -0.125][..], &[0.0; 12]].concat());
    assert_eq!(elements[..2], [4 | 1 << 4, 2]);
}

/// What is packed is unpacked to the nearest numbers, and those are packed to the same bytes.
#[test]
fn unpacked_numbers_are_packed_to_the_same_bytes() {
    let mut random = Random::seeded(59);
    for format in ScaledFormat::ALL {
        for _ in 0..50 {
            let numbers: Vec<f32> = (0..64).map(|_| random.unit() * 100.0).collect();
            let [elements, scales] = quantize(format, &numbers);
            let shapes = format.shapes(program::Dims::new(&[2, 32])).expect("whole blocks");
            let x = Strided::packed(&elements, &shapes[0], format.elements());
            let by = Strided::packed(&scales, &shapes[1], format.scales());
            let unpacked =
                dequantize(format, &x, &by, packed(&[2, 32], DType::F32), room(), SimdLevel::detect())
                    .expect("the shapes agree");
            let in_bf16 =
                dequantize(format, &x, &by, packed(&[2, 32], DType::Bf16), room(), SimdLevel::detect())
                    .expect("the shapes agree");
            let numbers = floats_of(&unpacked, DType::F32);
            assert_eq!(floats_of(&in_bf16, DType::Bf16), numbers, "{format}: bf16 holds them");
            // The scale of NVFP4 is that of the largest element, which may have become another sixth.
            if format != ScaledFormat::Nvfp4 {
                let again = quantize(format, &numbers);
                let [again_x, again_by] = [&again[0], &again[1]];
                let x = Strided::packed(again_x, &shapes[0], format.elements());
                let by = Strided::packed(again_by, &shapes[1], format.scales());
                let twice =
                    dequantize(format, &x, &by, packed(&[2, 32], DType::F32), room(), SimdLevel::detect());
                assert_eq!(twice, Ok(unpacked), "{format}");
            }
        }
    }
}

#[test]
fn a_last_axis_that_is_not_whole_blocks_is_refused() {
    let bytes = [0; 64];
    let x = Strided::packed(&bytes, &[16], DType::U8);
    let by = Strided::packed(&bytes, &[2], DType::U8);
    let run = |n: u32| {
        dequantize(ScaledFormat::Mxfp4, &x, &by, packed(&[n], DType::F32), room(), SimdLevel::detect())
    };
    assert!(matches!(run(32), Err(CpuError::Blocks { .. })));
    assert!(matches!(run(40), Err(CpuError::Blocks { .. })));
}
