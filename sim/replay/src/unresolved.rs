//! Reads that the shape rule cannot resolve: where the original system stopped with a shape mismatch.

use oplog::{Finding, FindingKind, OpLog};

use crate::place::{finding_op, memory, ns, place};
use crate::reads::Reads;
use crate::version::{Version, Versions, Writer};

/// One finding for every op that means a version and finds none of its place, shape and dtype.
pub fn find(log: &OpLog, versions: &Versions, identity: &Reads, shape: &Reads) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in 0..versions.n_ops() {
        let meant = identity.of(at).flatten();
        let pairs = meant.zip(shape.of(at).flatten());
        let lost = pairs.filter(|(_, found)| found.version.is_none()).find_map(|(meant, _)| meant.version);
        if let Some(meant) = lost {
            findings.push(finding(log, versions, at as u32, versions.get(meant)));
        }
    }
    findings
}

fn finding(log: &OpLog, versions: &Versions, op: u32, meant: &Version) -> Finding {
    let (rank, index) = versions.op(op);
    let start = log.entries.start[op as usize];
    let ops = match meant.writer {
        Writer::Op(writer) => vec![finding_op(log, versions, op), finding_op(log, versions, writer)],
        Writer::Host(_) => vec![finding_op(log, versions, op)],
    };
    let access = log.program.op(rank, index).access();
    let views = access.reads().map(|view| &log.program.rank(rank).views[view.index()]);
    let mut places =
        views.map(|view| memory(&log.program, log.layout.locate(&log.program, rank, view).0, view));
    Finding {
        kind: FindingKind::Mismatch,
        ops,
        place: places.next().unwrap_or_default(),
        bytes: Some([meant.address(), meant.address() + meant.bytes()]),
        message: format!(
            "{} finds no {} {} there at {}: the shape rule cannot resolve this read",
            place(&log.program, rank, index),
            meant.shape,
            meant.dtype,
            ns(start)
        ),
        missing: String::new(),
        repair: "replay with the identity rule; it names the version by its message number".to_owned(),
        value_differed: None,
        slack_fs: None,
    }
}
