//! Conversion of each dtype from bytes to f32, and back with one rounding.
//!
//! All of it is integer arithmetic and exact f32 steps without branches, so that it vectorises and gives the same
//! bits everywhere; it wraps where it cannot overflow, because a check would be a branch. A NaN is written as one
//! pattern per dtype: x86 and Arm make different NaNs.

/// A dtype as a type.
pub(super) trait Stored {
    /// The bytes of one element.
    type Raw: bytemuck::Pod;
    const SIZE: usize = size_of::<Self::Raw>();
    fn decode(raw: Self::Raw) -> f32;
    /// Rounds to nearest, ties to even; to an integer dtype towards zero, saturating, NaN to 0; to a truth value by
    /// whether it is not 0.
    fn encode(x: f32) -> Self::Raw;
}

/// Runs `$body` with `$T` standing for the [`Stored`] type of `$dtype`.
macro_rules! with_stored {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            program::DType::F32 => {
                type $T = $crate::cpu::stored::F32;
                $body
            }
            program::DType::F16 => {
                type $T = $crate::cpu::stored::F16;
                $body
            }
            program::DType::Bf16 => {
                type $T = $crate::cpu::stored::Bf16;
                $body
            }
            program::DType::F8e4m3 => {
                type $T = $crate::cpu::stored::F8e4m3;
                $body
            }
            program::DType::F8e5m2 => {
                type $T = $crate::cpu::stored::F8e5m2;
                $body
            }
            program::DType::U8 => {
                type $T = $crate::cpu::stored::U8;
                $body
            }
            program::DType::I32 => {
                type $T = $crate::cpu::stored::I32;
                $body
            }
            program::DType::I8 => {
                type $T = $crate::cpu::stored::I8;
                $body
            }
            program::DType::I16 => {
                type $T = $crate::cpu::stored::I16;
                $body
            }
            program::DType::U16 => {
                type $T = $crate::cpu::stored::U16;
                $body
            }
            program::DType::U32 => {
                type $T = $crate::cpu::stored::U32;
                $body
            }
            program::DType::Bool => {
                type $T = $crate::cpu::stored::Bool;
                $body
            }
            program::DType::I64 => {
                type $T = $crate::cpu::stored::I64;
                $body
            }
            program::DType::F64 => {
                type $T = $crate::cpu::stored::F64;
                $body
            }
        }
    };
}
pub(super) use with_stored;

/// The one f32 NaN that is ever written.
pub(super) const NAN: u32 = 0x7fc0_0000;

pub(super) enum F32 {}
pub(super) enum U8 {}
pub(super) enum I32 {}
pub(super) enum I8 {}
pub(super) enum I16 {}
pub(super) enum U16 {}
pub(super) enum U32 {}
pub(super) enum Bool {}
pub(super) enum I64 {}
pub(super) enum F64 {}
/// Five exponent bits, ten of mantissa.
pub(super) type F16 = Small<2, 5, 10, 0x7c00, 0x7e00>;
pub(super) type Bf16 = Small<2, 8, 7, 0x7f80, 0x7fc0>;
/// No infinity: what would be above 448 is NaN, as in `ml_dtypes`.
pub(super) type F8e4m3 = Small<1, 4, 3, 0x7f, 0x7f>;
pub(super) type F8e5m2 = Small<1, 5, 2, 0x7c, 0x7e>;

/// A float of `BYTES` bytes: a sign, `EXP` bits of exponent, `MAN` of mantissa. `TOP` is the code every overflow
/// becomes (infinity, or NaN where there is none); above it, and at `NAN`, codes are NaN.
pub(super) enum Small<const BYTES: usize, const EXP: u32, const MAN: u32, const TOP: u32, const NAN: u32> {}

