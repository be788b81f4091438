//! Ops and versions, as diagnostics name them.

use diagnostic::OpRef;
use diagnostic::fact::{self, Reader as Read};
use oplog::OpLog;

use crate::history::Reader;
use crate::version::{Version, Versions, Writer};

pub fn op_ref(log: &OpLog, versions: &Versions, op: u32) -> OpRef {
    let (rank, index) = versions.op(op);
    OpRef::of(&log.program, rank, index).on(log.entries.unit[op as usize])
}

/// Description of a version and its origin.
pub fn version(log: &OpLog, versions: &Versions, version: &Version) -> fact::Version {
    let written = match version.writer {
        Writer::Host(_) => None,
        Writer::Op(op) => Some((op_ref(log, versions, op), version.t_write)),
    };
    fact::Version { message: version.message, shape: version.shape, dtype: version.dtype, written }
}

/// The reader of a read, and its times.
pub fn read(log: &OpLog, versions: &Versions, reader: Reader) -> Read {
    let op = (reader.op != Reader::HOST).then(|| op_ref(log, versions, reader.op));
    Read { op, start: reader.start, done: reader.done }
}
