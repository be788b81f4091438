//! One op in the f64 run, and the error of the declared run.

use program::{Base, Dims, Effect, Op, Rank, View};

use super::compute::{Argument, compute, counts_in, is_integer, lost, n_decided_otherwise, n_terms};
use super::elements::{Both, Elements, laid};
use super::f64_values::{F64Values, Read};
use super::measure::Error;
use super::side_by_side::{Fed, Record, SideBySide};
use crate::backend::ComputeError;
use crate::cpu::{Packed, Strided, widen};
use crate::executor::{arguments, inputs_of};
use crate::history::Part;
use crate::operands::Operand;
use crate::values::Values;

/// One op, with the values before it.
pub struct OpInF64<'a> {
    pub runs: &'a SideBySide<'a>,
    /// Its global number.
    pub op: u32,
    pub rank: Rank,
    pub code: &'a Op,
    pub values: &'a Values<'a>,
    pub f64_values: &'a F64Values,
    pub records: &'a [Option<Record>],
}

impl OpInF64<'_> {
    /// Result in the f64 run; `None` when it equals `made`, the bytes of the declared run.
    pub fn result(&self, made: &[u8]) -> Result<(Option<Elements>, Record), ComputeError> {
        let SideBySide { log, reads, declared, .. } = self.runs;
        let views = self.code.access();
        let read = |(view, parts)| Read::of(log, self.rank, declared.view(self.rank, view), parts);
        let reads: Vec<Read<'_>> = views.reads().zip(reads.of(self.op as usize)).map(read).collect();
        let operands = declared.operands(self.rank, self.code, self.op as usize, self.values);
        if let Some(&message) = self.code.sends().first() {
            let from = reads[0].view;
            let to = View::packed(Base::Message(message), from.shape, from.dtype);
            return self.moved(&reads[0], &operands[0], &to);
        }
        let to = declared.view(self.rank, views.write.expect("only ops that write, or send, are scheduled"));
        if let Effect::Move { .. } = self.code.effect() {
            return self.moved(&reads[0], &operands[0], to);
        }
        self.computed(&reads, &operands, to, made)
    }

    /// A move adds no error of its own.
    fn moved(
        &self,
        read: &Read<'_>,
        operand: &Operand<'_>,
        to: &View,
    ) -> Result<(Option<Elements>, Record), ComputeError> {
        let mut record = Record {
            error: Error::NONE,
            dtype: to.dtype,
            n_elements: to.elements(),
            n_terms: 1,
            n_lost: 0,
            made_nan: false,
            fed: [self.fed(read.parts, 0.0)].into(),
            n_decided_otherwise: 0,
        };
        if self.f64_values.agree(read.parts) {
            return Ok((None, record));
        }
        let both = read.both(operand, self.f64_values, self.runs.versions, self.runs.simd)?;
        let Some(exact) = &both.exact else { return Ok((None, record)) };
        record.error = Error::of(&both.declared, exact);
        record.fed[0].error = record.error.relative();
        record.n_lost = exact.n_lost();
        let in_memory = Laid::by(both.shape, both.strides, to);
        let elements = Elements { values: in_memory.of(&exact.values), lost: in_memory.of(&exact.lost) };
        Ok((Some(elements), record))
    }

    fn computed(
        &self,
        reads: &[Read<'_>],
        operands: &[Operand<'_>],
        to: &View,
        made: &[u8],
    ) -> Result<(Option<Elements>, Record), ComputeError> {
        let SideBySide { versions, simd, .. } = *self.runs;
        let both =
            |(read, operand): (&Read<'_>, &Operand<'_>)| read.both(operand, self.f64_values, versions, simd);
        let boths = reads.iter().zip(operands).map(both).collect::<Result<Vec<Both>, _>>()?;
        let on = arguments(self.code, &boths, Argument::Tile, Argument::Constant);
        let declared = widen(&Strided::packed(made, &[elements(made, to)], to.dtype), simd)?;

        let in_memory = Laid::by(to.shape, to.shape.packed_strides(), to);
        let lost = in_memory.of(&lost(self.code, &on, to.shape));
        let mut exact = Elements { values: declared.clone(), lost };
        let is_integer = is_integer(self.code, &inputs_of(self.code, operands));
        if !is_integer {
            exact.values = in_memory.of(&compute(self.code, &on, to.shape, to.dtype, simd));
        } else if to.dtype.is_float() {
            exact.values = in_memory.of(&self.counted(operands, to)?);
        }
        let n_decided_otherwise = n_decided_otherwise(&exact.values, &declared, to.dtype);
        for (at, &declared) in declared.iter().enumerate() {
            // Both runs take the integers of the declared one, and go on with its values where they are lost.
            if !to.dtype.is_float() || exact.lost.get(at) == Some(&true) {
                exact.values[at] = declared;
            }
        }
        let error = Error::of(&declared, &exact);
        let fed = reads.iter().zip(&boths).map(|(read, both)| self.fed(read.parts, error_of(both)));
        let record = Record {
            error,
            dtype: to.dtype,
            n_elements: to.elements(),
            n_terms: n_terms(self.code, &on),
            made_nan: !on.is_empty()
                && declared.iter().any(|x| x.is_nan())
                && !on.iter().any(Argument::has_nan),
            fed: fed.collect(),
            n_lost: exact.n_lost(),
            n_decided_otherwise,
        };
        let differs = error.max_abs > 0.0 || !exact.lost.is_empty();
        Ok((differs.then_some(exact), record))
    }

    /// What an op on integers gives before a float dtype rounds it.
    fn counted(&self, operands: &[Operand<'_>], to: &View) -> Result<Vec<f64>, ComputeError> {
        let inputs = inputs_of(self.code, operands);
        let whole = Packed { shape: to.shape, dtype: counts_in(self.code, &inputs).dtype() };
        let bytes = self.runs.declared.backend.compute(self.code, &inputs, whole, Vec::new())?;
        Ok(widen(&Strided::packed(&bytes, &to.shape, whole.dtype), self.runs.simd)?)
    }

    /// An input whose elements erred by `error`.
    fn fed(&self, parts: &[Part], error: f64) -> Fed {
        let mut worst = Fed { error, version: None };
        let mut most = -1.0;
        for version in parts.iter().filter_map(|part| part.version) {
            let record = self.records.get(version.index()).and_then(Option::as_ref);
            let made = record.map_or(0.0, Record::relative);
            if made > most {
                (most, worst.version) = (made, Some(version));
            }
        }
        worst
    }
}

fn error_of(both: &Both) -> f64 {
    both.exact.as_ref().map_or(0.0, |exact| Error::of(&both.declared, exact).relative())
}

fn elements(made: &[u8], to: &View) -> u32 {
    u32::try_from(made.len() as u64 / to.dtype.size()).expect("extents of a tile multiply to 32 bits")
}

/// The order in which a view lays elements in memory.
struct Laid {
    shape: Vec<u32>,
    /// Of elements as they lie elsewhere.
    strides: Vec<u32>,
}

impl Laid {
    /// Elements of `shape` that lie at `strides`, as `to` lays them.
    fn by(shape: Dims, strides: Dims, to: &View) -> Laid {
        let axes: Vec<usize> = to.memory_order().collect();
        let pick = |dims: Dims| axes.iter().map(|&axis| dims[axis]).collect();
        Laid { shape: pick(shape), strides: pick(strides) }
    }
    /// Nothing, where there is nothing to say of any element.
    fn of<T: Copy>(&self, from: &[T]) -> Vec<T> {
        if from.is_empty() { Vec::new() } else { laid(from, &self.shape, &self.strides).into_owned() }
    }
}
