//! Exact fractions: how fast bytes move.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::quantity::{Bytes, Clock, Cycles, Span};

/// An exact positive fraction, in lowest terms: bytes per cycle, or a share such as 0.8.
/// Written in TOML as an integer (`128`) or a quoted decimal or fraction (`"11.8"`, `"118/10"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub numerator: u64,
    pub denominator: u64,
}

const WRITTEN: &str =
    "a positive integer (128), or in quotes a positive decimal or fraction (\"11.8\", \"59/5\")";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate: write {WRITTEN}")]
pub struct RateError(pub String);

impl Rate {
    /// `numerator / denominator` in lowest terms; `None` unless both are positive.
    pub fn new(numerator: u64, denominator: u64) -> Option<Rate> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let divisor = gcd(numerator, denominator);
        Some(Rate { numerator: numerator / divisor, denominator: denominator / divisor })
    }
    pub const fn whole(numerator: u64) -> Rate {
        Rate { numerator, denominator: 1 }
    }
    /// The product, or `None` when it no longer fits 64 bits.
    pub fn times(self, other: Rate) -> Option<Rate> {
        let left = Rate::new(self.numerator, other.denominator)?;
        let right = Rate::new(other.numerator, self.denominator)?;
        Rate::new(
            left.numerator.checked_mul(right.numerator)?,
            left.denominator.checked_mul(right.denominator)?,
        )
    }
    /// Time to move `bytes` at this many bytes per cycle, rounded down to a femtosecond.
    pub fn span_floor(self, bytes: Bytes, clock: Clock) -> Span {
        // A checked machine keeps denominators ≤ 10^6 and periods ≤ 10^9 fs, so this fits 50 bits.
        let scale = self.denominator * clock.period.fs();
        Span::from_fs(match bytes.0.checked_mul(scale) {
            Some(product) => product / self.numerator,
            None => saturated(u128::from(bytes.0) * u128::from(scale) / u128::from(self.numerator)),
        })
    }
    /// Time to move `bytes` at this many bytes per cycle, rounded up to a whole cycle.
    pub fn span_ceil(self, bytes: Bytes, clock: Clock) -> Span {
        clock.span(self.cycles_covering(bytes))
    }
    /// Whole cycles to move `bytes`, rounded up.
    pub fn cycles_covering(self, bytes: Bytes) -> Cycles {
        Cycles(match bytes.0.checked_mul(self.denominator) {
            Some(product) => product.div_ceil(self.numerator),
            None => {
                let product = u128::from(bytes.0) * u128::from(self.denominator);
                saturated(product.div_ceil(u128::from(self.numerator)))
            }
        })
    }
}

fn saturated(wide: u128) -> u64 {
    u64::try_from(wide).unwrap_or(u64::MAX)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Rate) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Rate {
    fn cmp(&self, other: &Rate) -> std::cmp::Ordering {
        let left = u128::from(self.numerator) * u128::from(other.denominator);
        left.cmp(&(u128::from(other.numerator) * u128::from(self.denominator)))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Rate, RateError> {
        parse(text.trim()).ok_or_else(|| RateError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Rate> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u64>().ok())?;
    if let Some((numerator, denominator)) = text.split_once('/') {
        return Rate::new(digits(numerator.trim())?, digits(denominator.trim())?);
    }
    match text.split_once('.') {
        None => Rate::new(digits(text)?, 1),
        Some((whole, fraction)) => {
            let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            Rate::new(digits(whole)?.checked_mul(scale)?.checked_add(digits(fraction)?)?, scale)
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            (self.numerator, self.denominator).serialize(serializer)
        } else if self.denominator == 1 {
            serializer.serialize_u64(self.numerator)
        } else {
            serializer.serialize_str(&self.to_string())
        }
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_any(Written);
        }
        let (numerator, denominator) = <(u64, u64)>::deserialize(deserializer)?;
        Rate::new(numerator, denominator).ok_or_else(|| D::Error::custom("a rate of zero"))
    }
}

/// A rate as a person writes it.
struct Written;

impl Visitor<'_> for Written {
    type Value = Rate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WRITTEN)
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Rate, E> {
        Rate::new(number, 1).ok_or_else(|| E::custom(RateError(number.to_string())))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Rate, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::custom(RateError(number.to_string()))),
        }
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Rate, E> {
        Err(E::custom(format!("write {number} in quotes (\"{number}\"), so that it stays exact")))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Rate, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
#[path = "rate_tests.rs"]
mod tests;
