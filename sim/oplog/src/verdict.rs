//! The verdict on outputs.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize, Serializer};

use crate::provenance::Provenance;

/// Judgements of the outputs of a run: at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// By the kernel's reference first, then by expected tensors, in the order of the program's outputs.
    pub judgements: Vec<Judgement>,
    /// The rows that the reference judged; null when they are all. Its numbers are of these rows.
    pub sample: Option<Sample>,
    /// Of the judgement that fails by most, when it was asked for. Not kept beside a log: a replay finds it again.
    #[serde(skip)]
    pub provenance: Option<Provenance>,
}

/// One output against its oracle. Passes when every error with a limit is within it and no value alone is not finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Judgement {
    pub pass: bool,
    pub output: String,
    /// Source of the oracle.
    pub against: Against,
    /// Largest absolute error against the oracle.
    pub max_abs: f64,
    /// ‖out − oracle‖₂ / ‖oracle‖₂.
    pub rel_l2: f64,
    /// Largest error in units of the last place of the output's dtype, each at its own oracle value.
    pub max_ulp: f64,
    /// Largest absolute error of the naive computation: what one rank without tiling would get. Null without one.
    pub naive_max_abs: Option<f64>,
    /// One ulp at max|oracle|: of the output's dtype, or of the oracle's where that is coarser.
    pub ulp: f64,
    /// Errors by size: exact, ≤ ½ ulp, ≤ 1, ≤ 2, ≤ 4, ≤ 8, more. Errors beyond 1 ulp are those of the last four.
    pub ulp_histogram: [u64; 7],
    /// Largest `rel_l2` that passes; null where it does not decide.
    pub rel_l2_limit: Option<f64>,
    /// Most elements beyond 1 ulp that pass; null where they do not decide.
    pub beyond_limit: Option<u64>,
    /// The element that is furthest beyond its limit, or nearest to it; null when none is finite.
    pub worst: Option<Worst>,
    /// Elements whose own error is beyond its limit, or that are not finite where the oracle is.
    pub wrong: u64,
    pub not_finite: NotFinite,
    /// The rule in words.
    pub rule: String,
}

/// Source of an oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Against {
    /// The f64 reference of the kernel.
    Reference,
    /// A given tensor.
    Expected,
}

/// An element of an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Worst {
    pub index: Vec<u64>,
    pub value: f64,
    pub oracle: f64,
    /// Largest error of this element that passes.
    pub limit: f64,
}

/// Elements that are NaN or infinite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotFinite {
    pub output: Elements,
    pub oracle: Elements,
    pub naive: Elements,
    /// Where output or oracle is not finite and they are not equal. NaN is equal to NaN, and an infinity to one of its
    /// sign.
    pub unequal: Elements,
}

/// Some elements of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Elements {
    pub elements: u64,
    /// Index of the first; null when there is none.
    pub first: Option<Vec<u64>>,
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

impl Verdict {
    /// Whether every judgement passes.
    pub fn pass(&self) -> bool {
        self.judgements.iter().all(|judgement| judgement.pass)
    }

    /// The judgement that is told first, as [`leading`] chooses.
    ///
    /// # Panics
    /// When there is none, which no verdict is.
    pub fn leading(&self) -> &Judgement {
        &self.judgements[leading(&self.judgements)]
    }
}

/// The number of the judgement that fails by most, else of the first. Of an output that fails by the reference of the
/// kernel, too, it is that one: a function can be asked, values cannot.
pub fn leading(judgements: &[Judgement]) -> usize {
    let failing = || judgements.iter().enumerate().filter(|(_, judgement)| !judgement.pass);
    let known = failing().find(|(_, judgement)| judgement.against == Against::Reference);
    let is_told = |(number, judgement): &(usize, &Judgement)| {
        known.is_none_or(|(first, known)| first == *number || known.output != judgement.output)
    };
    let worst = failing().filter(is_told).reduce(|most, next| {
        // Of equal ones the first.
        if next.1.excess().total_cmp(&most.1.excess()).is_gt() { next } else { most }
    });
    worst.map_or(0, |(number, _)| number)
}

impl Judgement {
    /// How far an output that fails is beyond its limit, as a multiple of it; infinite where elements are not finite
    /// unlike the oracle.
    pub fn excess(&self) -> f64 {
        if self.not_finite.unequal.elements > 0 {
            return f64::INFINITY;
        }
        let of_worst = self.worst.as_ref().map(|it| ((it.value - it.oracle).abs(), it.limit));
        let of_norm = self.rel_l2_limit.map(|limit| (self.rel_l2, limit));
        let times = |(error, limit): (f64, f64)| if error > 0.0 { error / limit } else { 0.0 };
        [of_worst, of_norm].into_iter().flatten().map(times).fold(0.0, f64::max)
    }

    /// Elements that were judged.
    pub fn elements(&self) -> u64 {
        self.ulp_histogram.iter().sum()
    }

    /// Whether it fails by no more than several roundings or a long sum may do, and no naive computation says how much
    /// that is.
    pub fn may_be_rounding(&self) -> bool {
        let is_close = self.rel_l2 <= 1.0 / 64.0 && self.not_finite.unequal.elements == 0;
        !self.pass && self.naive_max_abs.is_none() && is_close
    }

    /// Elements whose error is more than 1 ulp at their own oracle value.
    pub fn beyond(&self) -> u64 {
        self.ulp_histogram[3..].iter().sum()
    }
}

/// A verdict in JSON: the keys of one judgement, that which fails by most or else the first, and all of them.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerdictJson {
    #[serde(flatten)]
    leading: Judgement,
    sample: Option<Sample>,
    /// Where the judgement that fails by most is wrong, and why; null when all pass.
    provenance: Option<Provenance>,
    /// Every output that was judged, by each of its oracles. The keys beside it are those of the one that fails by most, or of
    /// the first.
    judgements: Vec<Judgement>,
}

/// Serializes a verdict as [`VerdictJson`].
///
/// # Errors
/// Those of the serializer.
pub fn as_json<S: Serializer>(
    verdict: &Option<impl Borrow<Verdict>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let json = verdict.as_ref().map(|verdict| {
        let verdict: &Verdict = verdict.borrow();
        let Verdict { judgements, sample, provenance } = verdict.clone();
        VerdictJson { leading: verdict.leading().clone(), sample, provenance, judgements }
    });
    json.serialize(serializer)
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
