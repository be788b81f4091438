//! Both runs at once: an op is computed in its declared dtypes, then in f64 on what the f64 run holds, and what
//! came out is compared before either is freed.

use oplog::OpLog;
use program::DType;
use rayon::ThreadPool;

use super::elements::Elements;
use super::f64_values::F64Values;
use super::measure::Error;
use super::op_in_f64::OpInF64;
use crate::cpu::SimdLevel;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::place::op_ref;
use crate::reads::Reads;
use crate::schedule::Schedule;
use crate::threads::each;
use crate::values::{Produced, Values};
use crate::version::{VersionId, Versions};

pub struct SideBySide<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub reads: &'a Reads,
    pub declared: DataExecutor<'a>,
    /// `None` computes on the calling thread.
    pub pool: Option<ThreadPool>,
    pub simd: SimdLevel,
}

/// Record of an op that both runs have computed.
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

/// Error of one input of an op.
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
    pub fn is_source(&self) -> bool {
        let worst_input = self.fed.iter().map(|fed| fed.error).fold(0.0, f64::max);
        self.made_nan || self.error.is_added(worst_input, self.n_terms, self.dtype)
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
    /// Records by global op, `None` for ops without a result; and the peak of live bytes.
    pub fn run(&self, values: &mut Values<'_>) -> Result<(Vec<Option<Record>>, u64), ReplayError> {
        let mut f64_values = F64Values::new(self.versions.n_ids());
        let mut records: Vec<Option<Record>> = vec![None; self.versions.n_ops()];
        let needs = &self.declared.needs;
        let mut schedule = Schedule::new(self.log, self.versions, needs);
        loop {
            let wave = schedule.wave()?;
            if wave.is_empty() {
                break;
            }
            let made = self.compute(&wave, values, &f64_values, &records);
            for (&op, made) in wave.iter().zip(made) {
                let Made { produced, elements, record } = made?;
                values.insert(VersionId(op), produced, self.declared.home(op));
                f64_values.insert(VersionId(op), elements);
                records[op as usize] = Some(record);
            }
            values.note_peak();
            for op in wave {
                let read = needs.of(op as usize);
                values.free_unused(VersionId(op));
                read.iter().for_each(|&version| values.used(version));
                let unused =
                    read.iter().copied().chain([VersionId(op)]).filter(|&version| values.is_unused(version));
                unused.for_each(|version| f64_values.free(version));
                schedule.done(op);
            }
        }
        Ok((records, values.peak_bytes() + f64_values.peak() * size_of::<f64>() as u64))
    }

    fn compute(
        &self,
        wave: &[u32],
        values: &Values<'_>,
        f64_values: &F64Values,
        records: &[Option<Record>],
    ) -> Vec<Result<Made, ReplayError>> {
        let one = |&op: &u32| {
            let (rank, index) = self.versions.op(op);
            let code = self.log.program.op(rank, index);
            let one = OpInF64 { runs: self, op, rank, code, values, f64_values, records };
            let made = self.declared.produce(rank, index, op as usize, values).and_then(|produced| {
                let (elements, record) = one.result(values.produced(&produced))?;
                Ok(Made { produced, elements, record })
            });
            made.map_err(|source| ReplayError::Op {
                op: Box::new(op_ref(self.log, self.versions, op)),
                source,
            })
        };
        let is_worth_it = self.declared.is_worth_threads(wave);
        each(self.pool.as_ref().filter(|_| is_worth_it), wave, one)
    }
}
