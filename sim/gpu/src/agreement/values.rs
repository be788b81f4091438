use program::DType;

/// Codes of 32 bits from the one generator.
pub(super) struct Random(machine::Random);

impl Random {
    pub fn seeded(seed: u64) -> Random {
        Random(machine::Random::seeded(seed))
    }
    pub fn next(&mut self) -> u32 {
        (self.0.bits() >> 32) as u32
    }
    pub fn many(&mut self, n: usize) -> Vec<u32> {
        (0..n).map(|_| self.next()).collect()
    }
}

/// Zeros, subnormals, ones, the largest, infinities, NaNs, where a narrower dtype ties or overflows, where `exp`
/// does, and the edges of integers.
const F32: [u32; 51] = [
    0,
    0x8000_0000,
    1,
    0x8000_0001,
    0x7f_ffff,
    0x80_0000,
    0x8080_0000,
    0x100_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x3f80_0001,
    0x3f7f_ffff,
    0x4000_0000,
    0x3fc0_0000,
    0x3f00_0000,
    0xbf00_0000,
    0x3dcc_cccd,
    0x7f7f_ffff,
    0xff7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0xffc0_0001,
    0x7f80_0001,
    0x4b80_0000,
    0x4b7f_ffff,
    0x4f00_0000,
    0xcf00_0000,
    0x4eff_ffff,
    0xcf00_0001,
    0x437f_0000,
    0x4380_0000,
    0x477f_e000,
    0x477f_efff,
    0x477f_f000,
    0x3300_0000,
    0x3300_0001,
    0x387f_e000,
    0x43e0_0000,
    0x43e8_0000,
    0x43e8_0001,
    0x4770_0000,
    0x476f_ffff,
    0x3a80_0000,
    0x3ac0_0000,
    0x42b1_7217,
    0x42b1_7218,
    0xc2ae_ac50,
    0xc2cf_f1b4,
    0xc2cf_f1b5,
    0x7f00_0000,
];
/// The same of f16 and of bf16, in one list.
const BITS_16: [u32; 32] = [
    0, 0x8000, 1, 0x8001, 0x7f, 0x80, 0x3ff, 0x400, 0x8400, 0x3c00, 0x3c01, 0xbc00, 0x3f80, 0x3f81, 0xbf80,
    0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00, 0xfe01, 0x7c01, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0, 0x7f81,
    0x4b80, 0x6800, 0x4f00, 0x5bf8,
];
const BITS_8: [u32; 26] = [
    0, 1, 2, 3, 4, 7, 8, 0x38, 0x39, 0x3c, 0x40, 0x77, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x88, 0xb8,
    0xbc, 0xfb, 0xfc, 0xfe, 0xff,
];
const I32: [i32; 34] = [
    0,
    1,
    -1,
    2,
    3,
    -7,
    127,
    128,
    -128,
    255,
    256,
    257,
    464,
    465,
    -465,
    2047,
    2049,
    4097,
    57344,
    61440,
    61441,
    65504,
    65519,
    65520,
    -65521,
    0x00ff_ffff,
    0x0100_0000,
    0x0100_0001,
    0x0100_0003,
    -0x0100_0001,
    i32::MAX,
    i32::MAX - 64,
    i32::MIN,
    i32::MIN + 1,
];

/// The dtypes that units compute on.
pub(super) const COMPUTED: [DType; 12] = [
    DType::F32,
    DType::F16,
    DType::Bf16,
    DType::F8e4m3,
    DType::F8e5m2,
    DType::U8,
    DType::I32,
    DType::I8,
    DType::I16,
    DType::U16,
    DType::U32,
    DType::Bool,
];

/// The codes of a dtype at which something happens.
pub(super) fn special(dtype: DType) -> Vec<u32> {
    match dtype {
        DType::F32 => F32.to_vec(),
        DType::F16 | DType::Bf16 | DType::I16 | DType::U16 => BITS_16.to_vec(),
        DType::F8e4m3 | DType::F8e5m2 | DType::U8 | DType::I8 | DType::Bool => BITS_8.to_vec(),
        DType::I32 | DType::U32 | DType::I64 | DType::F64 => I32.iter().map(|v| v.cast_unsigned()).collect(),
    }
}

/// All codes of a dtype; of a wide one the special ones and many others.
pub(super) fn all(dtype: DType) -> Vec<u32> {
    match dtype.size() {
        1 => (0..1 << 8).collect(),
        2 => (0..1 << 16).collect(),
        _ => {
            let mut codes = special(dtype);
            let mut random = Random::seeded(7);
            // Around every power of two, where roundings meet; and anywhere.
            let low = |random: &mut Random| random.next() & random.next() & random.next();
            codes.extend((0..20_000).map(|i| (1 << (i % 32)) ^ (low(&mut random) >> (i % 29))));
            codes.extend(random.many(20_000));
            codes
        }
    }
}

/// Codes that are numbers of moderate size, so that sums of them stay finite.
pub(super) fn moderate(dtype: DType, n: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::seeded(seed);
    let codes = random.many(n).into_iter();
    codes
        .map(|code| match dtype {
            DType::F32 => (code & 0x807f_ffff) | ((120 + (code >> 8) % 12) << 23),
            DType::F16 => (code & 0x83ff) | ((10 + (code >> 16) % 8) << 10),
            DType::Bf16 => (code & 0x807f) | ((120 + (code >> 16) % 12) << 7),
            DType::F8e4m3 => (code & 0x87) | ((code >> 16) % 9) << 3,
            DType::F8e5m2 => (code & 0x83) | ((code >> 16) % 18) << 2,
            DType::U8 | DType::I8 | DType::Bool => code & 0xff,
            DType::I16 | DType::U16 => code & 0xffff,
            DType::I32 | DType::U32 | DType::I64 | DType::F64 => code,
        })
        .collect()
}
