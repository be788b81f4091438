//! Constants of a program.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value known when the program is recorded, as the bits of an f32, so that programs compare exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constant(pub u32);

impl Constant {
    /// One NaN stands for all: processors disagree on the sign of `0.0 / 0.0`.
    pub fn of(value: f32) -> Constant {
        Constant(if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() })
    }
    pub fn value(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl fmt::Debug for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}

/// In JSON a number where JSON has one, else `"inf"`, `"-inf"` or `"nan"`; in binary the bits.
impl Serialize for Constant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value();
        if !serializer.is_human_readable() {
            serializer.serialize_u32(self.0)
        } else if value.is_finite() {
            serializer.serialize_f32(value)
        } else if value.is_nan() {
            serializer.serialize_str("nan")
        } else {
            serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" })
        }
    }
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Constant, D::Error> {
        if !deserializer.is_human_readable() {
            return u32::deserialize(deserializer).map(Constant);
        }
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a constant is a number, \"inf\", \"-inf\" or \"nan\"")]
        enum Written {
            Number(f64),
            Name(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(value) if (value as f32).is_finite() => Ok(Constant::of(value as f32)),
            Written::Number(value) => Err(serde::de::Error::custom(format!("{value:e} does not fit an f32"))),
            Written::Name(name) => match name.as_str() {
                "inf" => Ok(Constant::of(f32::INFINITY)),
                "-inf" => Ok(Constant::of(f32::NEG_INFINITY)),
                "nan" => Ok(Constant::of(f32::NAN)),
                other => Err(serde::de::Error::custom(format!("`{other}` is not a constant"))),
            },
        }
    }
}
