//! The verdict on outputs.

use serde::{Deserialize, Serialize};

/// The outputs against the f64 oracle. Passes when `max_abs ≤ 2 × naive_max_abs + ulp`: never a bare tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verdict {
    pub pass: bool,
    /// Largest absolute error of the outputs against the oracle.
    pub max_abs: f64,
    /// ‖out − oracle‖₂ / ‖oracle‖₂.
    pub rel_l2: f64,
    /// Largest error in units of the last place of the output's dtype, each at its own oracle value.
    pub max_ulp: f64,
    /// Largest absolute error of the naive reference: what one rank without tiling would get.
    pub naive_max_abs: f64,
    /// One ulp of the output's dtype at max|oracle|.
    pub ulp: f64,
    /// Errors by size: exact, ≤ ½ ulp, ≤ 1, ≤ 2, ≤ 4, ≤ 8, more.
    pub ulp_histogram: [u64; 7],
    /// The rule in words.
    pub rule: String,
    /// The rows that were judged; null when they are all. The numbers above are of these rows.
    pub sample: Option<Sample>,
}

/// Rows that stand for all. A row is the last axis of an output. A wrong value in another row is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sample {
    /// Rows that were judged.
    pub rows: u64,
    /// Rows of the output.
    pub of: u64,
    /// They were drawn with this seed, that of the run.
    pub seed: u64,
}
