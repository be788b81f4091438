//! Two op logs compared by meaning, with the values at the first op whose value differs.

use analysis::diff::Difference;
use analysis::diff::{Options, Side};
use analysis::{Diff, diff};
use diagnostic::OpRef;
use oplog::{Checksums, OpLog, Verdict};
use replay::{HostValue, HostValues};
use serde::Serialize;

use crate::error::Exit;
use crate::given;
use crate::simulate::Timed;

/// A log, the checksums of its replay, and given tensors.
#[derive(Clone, Copy)]
pub struct Compared<'a> {
    pub timed: &'a Timed,
    pub checksums: Option<&'a Checksums>,
    pub inputs: Option<&'a HostValues>,
}

/// Differences of two logs, with both forms of the first value that differs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Comparison {
    #[serde(flatten)]
    pub diff: Diff,
    /// Whether both logs have the checksums of a replay.
    pub values_compared: bool,
    /// Whether the machines have different clocks: then cycles of the two cannot be compared, and times can.
    pub clocks_differ: bool,
    /// Judgement of each run's outputs by its last replay; null where there was none.
    #[serde(serialize_with = "oplog::verdict::as_json")]
    #[cfg_attr(test, schemars(with = "Option<oplog::verdict::VerdictJson>"))]
    pub verdict_a: Option<Verdict>,
    #[serde(serialize_with = "oplog::verdict::as_json")]
    #[cfg_attr(test, schemars(with = "Option<oplog::verdict::VerdictJson>"))]
    pub verdict_b: Option<Verdict>,
    /// At the op of `first.data`; null when there is none.
    pub values_at: Option<ValuesAt>,
}

/// Values of one op in both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValuesAt {
    /// By run, as hex: the first 8 bytes of BLAKE3 of all that the op made.
    pub checksum_a: String,
    pub checksum_b: String,
    /// The elements that differ; null when a run cannot be replayed.
    pub elements: Option<Elements>,
    /// Why it cannot; empty when it can.
    pub missing: String,
}

/// Elements in the order in which they lie in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Elements {
    pub shape: Vec<u32>,
    pub dtype: String,
    pub differing: u64,
    pub of: u64,
    /// The first of them: where, and its values as text, for they may be infinite.
    pub first: u64,
    pub a: String,
    pub b: String,
}

/// Compares two logs. To show values, both are replayed to the first op whose value differs.
pub fn compare(a: Compared<'_>, b: Compared<'_>, options: Options) -> Comparison {
    let diff = diff::diff(a.side(), b.side(), options);
    let values_compared = a.checksums.is_some() && b.checksums.is_some() && !options.without_values;
    let first = diff.first.data.as_ref().and_then(|spot| spot.op.clone());
    let values_at = first.and_then(|op| values_at(a, b, &op));
    let judged = |it: Compared<'_>| it.checksums.and_then(|sums| sums.replay.verdict.clone());
    let clocks_differ = diff.machine.iter().any(|change| change.key.starts_with("clock."));
    let (verdict_a, verdict_b) = (judged(a), judged(b));
    Comparison { diff, values_compared, clocks_differ, verdict_a, verdict_b, values_at }
}

impl Comparison {
    /// Exit code of a comparison. Values that were not compared are not the same.
    pub fn exit(&self) -> Exit {
        match self.diff.verdict {
            Some(Difference::Same) => Exit::Good,
            Some(Difference::Structure | Difference::Data | Difference::Timing) => Exit::Found,
            None => Exit::Refused,
        }
    }
}

impl<'a> Compared<'a> {
    pub(crate) fn side(self) -> Side<'a> {
        Side { log: &self.timed.log, flow: &self.timed.flow, checksums: self.checksums }
    }
}

fn values_at(a: Compared<'_>, b: Compared<'_>, op: &OpRef) -> Option<ValuesAt> {
    let in_a = a.timed.log.first_ops().get(op.rank.index())? + op.index.index();
    let in_b =
        diff::Matching::with([&a.timed.log, &b.timed.log], [&a.timed.flow, &b.timed.flow]).to_b(in_a)?;
    let checksum = |it: Compared<'_>, op: usize| Some(oplog::digest::hex(&(*it.checksums?.ops.get(op)?)?));
    let values = value(a, in_a).and_then(|of_a| Ok((of_a, value(b, in_b)?)));
    let (elements, missing) = match values {
        Ok((of_a, of_b)) => (elements(&of_a, &of_b), String::new()),
        Err(why) => (None, why),
    };
    let (checksum_a, checksum_b) = (checksum(a, in_a)?, checksum(b, in_b)?);
    Some(ValuesAt { checksum_a, checksum_b, elements, missing })
}

/// What an op of a log made, or why that is not known.
fn value(of: Compared<'_>, op: usize) -> Result<HostValue, String> {
    let log = &of.timed.log;
    let inputs = match of.inputs {
        Some(inputs) if is_given(log, inputs) => inputs.clone(),
        Some(_) | None if log.id.inputs.is_empty() => replay::inputs::seeded(&log.program, log.id.seed),
        Some(_) | None => {
            return Err(
                "a run was given its tensors, and a log does not hold them: give them with --tensors"
                    .to_owned(),
            );
        }
    };
    let made = replay::value_of(log, &of.timed.flow, &inputs, replay::Options::default(), op as u32);
    made.map_err(|error| error.to_string())?.ok_or_else(|| "the op makes no value".to_owned())
}

/// Whether these are the tensors that the run was given.
fn is_given(log: &OpLog, inputs: &HostValues) -> bool {
    !log.id.inputs.is_empty() && given::given(&log.program, inputs) == log.id.inputs
}

fn elements(a: &HostValue, b: &HostValue) -> Option<Elements> {
    let size = a.dtype.size() as usize;
    if (&a.shape, a.dtype) != (&b.shape, b.dtype) {
        return None;
    }
    let pairs = || a.bytes.chunks(size).zip(b.bytes.chunks(size));
    let first = pairs().position(|(a, b)| a != b)?;
    let text = |value: &HostValue| {
        let bytes = value.bytes[first * size..(first + 1) * size].to_vec();
        let one = HostValue { shape: vec![1], dtype: value.dtype, bytes }.values();
        one.first().map_or_else(String::new, f32::to_string)
    };
    Some(Elements {
        shape: a.shape.clone(),
        dtype: a.dtype.to_string(),
        differing: pairs().filter(|(a, b)| a != b).count() as u64,
        of: pairs().count() as u64,
        first: first as u64,
        a: text(a),
        b: text(b),
    })
}
