//! The judgement of outputs: by which reference, and how many of their rows.

use std::collections::BTreeMap;
use std::str::FromStr;

use kernels::{Reference, Rows};
use machine::Random;
use ndarray::ArrayD;
use oplog::{Against, Judgement, OpLog, Sample, Verdict, leading};
use program::program::HostTensor;
use program::{DType, Program};
use replay::verdict::{Measure, Question, Wrong};
use replay::{HostValue, HostValues, on_threads};
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::expected::Expectations;
use crate::panics::in_kernel;
use crate::provenance::Failing;
use crate::watch::{Progress, Step, Watch};

/// Floating-point operations of references from which on a sample is judged by default: some ten seconds of two cores.
const MANY_FLOPS: u64 = 160_000_000_000;
/// Rows of a sample when no number is given: as many as the largest mesh has ranks.
const ROWS: u64 = 1024;

/// How many rows of the outputs are judged. A row is the last axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// All, or a sample of 1024 where the references take more than 160 GFLOP, counted from their shapes.
    #[default]
    ByWork,
    All,
    /// So many, or all when there are no more.
    Sample(u64),
    None,
}

impl Judge {
    /// The rows of the output of a reference; `None` when none are judged. A reference that computes rows only together
    /// judges all.
    fn rows(self, reference: &Reference, seed: u64) -> Option<(Rows, Option<Sample>)> {
        let most = match self {
            Judge::ByWork if reference.flops() <= MANY_FLOPS => u64::MAX,
            Judge::ByWork => ROWS,
            Judge::All => u64::MAX,
            Judge::Sample(rows) => rows,
            Judge::None => return None,
        };
        let sampled = reference.rows().filter(|&of| most < of);
        let rows =
            sampled.map(|of| (Rows::Some(drawn(most, of, seed)), Some(Sample { rows: most, of, seed })));
        Some(rows.unwrap_or((Rows::All, None)))
    }
}

impl FromStr for Judge {
    type Err = String;
    fn from_str(text: &str) -> Result<Judge, String> {
        let (word, number) = text.split_once(':').map_or((text, None), |(word, number)| (word, Some(number)));
        let rows = number.map_or(Ok(ROWS), |number| number.parse::<u64>().map_err(drop));
        match (word, number, rows) {
            ("all", None, _) => Ok(Judge::All),
            ("none", None, _) => Ok(Judge::None),
            ("sample", _, Ok(rows @ 1..)) => Ok(Judge::Sample(rows)),
            _ => Err("it is all, none, sample or sample:N, with N rows from 1 on".to_owned()),
        }
    }
}

/// Sets the rows of a run apart from its other draws.
const OF_ROWS: u64 = 0x6a75_6467_6520_726f;

/// `n` of `of` rows in ascending order: one of each of `n` equal parts, so that no longer stretch of rows is left out.
/// The seed draws which one.
fn drawn(n: u64, of: u64, seed: u64) -> Vec<usize> {
    let mut random = Random::seeded(seed ^ OF_ROWS);
    let row = |part: u64| {
        let [first, end] =
            [part, part + 1].map(|part| (u128::from(part) * u128::from(of) / u128::from(n)) as u64);
        (first + random.below(end - first)) as usize
    };
    (0..n).map(row).collect()
}

/// Why outputs were not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJudged {
    /// The program is timing only, or only its times were asked for.
    NoValues,
    NoReference,
    NotAsked,
}

impl NotJudged {
    pub const fn reason(self) -> &'static str {
        match self {
            NotJudged::NoValues => "timing only: no values",
            NotJudged::NoReference => "the values were not judged: no `expected` was given",
            NotJudged::NotAsked => "the values were not judged: --judge none",
        }
    }
}

impl Serialize for NotJudged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.reason())
    }
}

/// What outputs are judged by, beside expected tensors.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    pub reference: Option<&'a Reference>,
    pub judge: Judge,
}

impl<'a> Judged<'a> {
    pub fn by_default(reference: Option<&'a Reference>) -> Judged<'a> {
        Judged { reference, judge: Judge::default() }
    }

    /// The reference, if it is computed.
    pub fn computed(self) -> Option<&'a Reference> {
        self.reference.filter(|_| self.judge != Judge::None)
    }

