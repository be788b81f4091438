//! Storage types. What an op computes and accumulates in is declared by the op, not by the storage.

use std::fmt;
use std::str::FromStr;

use crate::named::named;

named! {
    /// How the elements of a tile are stored, little-endian.
    DType {
        F32 "f32",
        F16 "f16",
        Bf16 "bf16",
        /// fp8 e4m3fn: largest 448, no infinity.
        F8e4m3 "f8e4m3",
        /// fp8 e5m2: largest 57344, with infinity.
        F8e5m2 "f8e5m2",
        U8 "u8",
        I32 "i32",
    }
}

impl DType {
    /// Bytes of one element.
    pub const fn size(self) -> u64 {
        match self {
            DType::F32 | DType::I32 => 4,
            DType::F16 | DType::Bf16 => 2,
            DType::F8e4m3 | DType::F8e5m2 | DType::U8 => 1,
        }
    }
    /// Bits of a float's significand, with the hidden one, and the exponent of its smallest normal number.
    pub const fn float(self) -> Option<(i32, i64)> {
        match self {
            DType::F32 => Some((24, -126)),
            DType::F16 => Some((11, -14)),
            DType::Bf16 => Some((8, -126)),
            DType::F8e4m3 => Some((4, -6)),
            DType::F8e5m2 => Some((3, -14)),
            DType::U8 | DType::I32 => None,
        }
    }
    /// The least and the largest number of an integer dtype.
    pub const fn integers(self) -> Option<[i32; 2]> {
        match self {
            DType::F32 | DType::F16 | DType::Bf16 | DType::F8e4m3 | DType::F8e5m2 => None,
            DType::U8 => Some([0, 255]),
            DType::I32 => Some([i32::MIN, i32::MAX]),
        }
    }
    pub const fn is_float(self) -> bool {
        self.float().is_some()
    }
    /// The largest finite number.
    pub fn largest(self) -> f64 {
        match self {
            DType::F32 => f64::from(f32::MAX),
            DType::F16 => 65_504.0,
            DType::Bf16 => f64::from(f32::from_bits(0x7f7f_0000)),
            DType::F8e4m3 => 448.0,
            DType::F8e5m2 => 57_344.0,
            DType::U8 => f64::from(u8::MAX),
            DType::I32 => f64::from(i32::MAX),
        }
    }
}

impl DType {
    /// Of a float: the largest number that is rounded to 0, and the largest of all.
    pub(crate) fn float_range(self) -> Option<(f64, f64)> {
        let (bits, smallest) = self.float()?;
        // Half of the smallest number, which is a power of two, by its exponent.
        let to_zero = f64::from_bits(((1023 + smallest - i64::from(bits)) as u64) << 52);
        Some((to_zero, self.largest()))
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a dtype: use one of {names}", names = DType::ALL.map(DType::name).join(", "))]
pub struct DTypeError(pub String);

impl FromStr for DType {
    type Err = DTypeError;
    fn from_str(text: &str) -> Result<DType, DTypeError> {
        DType::ALL.into_iter().find(|d| d.name() == text).ok_or_else(|| DTypeError(text.to_owned()))
    }
}
