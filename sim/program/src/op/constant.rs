//! Constants of a program.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::NumberError;
use crate::dtype::DType;

/// A value known when the program is recorded, in one form, so that programs compare exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constant {
    /// The bits of an f32.
    Float(u32),
    /// An integer that no f32 is, or any where JSON needs all digits of it.
    Integer(i32),
}

/// Above the bits of a [`Constant::Integer`].
const INTEGER: u64 = 1 << 32;

impl Constant {
    /// One NaN stands for all: processors disagree on the sign of `0.0 / 0.0`.
    pub fn of(value: f32) -> Constant {
        Constant::Float(if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() })
    }
    /// An i32 as it is, any other number rounded to f32; `None` where that makes an infinity or a 0 of it.
    pub fn of_number(value: f64) -> Option<Constant> {
        let (float, integer) = (value as f32, value as i32);
        if f64::from(integer) == value && f64::from(float) != value {
            return Some(Constant::Integer(integer));
        }
        let kept = float.is_finite() == value.is_finite() && (float == 0.0) == (value == 0.0);
        kept.then(|| Constant::of(float))
    }
    /// In f32, as ops on floats compute it.
    pub fn value(self) -> f32 {
        match self {
            Constant::Float(bits) => f32::from_bits(bits),
            Constant::Integer(value) => value as f32,
        }
    }
    pub fn exact(self) -> f64 {
        match self {
            Constant::Float(bits) => f32::from_bits(bits).into(),
            Constant::Integer(value) => value.into(),
        }
    }
    /// As ops on integers compute it; `None` when it is no i32.
    pub fn integer(self) -> Option<i32> {
        let exact = self.exact();
        let integer = exact as i32;
        (f64::from(integer) == exact).then_some(integer)
    }
    /// Whether an element of this dtype can hold it: an integer exactly, a float unless rounding makes an infinity or
    /// a 0 of it.
    pub fn fits(self, dtype: DType) -> bool {
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
        exact == exact.trunc() && exact.abs() <= -f64::from(i32::MIN)
    }
    /// As a float holds it: the f32 whose shortest digits it was read from, if it was.
    pub(crate) fn settled(self) -> Constant {
        let float = self.value();
        match self {
            Constant::Integer(value) if float.to_string() == value.to_string() => Constant::of(float),
            Constant::Integer(_) | Constant::Float(_) => self,
        }
    }
    /// With all digits in JSON, where an f32 has more than its shortest.
    pub(crate) fn as_integer(self) -> Constant {
        match self.integer() {
            Some(value) if value.unsigned_abs() > 1 << f32::MANTISSA_DIGITS => Constant::Integer(value),
            Some(_) | None => self,
        }
    }

    pub(crate) fn bits(self) -> u64 {
        match self {
            Constant::Float(bits) => bits.into(),
            Constant::Integer(value) => INTEGER | u64::from(value.cast_unsigned()),
        }
    }
    /// What [`Constant::bits`] gave.
    pub(crate) fn of_bits(bits: u64) -> Result<Constant, NumberError> {
        if let Ok(float) = u32::try_from(bits) {
            return Ok(Constant::Float(float));
        }
        let integer = bits.checked_sub(INTEGER).and_then(|low| u32::try_from(low).ok()).map(u32::cast_signed);
        let found = integer.map(Constant::Integer);
        found.filter(|it| f64::from(it.value()) != it.exact()).ok_or(NumberError::TooLarge(bits))
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

fn integer<E: serde::de::Error>(value: i128) -> Result<Constant, E> {
    let constant = Constant::of_number(value as f64);
    constant.filter(|constant| constant.exact() as i128 == value).ok_or_else(|| {
        let float = value as f32;
        E::custom(format!(
            "the integer {value} is neither an i32 nor an f32: write {float:?}, which is the nearest f32, or another integer"
        ))
    })
}

#[cfg(test)]
#[path = "constant_tests.rs"]
mod tests;
