//! Clocks as they are written: as periods, or as frequencies. A machine has periods alone ([ADR 0003]): a frequency is
//! read as the nearest period, once, where it is written ([ADR 0068]).
//!
//! [ADR 0003]: ../../../adr/0003-time-is-whole-femtoseconds.md
//! [ADR 0068]: ../../../adr/0068-a-frequency-is-read-as-the-nearest-period.md

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::quantity::{Clock, Span};
use crate::rate::Rate;
use crate::spec::Clocks;

/// Femtoseconds of a cycle at 1 GHz.
const FS: u64 = 1_000_000;
/// A period of 10 fs: the nearest one is within a twentieth of any that is longer.
const MOST_GHZ: u64 = 100_000;

/// Each frequency, and the periods in whose place it stands.
const IN_PLACE_OF: [(&str, &[&str]); 4] = [
    ("ghz", &["pe_fs", "noc_fs", "hbm_fs"]),
    ("pe_ghz", &["pe_fs"]),
    ("noc_ghz", &["noc_fs"]),
    ("hbm_ghz", &["hbm_fs"]),
];

/// The keys of `[clock]` in a base that a key of the file stands in place of.
pub fn replaced(key: &str) -> &'static [&'static str] {
    IN_PLACE_OF.iter().find(|(name, _)| *name == key).map_or(&[], |(_, periods)| periods)
}

/// A frequency in GHz: a number, or a fraction in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ghz(Clock);

/// Clocks: periods in femtoseconds, or frequencies in GHz.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ClockKeys {
    /// Period of the sequencer, the units and the TCM of a PE, in femtoseconds. Needed where no frequency stands in its place.
    pe_fs: Option<Clock>,
    /// Period of routers and links, in femtoseconds. Needed as `pe_fs` is.
    noc_fs: Option<Clock>,
    /// Period of HBM and SRAM channels, in femtoseconds. Needed as `pe_fs` is.
    hbm_fs: Option<Clock>,
    /// Frequency of all three, in GHz; a key of one clock goes before it. Read as the nearest whole period.
    ghz: Option<Ghz>,
    /// Frequency in place of `pe_fs`, in GHz.
    pe_ghz: Option<Ghz>,
    /// Frequency in place of `noc_fs`, in GHz.
    noc_ghz: Option<Ghz>,
    /// Frequency in place of `hbm_fs`, in GHz.
    hbm_ghz: Option<Ghz>,
}

impl<'de> Deserialize<'de> for Clocks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Clocks, D::Error> {
        let ClockKeys { pe_fs, noc_fs, hbm_fs, ghz, pe_ghz, noc_ghz, hbm_ghz } =
            ClockKeys::deserialize(deserializer)?;
        let one = |key: &'static str, period: Option<Clock>, own: Option<Ghz>| match (period, own) {
            (Some(_), Some(_)) => {
                let frequency = key.replace("_fs", "_ghz");
                Err(D::Error::custom(format!("`{key}` and `{frequency}` are one clock: keep one of them")))
            }
            (period, own) => {
                let given = period.or(own.or(ghz).map(|it| it.0));
                given.ok_or_else(|| D::Error::missing_field(key))
            }
        };
        Ok(Clocks {
            pe_fs: one("pe_fs", pe_fs, pe_ghz)?,
            noc_fs: one("noc_fs", noc_fs, noc_ghz)?,
            hbm_fs: one("hbm_fs", hbm_fs, hbm_ghz)?,
        })
    }
}

impl Ghz {
    /// The clock of the nearest period.
    fn read(text: &str) -> Option<Ghz> {
        let ghz: Rate = text.parse().ok()?;
        let (n, d) = (u128::from(ghz.numerator), u128::from(ghz.denominator));
        if n > u128::from(MOST_GHZ) * d {
            return None;
        }
        let fs = u64::try_from((u128::from(FS) * d * 2 + n) / (n * 2)).ok()?;
        Some(Ghz(Clock { period: Span::from_fs(fs) }))
    }
}

impl<'de> Deserialize<'de> for Ghz {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ghz, D::Error> {
        deserializer.deserialize_any(GhzVisitor)
    }
}

struct GhzVisitor;

impl Visitor<'_> for GhzVisitor {
    type Value = Ghz;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a frequency in GHz, a positive number up to {MOST_GHZ}: 1, 1.35 or \"4/3\"")
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Ghz, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Ghz, E> {
        self.visit_str(&number.to_string())
    }
    // As it is written: the shortest decimal that is this number.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Ghz, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Ghz, E> {
        let problem = || {
            E::custom(format!(
                "`{text}` is no frequency in GHz: write a positive number up to {MOST_GHZ}, such as 1, 1.35 or \"4/3\""
            ))
        };
        Ghz::read(text).ok_or_else(problem)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{ClockKeys, Clocks, Ghz};

    impl JsonSchema for Clocks {
        fn schema_name() -> Cow<'static, str> {
            "Clocks".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            ClockKeys::json_schema(generator)
        }
    }

    impl JsonSchema for Ghz {
        fn schema_name() -> Cow<'static, str> {
            "Ghz".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "A frequency in GHz: a positive number, or a fraction in quotes (\"4/3\").",
                "anyOf": [
                    { "type": "number", "exclusiveMinimum": 0 },
                    { "type": "string", "pattern": r"^\s*[0-9]+(\s*/\s*[0-9]+|\.[0-9]+)?\s*$" },
                ],
            })
        }
    }
}

#[cfg(test)]
#[path = "frequency_tests.rs"]
mod tests;
