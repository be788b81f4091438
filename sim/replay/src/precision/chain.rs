//! Report of a bisect, from the records of all ops: the first error source, and the ops that fed it.

use oplog::OpLog;

use super::side_by_side::{Fed, Record};
use super::{Bisect, ErrorSource, InputError, Link, NotComparable, Origin};
use crate::place::op_ref;
use crate::verdict::ulp;
use crate::version::{VersionId, Versions, Writer};

/// Error sources that are reported.
pub const FLAGGED_MAX: usize = 5;
/// Links of a chain that are followed, the error source among them.
pub const CHAIN_MAX: usize = 16;

pub struct Chains<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    /// By global op.
    pub records: &'a [Option<Record>],
}

impl Chains<'_> {
    /// The bisect without its peak of live bytes.
    pub fn bisect(&self) -> Bisect {
        // Global numbers are in the order of (rank, index).
        let mut order: Vec<u32> = (0..self.records.len() as u32).collect();
        order.sort_by_key(|&op| (self.log.entries.start[op as usize], op));
        let (mut found, mut flagged) = (Bisect::default(), Vec::new());
        let (mut worst, mut most) = (None, 0.0);
        for op in order {
            let Some(record) = self.records[op as usize].as_ref() else { continue };
            found.n_compared += u64::from(record.is_compared());
            found.n_decided_otherwise += record.n_decided_otherwise;
            self.note_lost(op, record, &mut found.not_comparable);
            if record.is_source() {
                flagged.push(op);
            }
            if record.relative() > most {
                (most, worst) = (record.relative(), Some(op));
            }
        }
        found.n_flagged = flagged.len() as u64;
        found.flagged = flagged.into_iter().take(FLAGGED_MAX).map(|op| self.source(op)).collect();
        found.worst = worst.map(|op| self.source(op));
        found
    }

    fn note_lost(&self, op: u32, record: &Record, lost: &mut NotComparable) {
        if record.n_lost == 0 {
            return;
        }
        lost.ops += 1;
        lost.elements += record.n_lost;
        if lost.first.is_none() {
            lost.first = Some(op_ref(self.log, self.versions, op));
        }
    }

    fn source(&self, op: u32) -> ErrorSource {
        let record = self.record(op);
        let (chain, origin) = self.chain(op);
        let input = |fed: &Fed| InputError {
            by: fed
                .version
                .and_then(|version| self.writer(version))
                .map(|op| op_ref(self.log, self.versions, op)),
            error: fed.error,
        };
        ErrorSource {
            op: op_ref(self.log, self.versions, op),
            dtype: record.dtype,
            error: record.relative(),
            made_nan: record.made_nan,
            max_abs: record.error.max_abs,
            largest: record.error.largest,
            ulp: ulp(record.dtype, record.error.largest),
            inputs: record.fed.iter().map(input).collect(),
            chain,
            origin,
        }
    }

    /// From `op` back through the worst input; of inputs that err alike, the first.
    fn chain(&self, mut op: u32) -> (Vec<Link>, Origin) {
        let mut links = Vec::new();
        loop {
            let record = self.record(op);
            let (dtype, error) = (record.dtype, record.relative());
            links.push(Link { op: op_ref(self.log, self.versions, op), dtype, error });
            let worst =
                record.fed.iter().reduce(|worst, fed| if fed.error > worst.error { fed } else { worst });
            let Some(worst) = worst else { return (links, Origin::Constant) };
            let Some(version) = worst.version else { return (links, Origin::Unwritten) };
            match self.versions.get(version).writer {
                Writer::Host(tensor) => return (links, Origin::Input(self.input_name(tensor))),
                Writer::Op(_) if links.len() == CHAIN_MAX => return (links, Origin::Further),
                Writer::Op(writer) => op = writer,
            }
        }
    }

    fn record(&self, op: u32) -> &Record {
        self.records[op as usize].as_ref().expect("what was read was made")
    }

    fn writer(&self, version: VersionId) -> Option<u32> {
        match self.versions.get(version).writer {
            Writer::Op(op) => Some(op),
            Writer::Host(_) => None,
        }
    }

    fn input_name(&self, tensor: program::TensorId) -> String {
        let program = &self.log.program;
        let tensor = &program.tensors[tensor.index()];
        match tensor.role.given() {
            Some((of, _)) => program.inputs[of as usize].name.clone(),
            None => tensor.name.clone(),
        }
    }
}
