//! Op logs: bytes and nanoseconds a record, sealed, against copying raw 40-byte records; and what a log costs
//! beside that: dataflow, digests and reading.
//!
//! The log is made here: ranks that each load, receive from the left, multiply, send to the right and release,
//! with the forms and the times such a program has. Every figure is the best of several runs.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use machine::{Bytes, Machine, PeId, RankAxis, SimTime};
use oplog::{Dataflow, Digests, Encoding, Entries, MessageTimes, OpLog, RunId, Stall, StallReason, UnitId};
use program::layout::{Layout, Peak, Slots};
use program::program::{Buffer, Flow, HostTensor, Ring, Role, SlotPlace, Source, Tensor};
use program::{
    Base, BufferId, DType, Dims, Message, Op, Program, Rank, RankProgram, RingId, Space, TensorId, UnitKind,
    View, ViewId,
};

const RANKS: u32 = 64;
const STEPS: u32 = 2500;
const REPEATS: usize = 5;

fn main() {
    let log = ring_log();
    let n = log.entries.done.len();
    println!("{n} ops on {RANKS} ranks, {} stalls", log.stalls.len());
    let (flow_ns, flow) = best(n, || Dataflow::of(&log.program));
    let (structure_ns, structure) = best(n, || oplog::digest::structure(&log.program, &flow));
    let (timing_ns, timing) = best(n, || oplog::digest::timing(&log));
    let digests = Digests { structure, timing };
    let (raw_ns, raw) = best(n, || raw_records(&log));
    let (sealed_ns, sealed) = best(n, || oplog::encode(&log, &digests, Encoding::Sealed));
    let (hash_ns, _) = best(n, || oplog::digest::checksum(&sealed));
    let (json_ns, json) = best(n, || oplog::encode(&log, &digests, Encoding::JsonLines));
    let (read_ns, read) = best(n, || oplog::decode(&sealed).expect("whole"));
    assert_eq!(read, (log, digests), "the log does not read back equal");
    let row = |what: &str, ns: f64, bytes: usize, note: &str| {
        println!("{what:<22} {ns:>8.1} ns/op {:>8.1} B/op  {note}", bytes as f64 / n as f64);
    };
    row("raw 40-byte records", raw_ns, raw.len(), "the peer");
    let note = format!(
        "{:.1} × the peer's time, {:.2} × its bytes; goal 40 ns, 20 B",
        sealed_ns / raw_ns,
        sealed.len() as f64 / raw.len() as f64
    );
    row("sealed", sealed_ns, sealed.len(), &note);
    row("  of which BLAKE3", hash_ns, 0, "");
    row("JSON lines", json_ns, json.len(), "");
    row("dataflow", flow_ns, 0, "goal 100 to 200 ns");
    row("structure digest", structure_ns, 0, "");
    row("timing digest", timing_ns, 0, "");
    row("reading sealed", read_ns, sealed.len(), "with verification and both digests");
}

/// Nanoseconds an op, and the result.
fn best<T>(ops: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut fastest = f64::INFINITY;
    let mut last = None;
    for _ in 0..REPEATS {
        let begin = Instant::now();
        last = Some(run());
        fastest = fastest.min(begin.elapsed().as_nanos() as f64 / ops as f64);
    }
    (fastest, last.expect("at least one run"))
}

/// The smallest thing that could be called a log: times, place, op, address and shape, 40 bytes each.
fn raw_records(log: &OpLog) -> Vec<u8> {
    let mut out = Vec::with_capacity(40 * log.entries.done.len());
    for (op, (rank, index)) in log.ops().enumerate() {
        out.extend(log.entries.start[op].fs().to_le_bytes());
        out.extend(log.entries.done[op].fs().to_le_bytes());
        out.extend(rank.0.to_le_bytes());
        out.extend(index.0.to_le_bytes());
        out.extend(log.entries.issue[op].fs().to_le_bytes());
        out.extend(u64::from(log.entries.unit[op].0).to_le_bytes());
    }
    out
}

/// Every rank takes `STEPS` messages from its left neighbour and passes on as many.
fn ring_log() -> OpLog {
    let (program, layout) = ring_program();
    let mut log = OpLog {
        id: RunId { seed: 1 },
        machine: Machine::preset("sip").expect("a preset"),
        placement: (0..RANKS).map(PeId).collect(),
        entries: Entries::default(),
        messages: Vec::new(),
        stalls: Vec::new(),
        program: Arc::new(program),
        layout: Arc::new(layout),
    };
    time_ops(&mut log);
    let cycles = |n: u32| SimTime::from_fs(u64::from(n) * 1_000_000);
    let message =
        |n: u32| MessageTimes { filled: cycles(900 * n + 412), credit: Some(cycles(900 * n + 955 + n % 7)) };
    log.messages = vec![(0..STEPS).map(message).collect(); RANKS as usize];
    log
}

