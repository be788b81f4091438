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
        I8 "i8",
        I16 "i16",
        U16 "u16",
        U32 "u32",
        /// A byte: 1 for true, 0 for false. Any other byte is read as true.
        Bool "bool",
        /// Of host tensors, and of moves: no unit computes on it.
        I64 "i64",
        /// Of host tensors, and of moves: no unit computes on it.
        F64 "f64",
    }
}

/// The 32 bits in which an op on integers is computed, wrapping: i32, or u32 where an operand is u32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    Signed,
    Unsigned,
}

impl Sign {
    /// Of an op on integers of these dtypes.
    pub fn of(dtypes: impl IntoIterator<Item = DType>) -> Sign {
        if dtypes.into_iter().any(|dtype| dtype == DType::U32) { Sign::Unsigned } else { Sign::Signed }
    }
    /// The dtype of its 32 bits.
    pub const fn dtype(self) -> DType {
        match self {
            Sign::Signed => DType::I32,
            Sign::Unsigned => DType::U32,
        }
    }
}

/// A float that units compute on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Float {
    F32,
    F16,
    Bf16,
    F8e4m3,
    F8e5m2,
}

impl DType {
    /// The float that units compute on; `None` of integers, truth values and f64.
    pub const fn computed_float(self) -> Option<Float> {
        match self {
            DType::F32 => Some(Float::F32),
            DType::F16 => Some(Float::F16),
            DType::Bf16 => Some(Float::Bf16),
            DType::F8e4m3 => Some(Float::F8e4m3),
            DType::F8e5m2 => Some(Float::F8e5m2),
            DType::U8
            | DType::I32
            | DType::I8
            | DType::I16
            | DType::U16
            | DType::U32
            | DType::Bool
            | DType::I64
            | DType::F64 => None,
        }
    }
    /// Bytes of one element.
    pub const fn size(self) -> u64 {
        match self {
            DType::I64 | DType::F64 => 8,
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::F16 | DType::Bf16 | DType::I16 | DType::U16 => 2,
            DType::F8e4m3 | DType::F8e5m2 | DType::U8 | DType::I8 | DType::Bool => 1,
        }
    }
    /// Bits of a float's significand, with the hidden one, and the exponent of its smallest normal number.
    pub const fn float(self) -> Option<(i32, i64)> {
        match self.computed_float() {
            Some(Float::F32) => Some((24, -126)),
            Some(Float::F16) => Some((11, -14)),
            Some(Float::Bf16) => Some((8, -126)),
            Some(Float::F8e4m3) => Some((4, -6)),
            Some(Float::F8e5m2) => Some((3, -14)),
            None if matches!(self, DType::F64) => Some((53, -1022)),
            None => None,
        }
    }
    /// The least and the largest number of an integer dtype; truth values are 0 and 1.
    pub const fn integers(self) -> Option<[i64; 2]> {
        match self {
            DType::F32 | DType::F16 | DType::Bf16 | DType::F8e4m3 | DType::F8e5m2 | DType::F64 => None,
            DType::U8 => Some([0, u8::MAX as i64]),
            DType::I32 => Some([i32::MIN as i64, i32::MAX as i64]),
            DType::I8 => Some([i8::MIN as i64, i8::MAX as i64]),
            DType::I16 => Some([i16::MIN as i64, i16::MAX as i64]),
            DType::U16 => Some([0, u16::MAX as i64]),
            DType::U32 => Some([0, u32::MAX as i64]),
            DType::Bool => Some([0, 1]),
            DType::I64 => Some([i64::MIN, i64::MAX]),
        }
    }
    pub const fn is_float(self) -> bool {
        self.float().is_some()
    }
    /// Whether an integer dtype has numbers below 0.
    pub const fn is_signed(self) -> bool {
        matches!(self.integers(), Some([..0, _]))
    }
    /// Of host tensors and of moves alone: no unit computes on it.
    pub const fn is_host_only(self) -> bool {
        matches!(self, DType::I64 | DType::F64)
    }
    /// What a comparison may write and a mask may be.
    pub const fn is_truth(self) -> bool {
        matches!(self, DType::U8 | DType::Bool)
    }
    /// The largest finite number.
    pub fn largest(self) -> f64 {
        match self.computed_float() {
            Some(Float::F32) => f64::from(f32::MAX),
            Some(Float::F16) => 65_504.0,
            Some(Float::Bf16) => f64::from(f32::from_bits(0x7f7f_0000)),
            Some(Float::F8e4m3) => 448.0,
            Some(Float::F8e5m2) => 57_344.0,
            // Integers, and f64.
            None => self.integers().map_or(f64::MAX, |[_, largest]| largest as f64),
        }
    }
}

impl DType {
    /// Of a float: the largest number that is rounded to 0, and the largest of all.
    pub(crate) fn float_range(self) -> Option<(f64, f64)> {
        let (bits, smallest) = self.float()?;
        // Half of the smallest number, which is a power of two, by its exponent; of f64 no number is rounded to 0.
        let to_zero = f64::from_bits((1023 + smallest - i64::from(bits)).max(0).cast_unsigned() << 52);
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
