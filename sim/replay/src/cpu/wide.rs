//! Functions computed in f64 and rounded once, to f32: their polynomials err by less than 2⁻³⁰, so that the result is
//! wrong by at most 0.51 ulp. There is no `fma` and no libm in them, and no branch, so that they vectorise and give the
//! same bits on all computers.

const LN2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
/// The polynomial of fdlibm's e_log.c, Lg1 to Lg7.
const LG: [f64; 7] = [
    0.666_666_666_666_673_5,
    0.399_999_999_994_094_2,
    0.285_714_287_436_623_9,
    0.222_221_984_321_497_84,
    0.181_835_721_616_180_5,
    0.153_138_376_992_093_73,
    0.147_981_986_051_165_86,
];
/// The high word of √2/2, and what lifts it to that of 1.
const ROOT: u64 = 0x3fe6_a09e << 32;
const LIFT: u64 = (0x3ff0_0000 - 0x3fe6_a09e) << 32;
/// 1.5 · 2^52: its low bits are whole numbers.
pub(super) const WHOLE: f64 = 6_755_399_441_055_744.0;

/// Beyond these, e^x of what follows is 0 and infinity in f32, and so is all that is made of it.
const FAR: f64 = 200.0;
/// 1 / k! for k from 11 down to 0: Taylor's series of e^r, whose rest is below 10⁻¹⁴ for |r| ≤ ln 2 / 2.
const EXP: [f64; 12] = [
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];
/// Below it `erf(x) / x` is a polynomial in x², above it `erfc(x) e^(x²)` is one in `1 / (x + 2)`. Both are Chebyshev fits,
/// that err by 4 · 10⁻¹³ and 10⁻¹¹; no library has these forms.
const ERF_NEAR: f64 = 0.75;
const ERF_BY_X: [f64; 8] = [
    -1.167_069_583_584_197_8e-5,
    1.177_066_614_787_101_2e-4,
    -8.535_066_666_121_36e-4,
    5.223_632_235_499_854e-3,
    -0.026_866_121_555_512_844,
    0.112_837_913_273_122_58,
    -0.376_126_388_939_998_9,
    1.128_379_167_095_109,
];
const ERFC: [f64; 10] = [
    -39.153_996_375_260_29,
    91.437_668_059_254_24,
    -78.786_310_520_590_9,
    25.776_653_545_845_047,
    -3.159_650_462_422_661_6,
    3.641_133_432_170_860_4,
    1.907_103_074_558_018,
    1.130_827_774_568_764_3,
    0.564_227_938_775_672_5,
    -4.372_126_546_607_928e-6,
];
/// erf of this and of all beyond it is 1 in f32.
const ERF_FAR: f64 = 4.2;
/// Below it tanh is three terms of its series, whose rest is below 10⁻¹².
const TANH_NEAR: f64 = 1.0 / 64.0;

/// A polynomial, highest power first.
#[inline(always)]
fn polynomial<const N: usize>(of: [f64; N], x: f64) -> f64 {
    of.into_iter().reduce(|sum, c| sum * x + c).unwrap_or(0.0)
}

/// ln x of a normal number that is not below 0; of any other it is nonsense, and wraps.
#[inline(always)]
pub(super) fn log(x: f64) -> f64 {
    let lifted = x.to_bits().wrapping_add(LIFT);
    let exponent = (lifted >> 52).wrapping_sub(0x3ff);
    let k = f64::from_bits(WHOLE.to_bits().wrapping_add(exponent)) - WHOLE;
    let f = f64::from_bits((lifted & 0x000f_ffff_ffff_ffff).wrapping_add(ROOT)) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let t2 = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    let r = t2 + t1;
    s * (half_square + r) + k * LN2[1] - half_square + f + k * LN2[0]
}

/// 2^n e^r for |r| ≤ ln 2 / 2, where `whole` is n + [`WHOLE`].
#[inline(always)]
fn scaled(whole: f64, r: f64) -> f64 {
    let n = whole.to_bits().wrapping_sub(WHOLE.to_bits());
    polynomial(EXP, r) * f64::from_bits(n.wrapping_add(1023) << 52)
}

#[inline(always)]
fn exp(x: f64) -> f64 {
    let whole = x * std::f64::consts::LOG2_E + WHOLE;
    let n = whole - WHOLE;
    scaled(whole, (x - n * LN2[0]) - n * LN2[1])
}

/// Within so far of 0; NaN stays.
#[inline(always)]
fn within(x: f64, far: f64) -> f64 {
    let x = if x > far { far } else { x };
    if x < -far { -far } else { x }
}

#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let x = within(f64::from(x), FAR);
    let whole = x + WHOLE;
    scaled(whole, (x - (whole - WHOLE)) * std::f64::consts::LN_2) as f32
}

#[inline(always)]
pub(super) fn log_natural(x: f32) -> f32 {
    logarithm(x, 1.0)
}

#[inline(always)]
pub(super) fn log2(x: f32) -> f32 {
    logarithm(x, std::f64::consts::LOG2_E)
}

#[inline(always)]
fn logarithm(x: f32, unit: f64) -> f32 {
    let y = (log(f64::from(x)) * unit) as f32;
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    let y = if x == f32::INFINITY { x } else { y };
    if x >= 0.0 { y } else { f32::NAN }
}

#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    (1.0 / (1.0 + exp(-within(f64::from(x), FAR)))) as f32
}

#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let x = within(f64::from(x), FAR);
    let size = x.abs();
    let e = exp(-2.0 * size);
    let far = (1.0 - e) / (1.0 + e);
    let square = x * x;
    let near = size * (1.0 + square * (square * (2.0 / 15.0) - 1.0 / 3.0));
    (if size < TANH_NEAR { near } else { far }).copysign(x) as f32
}

#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let x = within(f64::from(x), ERF_FAR);
    let (size, square) = (x.abs(), x * x);
    let near = size * polynomial(ERF_BY_X, square);
    let far = 1.0 - exp(-square) * polynomial(ERFC, 1.0 / (size + 2.0));
    (if size < ERF_NEAR { near } else { far }).copysign(x) as f32
}

#[inline(always)]
pub(super) fn rsqrt(x: f32) -> f32 {
    (1.0 / f64::from(x).sqrt()) as f32
}
