//! Ops, memories and times in words: the same ones in every finding.

use machine::{SimTime, Span};
use program::{Base, OpIndex, Program, Rank, Space};

/// An op as people look for it: `rank 1, op 12 (forward, kernel.rs:40:9)`.
pub fn op(program: &Program, rank: Rank, index: OpIndex) -> String {
    let kind = program.op(rank, index).kind();
    let source = program.source(rank, index).map_or_else(String::new, |source| format!(", {source}"));
    format!("rank {}, op {} ({kind}{source})", rank.0, index.0)
}

/// An op where its line is told beside it: `forward (rank 1, op 12)`.
pub fn op_in_short(program: &Program, rank: Rank, index: OpIndex) -> String {
    format!("{} (rank {}, op {})", program.op(rank, index).kind(), rank.0, index.0)
}

/// An op among those of its rank: `the forward (kernel.rs:40)`, or `the forward (op 12)` when its line is not known.
pub fn op_by_line(program: &Program, rank: Rank, index: OpIndex) -> String {
    let kind = program.op(rank, index).kind();
    let source = program.source(rank, index);
    // Neither folders nor the column are needed to find it.
    let line = source.as_deref().and_then(|source| source.rsplit('/').next()?.rsplit_once(':'));
    line.map_or_else(|| format!("the {kind} (op {})", index.0), |(line, _)| format!("the {kind} ({line})"))
}

/// What an op touches, without the memory it lies in: a buffer, a tensor's name or `slot 3 of ring0`.
pub fn place(program: &Program, base: Base) -> String {
    match base {
        Base::Buffer(buffer) => buffer.to_string(),
        Base::Tensor(tensor) => format!("`{}`", program.tensors[tensor.index()].name),
        Base::Message(message) => {
            let slot = message.number % program.rings[message.ring.index()].n_slots;
            format!("slot {slot} of {}", message.ring)
        }
    }
}

/// The memory that something lies in: `slot 3 of ring0 (rank 0 → rank 1) in TCM of rank 1`.
pub fn memory(program: &Program, space: Space, base: Base) -> String {
    let space = space_name(space);
    match base {
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

/// A time in ns, exactly.
pub fn ns(time: SimTime) -> String {
    ns_of(time.since(SimTime::ZERO))
}

/// A length of time in ns, exactly.
pub fn ns_of(span: Span) -> String {
    let (whole, rest) = (span.fs() / 1_000_000, span.fs() % 1_000_000);
    let digits = format!("{rest:06}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { format!("{whole} ns") } else { format!("{whole}.{digits} ns") }
}

/// `4` of them are `4 times`, on `3` ranks `4 times, on 3 ranks`; once is not said.
pub fn often(count: u64, ranks: usize) -> String {
    match (count, ranks) {
        (0 | 1, _) => String::new(),
        (count, 0 | 1) => format!(" ({count} times)"),
        (count, ranks) => format!(" ({count} times, on {ranks} ranks)"),
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