    /// The verdict on the outputs of a replay, and the output that fails by most. It does not depend on the number of
    /// threads.
    pub(crate) fn verdict(
        self,
        log: &OpLog,
        values: &Values<'_>,
        threads: usize,
        watch: Watch<'_>,
    ) -> Result<Result<(Verdict, Option<Failing<'a>>), NotJudged>, Error> {
        if self.reference.is_none() && values.expected.outputs.is_empty() {
            return Ok(Err(NotJudged::NoReference));
        }
        let asked = match (self.reference, self.judge) {
            (_, Judge::None) => None,
            // All that is expected is judged, by the kernel's own naive computation: that is of the same rows.
            (Some(reference), _) if values.expected.outputs.contains_key(reference.output) => {
                Some((Rows::All, None))
            }
            (Some(reference), judge) => judge.rows(reference, log.id.seed),
            // What is given costs nothing to look at.
            (None, Judge::ByWork | Judge::All | Judge::Sample(_)) => Some((Rows::All, None)),
        };
        let Some((rows, sample)) = asked else { return Ok(Err(NotJudged::NotAsked)) };
        let judging =
            Judging { program: &log.program, reference: self.reference, values, rows: &rows, threads, watch };
        let mut failing = None;
        let judgements = in_kernel(&log.program.kernel, || judging.judgements(&mut failing))?;
        Ok(Ok((Verdict { judgements, sample, provenance: None }, failing)))
    }
}

/// Tensors that a judgement compares.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub inputs: &'a HostValues,
    pub outputs: &'a HostValues,
    pub expected: &'a Expectations,
}

/// Outputs, and all that judges them.
pub(crate) struct Judging<'a, 'v> {
    pub program: &'v Program,
    pub reference: Option<&'a Reference>,
    pub values: &'v Values<'v>,
    /// Rows of the reference's output.
    pub rows: &'v Rows,
    /// The judgements do not depend on it.
    pub threads: usize,
    pub watch: Watch<'v>,
}

/// Both computations of a reference.
struct Known<'a> {
    output: &'a str,
    oracle: ArrayD<f64>,
    naive: ArrayD<f64>,
}

impl<'a> Judging<'a, '_> {
    /// By the reference, then by what is expected of each output. Empty where there is neither. Notes the one that
    /// fails by most.
    pub fn judgements(&self, failing: &mut Option<Failing<'a>>) -> Result<Vec<Judgement>, Error> {
        let known = self.reference.map(|reference| self.computed(reference)).transpose()?;
        (self.watch)(Progress::at(Step::Judging));
        let mut judgements = Vec::new();
        if let Some(Known { output, oracle, naive }) = &known {
            let measure = Measure::Naive { naive, oracle };
            let oracle = (Against::Reference, oracle, None);
            self.judge((output, self.rows), oracle, measure, &mut judgements, failing)?;
        }
        let Expectations { outputs, tolerance } = self.values.expected;
        for HostTensor { name, .. } in &self.program.outputs {
            let Some(expected) = outputs.get(name) else { continue };
            let own = known.as_ref().filter(|known| known.output == name);
            // The kernel's own naive computation, against the kernel's own oracle: an expected tensor that is wrong must
            // not excuse itself.
            let measure = match own {
                Some(known) => Measure::Naive { naive: &known.naive, oracle: &known.oracle },
                None => expected.measure(*tolerance),
            };
            let oracle = (Against::Expected, &expected.oracle.values, expected.oracle.dtype);
            self.judge((name, &Rows::All), oracle, measure, &mut judgements, failing)?;
        }
        Ok(judgements)
    }

    fn computed<'r>(&self, reference: &'r Reference) -> Result<Known<'r>, Error> {
        let Values { inputs, .. } = self.values;
        let inputs: BTreeMap<String, Stored<'_>> =
            inputs.iter().map(|(name, value)| (name.clone(), Stored::of(value))).collect();
        (self.watch)(Progress::at(Step::Oracle));
        let oracle = on_threads(self.threads, || reference.oracle(&inputs, self.rows))??;
        (self.watch)(Progress::at(Step::Naive));
        let naive = on_threads(self.threads, || reference.naive(&inputs, self.rows))??;
        Ok(Known { output: reference.output, oracle, naive })
    }

    fn judge(
        &self,
        (name, rows): (&str, &Rows),
        oracle: Oracle<'_>,
        measure: Measure<'_>,
        judgements: &mut Vec<Judgement>,
        failing: &mut Option<Failing<'a>>,
    ) -> Result<(), Error> {
        let (judgement, wrong) = judged_in(self.values.outputs, name, rows, oracle, measure)?;
        judgements.push(judgement);
        if is_leading(judgements) {
            let number = self.program.outputs.iter().position(|output| output.name == name);
            let (against, expected, _) = oracle;
            let reference = match against {
                Against::Reference => self.reference,
                Against::Expected => None,
            };
            let expected = match rows {
                Rows::All => expected.iter().copied().collect(),
                Rows::Some(_) => Vec::new(),
            };
            *failing = number.map(|output| Failing { output, wrong, expected, reference });
        }
        Ok(())
    }
}

