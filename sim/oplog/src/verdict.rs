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
}
