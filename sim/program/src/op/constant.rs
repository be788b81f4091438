//! Constants of a program.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::NumberError;
use crate::dtype::{DType, Sign};

/// A value known when the program is recorded, in one form, so that programs compare exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constant {
    /// The bits of an f32.
    Float(u32),
    /// An i32 that no f32 is, or any where JSON needs all digits of it.
    Integer(i32),
    /// The same of a u32 beyond i32.
    Unsigned(u32),
}

/// Above the 32 bits of a [`Constant::Integer`] and of a [`Constant::Unsigned`].
const INTEGER: u64 = 1 << 32;
const UNSIGNED: u64 = 2 << 32;

impl Constant {
    /// One NaN stands for all: processors disagree on the sign of `0.0 / 0.0`.
    pub fn of(value: f32) -> Constant {
        Constant::Float(if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() })
    }
    /// An i32 or u32 as it is, any other number rounded to f32; `None` where that makes an infinity or a 0 of it.
    pub fn of_number(value: f64) -> Option<Constant> {
        let (float, integer) = (value as f32, value as i64);
        if integer as f64 == value
            && f64::from(float) != value
            && let Some(exact) = of_integer(integer)
        {
            return Some(exact);
        }
        let kept = float.is_finite() == value.is_finite() && (float == 0.0) == (value == 0.0);
        kept.then(|| Constant::of(float))
    }
    /// In f32, as ops on floats compute it.
    pub fn value(self) -> f32 {
        match self {
            Constant::Float(bits) => f32::from_bits(bits),
            Constant::Integer(value) => value as f32,
            Constant::Unsigned(value) => value as f32,
        }
    }
    pub fn exact(self) -> f64 {
        match self {
            Constant::Float(bits) => f32::from_bits(bits).into(),
            Constant::Integer(value) => value.into(),
            Constant::Unsigned(value) => value.into(),
        }
    }
    /// `None` when it is neither an i32 nor a u32.
    pub fn integer(self) -> Option<i64> {
        let exact = self.exact();
        let integer = exact as i64;
        (integer as f64 == exact && of_integer(integer).is_some()).then_some(integer)
    }
    /// Its 32 bits as ops on integers compute it; `None` when it is none of theirs.
    pub fn word(self, sign: Sign) -> Option<i32> {
        self.integer().filter(|_| self.fits(sign.dtype())).map(|value| value as i32)
    }
    /// Whether an element of this dtype can hold it: an integer exactly, a float unless rounding makes an infinity or
    /// a 0 of it.
    pub fn fits(self, dtype: DType) -> bool {
        if dtype == DType::F64 {
            return true;
        }
        if let Some([least, largest]) = dtype.integers() {
            return self.integer().is_some_and(|value| (least..=largest).contains(&value));
        }
        let (exact, Constant::Float(_)) = (self.exact(), self) else { return false };
        match (dtype.float_range(), exact.abs()) {
            (None, _) => false,
            (Some(_), size) if size.is_infinite() => dtype != DType::F8e4m3,
            (Some((to_zero, largest)), size) => {
                size == 0.0 || exact.is_nan() || (size > to_zero && size <= largest)
            }
        }
    }

    /// Whether it is printed with all digits of an integer.
    fn is_whole(self) -> bool {
        let exact = self.exact();
        exact == exact.trunc() && exact.abs() <= 4_294_967_296.0
    }
    /// As a float holds it: the f32 whose shortest digits it was read from, if it was.
    pub(crate) fn settled(self) -> Constant {
        let float = self.value();
        match self {
            Constant::Integer(value) if float.to_string() == value.to_string() => Constant::of(float),
            Constant::Unsigned(value) if float.to_string() == value.to_string() => Constant::of(float),
            Constant::Integer(_) | Constant::Unsigned(_) | Constant::Float(_) => self,
        }
    }
    /// With all digits in JSON, where an f32 has more than its shortest.
    pub(crate) fn as_integer(self) -> Constant {
        match self.integer() {
            Some(value) if value.unsigned_abs() > 1 << f32::MANTISSA_DIGITS => {
                of_integer(value).unwrap_or(self)
            }
            Some(_) | None => self,
        }
    }

    pub(crate) fn bits(self) -> u64 {
        match self {
            Constant::Float(bits) => bits.into(),
            Constant::Integer(value) => INTEGER | u64::from(value.cast_unsigned()),
            Constant::Unsigned(value) => UNSIGNED | u64::from(value),
        }
    }
    /// What [`Constant::bits`] gave.
    pub(crate) fn of_bits(bits: u64) -> Result<Constant, NumberError> {
        if let Ok(float) = u32::try_from(bits) {
            return Ok(Constant::Float(float));
        }
        let low = bits as u32;
        let integer = match bits - u64::from(low) {
            INTEGER => Some(Constant::Integer(low.cast_signed())),
            UNSIGNED if low > i32::MAX as u32 => Some(Constant::Unsigned(low)),
            _ => None,
        };
        integer.filter(|it| f64::from(it.value()) != it.exact()).ok_or(NumberError::TooLarge(bits))
    }
}

impl fmt::Debug for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Float(_) if self.is_whole() => write!(f, "{}", self.exact()),
            Constant::Float(bits) => write!(f, "{}", f32::from_bits(*bits)),
            Constant::Integer(value) => write!(f, "{value}"),
            Constant::Unsigned(value) => write!(f, "{value}"),
        }
    }
}

/// In JSON a number where JSON has one, else `"inf"`, `"-inf"` or `"nan"`; in binary the bits.
impl Serialize for Constant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value();
        match self {
            _ if !serializer.is_human_readable() => serializer.serialize_u64(self.bits()),
            Constant::Integer(value) => serializer.serialize_i32(*value),
            Constant::Unsigned(value) => serializer.serialize_u32(*value),
            Constant::Float(_) if value.is_finite() => serializer.serialize_f32(value),
            Constant::Float(_) if value.is_nan() => serializer.serialize_str("nan"),
            Constant::Float(_) => serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" }),
        }
    }
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Constant, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Written)
        } else {
            Constant::of_bits(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
        }
    }
}

/// A constant as JSON writes it. A number without fraction or exponent is an integer, which is never rounded.
struct Written;

impl serde::de::Visitor<'_> for Written {
    type Value = Constant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"inf\", \"-inf\" or \"nan\"")
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Constant, E> {
        integer(value.into())
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Constant, E> {
        integer(value.into())
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Constant, E> {
        Constant::of_number(value).ok_or_else(|| {
            E::custom(format!(
                "{value:e} does not fit an f32: give a number between 1e-45 and 3.4e38 in size"
            ))
        })
    }
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Constant, E> {
        match name {
            "inf" => Ok(Constant::of(f32::INFINITY)),
            "-inf" => Ok(Constant::of(f32::NEG_INFINITY)),
            "nan" => Ok(Constant::of(f32::NAN)),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }
}

/// An i32, or a u32.
fn of_integer(value: i64) -> Option<Constant> {
    let signed = i32::try_from(value).ok().map(Constant::Integer);
    signed.or_else(|| u32::try_from(value).ok().map(Constant::Unsigned))
}

fn integer<E: serde::de::Error>(value: i128) -> Result<Constant, E> {
    let constant = Constant::of_number(value as f64);
    constant.filter(|constant| constant.exact() as i128 == value).ok_or_else(|| {
        let float = value as f32;
        E::custom(format!(
            "the integer {value} is no i32, u32 or f32: write {float:?}, which is the nearest f32, or another integer"
        ))
    })
}

#[cfg(test)]
#[path = "constant_tests.rs"]
mod tests;
