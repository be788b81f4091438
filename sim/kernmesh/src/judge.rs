//! The judgement of outputs: by which reference, and how many of their rows.

use std::collections::BTreeMap;
use std::str::FromStr;

use kernels::{Reference, Rows};
use machine::Random;
use oplog::{OpLog, Sample, Verdict};
use replay::{HostValue, HostValues, on_threads};
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::panics::in_kernel;
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
            NotJudged::NoReference => "no reference for the values",
            NotJudged::NotAsked => "the values were not judged: --judge none",
        }
    }
}

impl Serialize for NotJudged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.reason())
    }
}

/// What outputs are judged by.
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

    /// The verdict on the outputs of a replay. It does not depend on the number of threads.
    pub(crate) fn verdict(
        self,
        log: &OpLog,
        inputs: &HostValues,
        outputs: Option<&HostValues>,
        threads: usize,
        watch: Watch<'_>,
    ) -> Result<Result<Verdict, NotJudged>, Error> {
        let Some(outputs) = outputs else { return Ok(Err(NotJudged::NoValues)) };
        let Some(reference) = self.reference else { return Ok(Err(NotJudged::NoReference)) };
        let Some((rows, sample)) = self.judge.rows(reference, log.id.seed) else {
            return Ok(Err(NotJudged::NotAsked));
        };
        let judgement = Judgement { reference, inputs, outputs, rows: &rows, threads, watch };
        let verdict = in_kernel(&log.program.kernel, || judgement.verdict())?;
        Ok(Ok(Verdict { sample, ..verdict }))
    }
}

/// Outputs, and the reference that judges them.
pub(crate) struct Judgement<'a> {
    pub reference: &'a Reference,
    pub inputs: &'a HostValues,
    pub outputs: &'a HostValues,
    pub rows: &'a Rows,
    /// The verdict does not depend on it.
    pub threads: usize,
    pub watch: Watch<'a>,
}

impl Judgement<'_> {
    /// As of all rows: a sample is for the caller to state.
    pub fn verdict(&self) -> Result<Verdict, Error> {
        let Judgement { reference, inputs, outputs, rows, threads, watch } = *self;
        let inputs: BTreeMap<String, Stored<'_>> =
            inputs.iter().map(|(name, value)| (name.clone(), Stored::of(value))).collect();
        let output =
            outputs.get(reference.output).expect("a kernel has the output that its reference computes");
        watch(Progress::at(Step::Oracle));
        let oracle = on_threads(threads, || reference.oracle(&inputs, rows))??;
        watch(Progress::at(Step::Naive));
        let naive = on_threads(threads, || reference.naive(&inputs, rows))??;
        watch(Progress::at(Step::Judging));
        let verdict = match rows {
            Rows::All => replay::judge(output, oracle.view(), naive.view()),
            Rows::Some(rows) => replay::judge(&of_rows(output, rows), oracle.view(), naive.view()),
        };
        Ok(verdict?)
    }
}

/// Rows of a tensor as a matrix.
fn of_rows(value: &HostValue, rows: &[usize]) -> HostValue {
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