fn ring_program() -> (Program, Layout) {
    let tile = |base| View::packed(base, Dims::new(&[64, 128]), DType::F16);
    let bytes = 64 * 128 * 2;
    let ranks: Vec<RankProgram> = (0..RANKS).map(|rank| ring_rank(Rank(rank), bytes, tile)).collect();
    let layout = Layout {
        buffers: ranks
            .iter()
            .map(|rank| (0..rank.buffers.len() as u64).map(|b| 4 * bytes + b % 16 * bytes).collect())
            .collect(),
        rings: (0..RANKS)
            .map(|ring| Slots { space: Space::Tcm(Rank((ring + 1) % RANKS)), address: 0 })
            .collect(),
        tensors: vec![0; RANKS as usize],
        peaks: vec![
            Peak {
                bytes: Bytes(1 << 20),
                slot_bytes: Bytes(4 * bytes),
                holders: vec![],
                live_bound: Bytes(0)
            };
            RANKS as usize
        ],
    };
    let ring = |producer: u32| Ring {
        producer: Rank(producer),
        consumer: Rank((producer + 1) % RANKS),
        queue: 0,
        n_slots: 4,
        slot_bytes: bytes,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    };
    let tensor = |home: u32| Tensor {
        name: format!("q of rank{home}"),
        home: Rank(home),
        shape: vec![64, 128],
        dtype: DType::F16,
        role: Role::Input { of: 0, start: vec![64 * home, 0] },
    };
    let program = Program {
        format: program::program::FORMAT,
        kernel: "ring".to_owned(),
        params: BTreeMap::new(),
        rank_axis: RankAxis::Pe,
        inputs: vec![HostTensor { name: "q".to_owned(), shape: vec![64 * RANKS, 128], dtype: DType::F16 }],
        outputs: vec![],
        tensors: (0..RANKS).map(tensor).collect(),
        rings: (0..RANKS).map(ring).collect(),
        ranks,
        files: vec!["ring.rs".to_owned()],
    };
    (program, layout)
}

/// A step: send what the last one made, receive, load, multiply, add, release.
fn ring_rank(rank: Rank, bytes: u64, tile: impl Fn(Base) -> View) -> RankProgram {
    let (right, left) = (RingId(rank.0), RingId((rank.0 + RANKS - 1) % RANKS));
    let mut program = RankProgram::default();
    let view = |program: &mut RankProgram, base: Base| {
        program.views.push(tile(base));
        ViewId(program.views.len() as u32 - 1)
    };
    let buffer = |program: &mut RankProgram| {
        program.buffers.push(Buffer { bytes, at: None });
        Base::Buffer(BufferId(program.buffers.len() as u32 - 1))
    };
    let home = view(&mut program, Base::Tensor(TensorId(rank.0)));
    let first = buffer(&mut program);
    let mut made = view(&mut program, first);
    program.ops.push(Op::Load { from: home, to: made });
    for number in 0..STEPS {
        let taken = Message { ring: left, number };
        let arrived = view(&mut program, Base::Message(taken));
        let (loaded, sum) = (buffer(&mut program), buffer(&mut program));
        let (loaded, sum) = (view(&mut program, loaded), view(&mut program, sum));
        let pair = [program::Operand::View(arrived), program::Operand::View(loaded)];
        program.ops.extend([
            Op::Send { message: Message { ring: right, number }, from: made },
            Op::Load { from: home, to: loaded },
            Op::Recv { message: taken, view: arrived },
            Op::Unary { f: program::op::UnaryFn::Exp, x: arrived, to: sum },
            Op::Binary { f: program::op::BinaryFn::Add, x: pair[0], y: pair[1], to: sum },
            Op::Unary { f: program::op::UnaryFn::Neg, x: sum, to: sum },
            Op::Release { message: taken },
        ]);
        made = sum;
    }
    let line = |op: usize| 20 + if op == 0 { 0 } else { 1 + (op as u32 - 1) % 7 };
    program.sources =
        (0..program.ops.len()).map(|op| Source { file: 0, line: line(op), column: 9 }).collect();
    program
}

/// Times that look like those of a run: regular, with some jitter and some stalls.
fn time_ops(log: &mut OpLog) {
    let program = log.program.clone();
    let cycles = |n: u64| SimTime::from_fs(n * 1_000_000);
    for (rank, ops) in program.ranks.iter().map(|rank| &rank.ops).enumerate() {
        let mut at = rank as u64;
        for (index, op) in ops.iter().enumerate() {
            let (number, jitter) = (log.entries.done.len() as u32, (index as u64 * 7919) % 13);
            let (unit, wait, work) = match op.unit() {
                UnitKind::Sequencer => (UnitId::SEQUENCER, 0, if index % 7 == 3 { 300 + jitter } else { 2 }),
                UnitKind::Gemm => (UnitId::GEMM, 0, 500),
                UnitKind::Math => (UnitId::MATH, jitter, 264),
                UnitKind::Send => (UnitId::SEND, 20 + jitter, 133),
                UnitKind::Recv => (UnitId::RECV, 0, 133),
                UnitKind::Dma => (UnitId::dma((index / 7 % 2) as u8), 0, 410 + jitter),
            };
            if matches!(op, Op::Recv { .. }) {
                log.stalls.push(Stall {
                    op: number,
                    reason: StallReason::Message,
                    from: cycles(at),
                    to: cycles(at + work),
                });
            } else if unit == UnitId::SEND {
                log.stalls.push(Stall {
                    op: number,
                    reason: StallReason::Credit,
                    from: cycles(at),
                    to: cycles(at + wait),
                });
            }
            log.entries.unit.push(unit);
            log.entries.issue.push(cycles(at));
            log.entries.start.push(cycles(at + wait));
            log.entries.done.push(cycles(at + wait + work));
            at += if matches!(op, Op::Recv { .. }) { work + 1 } else { 1 + jitter };
        }
    }
}