/// Judges outputs by values that another front end computed, in the order of the program's outputs: the judgements, and
/// the output that fails by most.
///
/// # Errors
/// [`Error::Replay`] for an output and an oracle of different shapes.
pub(crate) fn judge_by(
    program: &Program,
    outputs: &HostValues,
    expected: &Expectations,
    against: Against,
) -> Result<(Vec<Judgement>, Option<Failing<'static>>), Error> {
    let (mut judgements, mut failing) = (Vec::new(), None);
    for (output, HostTensor { name, .. }) in program.outputs.iter().enumerate() {
        let Some(by) = expected.outputs.get(name) else { continue };
        let oracle = (against, &by.oracle.values, by.oracle.dtype);
        let (judgement, wrong) =
            judged_in(outputs, name, &Rows::All, oracle, by.measure(expected.tolerance))?;
        judgements.push(judgement);
        if is_leading(&judgements) {
            let expected = by.oracle.values.iter().copied().collect();
            failing = Some(Failing { output, wrong, expected, reference: None });
        }
    }
    Ok((judgements, failing))
}

/// Whether the last of these fails and is to be explained rather than one before it.
fn is_leading(judgements: &[Judgement]) -> bool {
    judgements.last().is_some_and(|last| !last.pass) && leading(judgements) + 1 == judgements.len()
}

/// Where an oracle comes from, its values, and the dtype that they were rounded to.
type Oracle<'a> = (Against, &'a ArrayD<f64>, Option<DType>);

/// The judgement of one output, and its wrong elements if it fails.
fn judged_in(
    outputs: &HostValues,
    name: &str,
    rows: &Rows,
    (against, oracle, oracle_dtype): Oracle<'_>,
    measure: Measure<'_>,
) -> Result<(Judgement, Vec<Wrong>), Error> {
    let whole = outputs.get(name).expect("a replay gives every output of its program");
    let some = match rows {
        Rows::All => None,
        Rows::Some(rows) => Some((output_rows(whole, rows), &rows[..])),
    };
    let (output, rows) = some.as_ref().map_or((whole, None), |(output, rows)| (output, Some(*rows)));
    let shape = &whole.shape;
    let question = Question { name, output, shape, rows, against, oracle, oracle_dtype, measure };
    Ok(replay::verdict::judge_and_find(&question)?)
}

/// Rows of a tensor as a matrix.
fn output_rows(value: &HostValue, rows: &[usize]) -> HostValue {
    let width = value.shape.last().copied().unwrap_or(1);
    let bytes = width as usize * value.dtype.size() as usize;
    HostValue {
        shape: vec![rows.len() as u32, width],
        dtype: value.dtype,
        bytes: rows.iter().flat_map(|row| &value.bytes[row * bytes..][..bytes]).copied().collect(),
    }
}

/// A host tensor as references read it.
struct Stored<'a> {
    value: &'a HostValue,
    shape: Vec<usize>,
}

impl Stored<'_> {
    fn of(value: &HostValue) -> Stored<'_> {
        Stored { value, shape: value.shape.iter().map(|&n| n as usize).collect() }
    }
}

impl kernels::Values for Stored<'_> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn read(&self, first: usize, into: &mut [f64]) {
        self.value.read_wide(first, into);
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
