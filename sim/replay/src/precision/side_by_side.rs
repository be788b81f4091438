//! Both runs at once: an op is computed in its declared dtypes, then in f64 on what the f64 run holds, and what
//! came out is compared before either is freed.

use oplog::OpLog;
use program::DType;

use super::elements::Elements;
use super::measure::Error;
use super::one::One;
use super::wides::Wides;
use crate::cpu::SimdLevel;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::place::place;
use crate::reads::Reads;
use crate::schedule::{Schedule, versions_read};
use crate::values::{Produced, Values};
use crate::version::{VersionId, Versions};

pub struct SideBySide<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub reads: &'a Reads,
    pub declared: DataExecutor<'a>,
    pub simd: SimdLevel,
}

/// What is known of an op once both runs have computed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub error: Error,
    /// Of its result.
    pub dtype: DType,
    pub n_elements: u64,
    /// Of the sum that each element is; 1 where it is none.
    pub n_terms: u64,
    /// Elements that cannot be compared.
    pub n_lost: u64,
    /// Whether it made a NaN of inputs that had none, in the declared run.
    pub made_nan: bool,
    /// One for each of its reads.
    pub fed: Box<[Fed]>,
    pub n_decided_otherwise: u64,
}

/// What one input of an op erred by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fed {
    /// Relative to the largest |f64| of what was read.
    pub error: f64,
    /// Where it came from: of several versions the one that erred most, of equals the first.
    pub version: Option<VersionId>,
}

impl Record {
    pub fn relative(&self) -> f64 {
        if self.made_nan { f64::INFINITY } else { self.error.relative() }
    }
    pub fn departs(&self) -> bool {
        let worst_input = self.fed.iter().map(|fed| fed.error).fold(0.0, f64::max);
        self.made_nan || self.error.departs(worst_input, self.n_terms, self.dtype)
    }
    pub fn is_compared(&self) -> bool {
        self.n_lost < self.n_elements
    }
}

/// What one op made in both runs.
struct Made {
    produced: Produced,
    /// `None` when both runs agree.
    elements: Option<Elements>,
    record: Record,
}

impl SideBySide<'_> {
    /// Gives the records by global op, `None` for those that make nothing, and most bytes alive at once.
    pub fn run(&self, values: &mut Values<'_>) -> Result<(Vec<Option<Record>>, u64), ReplayError> {
        let mut wides = Wides::new(self.versions.n_ids());
        let mut records: Vec<Option<Record>> = vec![None; self.versions.n_ops()];
        let mut schedule = Schedule::new(self.log, self.versions, self.reads);
        loop {
            let wave = schedule.wave()?;
            if wave.is_empty() {
                break;
            }
            let made = self.compute(&wave, values, &wides, &records);
            for (&op, made) in wave.iter().zip(made) {
                let Made { produced, elements, record } = made?;
                values.insert(VersionId(op), produced);
                wides.insert(VersionId(op), elements);
                records[op as usize] = Some(record);
            }
            values.note_peak();
            for op in wave {
                let read = versions_read(self.reads, op as usize);
                values.free_unused(VersionId(op));
                read.iter().for_each(|&version| values.used(version));
                let unused =
                    read.into_iter().chain([VersionId(op)]).filter(|&version| values.is_unused(version));
                unused.for_each(|version| wides.free(version));
                schedule.done(op);
            }
        }
        Ok((records, values.peak_bytes() + wides.peak() * size_of::<f64>() as u64))
    }

    fn compute(
        &self,
        wave: &[u32],
        values: &Values<'_>,
        wides: &Wides,
        records: &[Option<Record>],
    ) -> Vec<Result<Made, ReplayError>> {
        let one = |&op: &u32| {
            let (rank, index) = self.versions.op(op);
            let code = self.log.program.op(rank, index);
            let one = One { runs: self, op, rank, code, values, wides, records };
            let made = self.declared.produce(rank, index, op as usize, values).and_then(|produced| {
                let (elements, record) = one.beside(values.produced(&produced))?;
                Ok(Made { produced, elements, record })
            });
            made.map_err(|source| ReplayError::Op { place: place(&self.log.program, rank, index), source })
        };
        self.declared.each(wave, one)
    }
}
