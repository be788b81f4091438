//! Ops, memories and times in words.

use machine::SimTime;
use oplog::{FindingOp, OpLog};
use program::{Base, OpIndex, Program, Rank, Space, View};

use crate::version::{Version, Versions, Writer};

/// An op as people look for it: `rank 1, op 12 (forward, kernel.rs:40:9)`.
pub fn place(program: &Program, rank: Rank, index: OpIndex) -> String {
    let kind = program.op(rank, index).kind();
    let source = program.source(rank, index).map_or_else(String::new, |source| format!(", {source}"));
    format!("rank {}, op {} ({kind}{source})", rank.0, index.0)
}

/// One side of a finding.
pub fn finding_op(log: &OpLog, versions: &Versions, op: u32) -> FindingOp {
    let (rank, index) = versions.op(op);
    FindingOp {
        rank: rank.0,
        index: index.0,
        op: log.program.op(rank, index).kind().to_owned(),
        unit: log.entries.unit[op as usize].to_string(),
        source: log.program.source(rank, index).unwrap_or_default(),
    }
}

/// The memory a view lies in: `slot 3 of ring0 (rank 0 → rank 1) in TCM of rank 1`.
pub fn memory(program: &Program, space: Space, view: &View) -> String {
    let space = space_name(space);
    match view.base {
        Base::Buffer(buffer) => format!("{buffer} in {space}"),
        Base::Tensor(tensor) => format!("tensor `{}` in {space}", program.tensors[tensor.index()].name),
        Base::Message(message) => {
            let ring = &program.rings[message.ring.index()];
            let slot = message.number % ring.n_slots;
            let (from, to) = (ring.producer.0, ring.consumer.0);
            format!("slot {slot} of {} (rank {from} → rank {to}) in {space}", message.ring)
        }
    }
}

pub fn space_name(space: Space) -> String {
    match space {
        Space::Tcm(rank) => format!("TCM of rank {}", rank.0),
        Space::Sram(cube) => format!("SRAM of cube {cube}"),
        Space::Hbm(rank) => format!("HBM of rank {}", rank.0),
    }
}

/// What a version is and where it comes from: `ring0#15, 16×1 f16, written at 12.5 ns by rank 0, op 5 (send)`.
pub fn version(log: &OpLog, versions: &Versions, version: &Version) -> String {
    let name = version.message.map_or_else(String::new, |message| format!("{message}, "));
    let (shape, dtype) = (version.shape, version.dtype);
    match version.writer {
        Writer::Host(_) => format!("{shape} {dtype} of the host's input"),
        Writer::Op(op) => {
            let (rank, index) = versions.op(op);
            let by = place(&log.program, rank, index);
            format!("{name}{shape} {dtype}, written at {} by {by}", ns(version.t_write))
        }
    }
}

/// A time in ns, exactly.
pub fn ns(time: SimTime) -> String {
    let (whole, rest) = (time.fs() / 1_000_000, time.fs() % 1_000_000);
    let digits = format!("{rest:06}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { format!("{whole} ns") } else { format!("{whole}.{digits} ns") }
}
