//! Versions in words, beside the ops, memories and times that the log has words for.

pub use oplog::words::{memory, ns, op as place, op_in_short as short, space_name};
use oplog::{FindingOp, OpLog};

use crate::version::{Version, Versions, Writer};

/// One side of a finding.
pub fn finding_op(log: &OpLog, versions: &Versions, op: u32) -> FindingOp {
    let (rank, index) = versions.op(op);
    FindingOp::of(log, rank, index)
}

/// What a version is and where it comes from: `ring0#15, 16×1 f16, written at 12.5 ns by send (rank 0, op 5)`.
pub fn version(log: &OpLog, versions: &Versions, version: &Version) -> String {
    let name = version.message.map_or_else(String::new, |message| format!("{message}, "));
    let (shape, dtype) = (version.shape, version.dtype);
    match version.writer {
        Writer::Host(_) => format!("{shape} {dtype} of the host's input"),
        Writer::Op(op) => {
            let (rank, index) = versions.op(op);
            let by = short(&log.program, rank, index);
            format!("{name}{shape} {dtype}, written at {} by {by}", ns(version.t_write))
        }
    }
}