impl<const BYTES: usize, const EXP: u32, const MAN: u32, const TOP: u32, const NAN: u32>
    Small<BYTES, EXP, MAN, TOP, NAN>
{
    /// The sign bit, from f32's place to its own.
    const SIGN_SHIFT: u32 = 32 - 8 * BYTES as u32;
    const MAN_SHIFT: u32 = 23 - MAN;
    /// f32's exponent bias less this format's, in f32's exponent field.
    const REBIAS: u32 = (127 - ((1 << (EXP - 1)) - 1)) << 23;
    /// The smallest normal number, as f32 bits.
    const MIN_NORMAL: u32 = Self::REBIAS + (1 << 23);
    /// Adding this power of two moves the unit of this format's subnormals to f32's last bit.
    const ALIGN: u32 = Self::MIN_NORMAL + ((23 - MAN) << 23);

    #[inline(always)]
    fn widen(code: u32) -> f32 {
        let magnitude = code & !(0x80 << (8 * (BYTES - 1)));
        let shifted = magnitude << Self::MAN_SHIFT;
        let normal = shifted.wrapping_add(Self::REBIAS);
        // A subnormal has no hidden bit: give it one, then subtract it, which is exact.
        let with_hidden = f32::from_bits(shifted.wrapping_add(Self::MIN_NORMAL));
        let subnormal = (with_hidden - f32::from_bits(Self::MIN_NORMAL)).to_bits();
        let finite = if magnitude < 1 << MAN { subnormal } else { normal };
        let bits = if magnitude >= TOP { 0x7f80_0000 } else { finite };
        let bits = if magnitude > TOP || magnitude == NAN { self::NAN } else { bits };
        f32::from_bits(bits | ((code ^ magnitude) << Self::SIGN_SHIFT))
    }

    #[inline(always)]
    fn narrow(x: f32) -> u32 {
        let bits = x.to_bits();
        let magnitude = bits & 0x7fff_ffff;
        // Adding half a unit less one, and one more if the last kept bit is odd, carries as ties-to-even does.
        let odd = (magnitude >> Self::MAN_SHIFT) & 1;
        let half = (1u32 << (Self::MAN_SHIFT - 1)) - 1;
        let rounded = magnitude.wrapping_sub(Self::REBIAS).wrapping_add(half).wrapping_add(odd);
        let normal = rounded >> Self::MAN_SHIFT;
        let aligned = f32::from_bits(magnitude) + f32::from_bits(Self::ALIGN);
        let subnormal = aligned.to_bits().wrapping_sub(Self::ALIGN);
        let code = if magnitude < Self::MIN_NORMAL { subnormal } else { normal.min(TOP) };
        let signed = code | ((bits & 0x8000_0000) >> Self::SIGN_SHIFT);
        // e4m3 overflows to NaN, which has one pattern: without a sign.
        if magnitude > 0x7f80_0000 || code == NAN { NAN } else { signed }
    }
}

impl<const EXP: u32, const MAN: u32, const TOP: u32, const NAN: u32> Stored for Small<2, EXP, MAN, TOP, NAN> {
    type Raw = [u8; 2];
    #[inline(always)]
    fn decode(raw: [u8; 2]) -> f32 {
        Self::widen(u32::from(u16::from_le_bytes(raw)))
    }
    #[inline(always)]
    fn encode(x: f32) -> [u8; 2] {
        (Self::narrow(x) as u16).to_le_bytes()
    }
}

impl<const EXP: u32, const MAN: u32, const TOP: u32, const NAN: u32> Stored for Small<1, EXP, MAN, TOP, NAN> {
    type Raw = [u8; 1];
    #[inline(always)]
    fn decode([raw]: [u8; 1]) -> f32 {
        Self::widen(u32::from(raw))
    }
    #[inline(always)]
    fn encode(x: f32) -> [u8; 1] {
        [Self::narrow(x) as u8]
    }
}

impl Stored for F32 {
    type Raw = [u8; 4];
    #[inline(always)]
    fn decode(raw: [u8; 4]) -> f32 {
        f32::from_le_bytes(raw)
    }
    #[inline(always)]
    fn encode(x: f32) -> [u8; 4] {
        let bits = if x.is_nan() { NAN } else { x.to_bits() };
        bits.to_le_bytes()
    }
}

/// Integers: an element and its type.
macro_rules! integers {
    ($($Dtype:ident $int:ident $size:literal,)*) => {$(
        impl Stored for $Dtype {
            type Raw = [u8; $size];
            #[inline(always)]
            fn decode(raw: [u8; $size]) -> f32 {
                $int::from_le_bytes(raw) as f32
            }
            #[inline(always)]
            fn encode(x: f32) -> [u8; $size] {
                (x as $int).to_le_bytes()
            }
        }
    )*};
}

integers! {
    U8 u8 1,
    I32 i32 4,
    I8 i8 1,
    I16 i16 2,
    U16 u16 2,
    U32 u32 4,
    I64 i64 8,
}

/// Every byte but 0 is true, and so is every number but 0.
impl Stored for Bool {
    type Raw = [u8; 1];
    #[inline(always)]
    fn decode([raw]: [u8; 1]) -> f32 {
        f32::from(raw.min(1))
    }
    #[inline(always)]
    fn encode(x: f32) -> [u8; 1] {
        [u8::from(x != 0.0)]
    }
}

impl Stored for F64 {
    type Raw = [u8; 8];
    #[inline(always)]
    fn decode(raw: [u8; 8]) -> f32 {
        f64::from_le_bytes(raw) as f32
    }
    #[inline(always)]
    fn encode(x: f32) -> [u8; 8] {
        let wide = if x.is_nan() { f64::NAN.abs() } else { f64::from(x) };
        wide.to_le_bytes()
    }
}
