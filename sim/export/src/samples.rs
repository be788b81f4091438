//! Small logs whose every time is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use machine::{Bytes, Machine, PeId, RankAxis, SimTime};
use oplog::{Entries, MessageTimes, OpLog, RunId, Stall, StallReason, UnitId};
use program::layout::{Peak, Slots};
use program::program::{Buffer, FORMAT, Flow, NamedSpan, Ring, Role, SlotPlace, Source, Tensor};
use program::{
    Base, BufferId, DType, Dims, Layout, Message, MoveOp, Op, OpIndex, Program, Rank, RankProgram, RecvOp,
    RingId, SendOp, Space, SyncOp, TensorId, View, ViewId,
};

/// A rank's ops, each with its unit and its issue, start and end in fs.
type Timed = (Op, UnitId, [u64; 3]);

/// Rank 0 loads a tile and sends it twice over a ring of two slots; rank 1 receives the first in place and the second,
/// before it was sent, beside it. Ops have lines and lie in spans, and times are no whole ns.
pub fn exchange() -> OpLog {
    let message = |number| Message { ring: RingId(0), number };
    let (buffer, tensor, slot) = (ViewId(0), ViewId(1), ViewId(1));
    let first = vec![
        (
            Op::Move(MoveOp::Load { from: tensor, to: buffer }),
            UnitId::dma(0),
            [1_000_000, 1_000_000, 5_500_000],
        ),
        (
            Op::Send(SendOp::Send { message: message(0), from: buffer }),
            UnitId::SEND,
            [6_000_000, 6_000_000, 8_250_001],
        ),
        (
            Op::Send(SendOp::Send { message: message(1), from: buffer }),
            UnitId::SEND,
            [7_000_000, 8_250_001, 10_000_000],
        ),
    ];
    let second = vec![
        (
            Op::Recv(RecvOp::RecvAsync { message: message(1), view: slot }),
            UnitId::SEQUENCER,
            [0, 0, 13_000_000],
        ),
        (
            Op::Recv(RecvOp::Recv { message: message(0), view: slot }),
            UnitId::SEQUENCER,
            [1_000_000, 10_999_999, 10_999_999],
        ),
        (
            Op::Sync(SyncOp::Release { message: message(0), after: [].into() }),
            UnitId::SEQUENCER,
            [11_000_000; 3],
        ),
    ];
    let mut log = log(vec![first, second], vec![ring()]);
    log.messages = vec![vec![
        MessageTimes { filled: at(10_000_000), credit: Some(at(14_000_000)) },
        MessageTimes { filled: at(12_000_000), credit: None },
    ]];
    let stall = |op, reason, from, to| Stall { op, reason, from: at(from), to: at(to) };
    log.stalls = vec![
        stall(1, StallReason::Operand, 2_000_000, 6_000_000),
        stall(2, StallReason::Link, 8_250_001, 9_000_000),
        stall(4, StallReason::Message, 1_000_000, 10_999_999),
    ];
    log
}

/// A program without ops.
pub fn empty() -> OpLog {
    log(vec![Vec::new()], Vec::new())
}

/// One op that takes no time.
pub fn one_op() -> OpLog {
    log(vec![vec![(Op::Sync(SyncOp::Wait { on: [].into() }), UnitId::SEQUENCER, [0; 3])]], Vec::new())
}

fn at(fs: u64) -> SimTime {
    SimTime::from_fs(fs)
}

fn ring() -> Ring {
    Ring {
        producer: Rank(0),
        consumer: Rank(1),
        queue: 0,
        n_slots: 2,
        slot_bytes: 32,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    }
}

/// A log of these ranks, side by side on `tiny`.
pub fn log(ranks: Vec<Vec<Timed>>, rings: Vec<Ring>) -> OpLog {
    let mut entries = Entries::default();
    for (_, unit, [issue, start, done]) in ranks.iter().flatten() {
        entries.unit.push(*unit);
        entries.issue.push(at(*issue));
        entries.start.push(at(*start));
        entries.done.push(at(*done));
    }
    let n_ranks = ranks.len() as u32;
    let slots = Slots { space: Space::Tcm(Rank(1)), address: 0 };
    let peak = Peak { bytes: Bytes(96), slot_bytes: Bytes(64), holders: vec![], live_bound: Bytes(96) };
    let layout = Layout {
        buffers: vec![vec![64]; ranks.len()],
        rings: vec![slots; rings.len()],
        tensors: vec![0],
        peaks: vec![peak; ranks.len()],
    };
    OpLog {
        id: RunId::default(),
        machine: Machine::preset("tiny").expect("a preset"),
        placement: (0..n_ranks).map(PeId).collect(),
        layout: Arc::new(layout),
        messages: vec![Vec::new(); rings.len()],
        program: Arc::new(program(ranks.into_iter().map(rank).collect(), rings)),
        entries,
        stalls: Vec::new(),
    }
}

fn program(ranks: Vec<RankProgram>, rings: Vec<Ring>) -> Program {
    let tensor = Tensor {
        name: "t".to_owned(),
        home: Rank(0),
        shape: vec![4, 4],
        dtype: DType::F16,
        role: Role::Scratch,
    };
    Program {
        format: FORMAT,
        kernel: "sample".to_owned(),
        params: BTreeMap::new(),
        rank_axis: RankAxis::Pe,
        inputs: Vec::new(),
        outputs: Vec::new(),
        tensors: vec![tensor],
        rings,
        n_events: 0,
        ranks,
        files: vec!["sample.rs".to_owned()],
    }
}

/// A rank with a buffer (view 0), and what its ops name beside it (view 1).
fn rank(ops: Vec<Timed>) -> RankProgram {
    let ops: Vec<Op> = ops.into_iter().map(|(op, ..)| op).collect();
    let all = |base| View::packed(base, Dims::new(&[4, 4]), DType::F16);
    let loads = ops.iter().any(|op| matches!(op, Op::Move(MoveOp::Load { .. })));
    let slot = Base::Message(Message { ring: RingId(0), number: 0 });
    let other = if loads { Base::Tensor(TensorId(0)) } else { slot };
    let span = |name: &str, first, end| NamedSpan {
        name: name.to_owned(),
        first: OpIndex(first),
        end: OpIndex(end),
    };
    RankProgram {
        buffers: vec![Buffer { bytes: 32, at: None }],
        views: vec![all(Base::Buffer(BufferId(0))), all(other)],
        n_semaphores: 0,
        sources: (0..ops.len()).map(|n| Source { file: 0, line: 10 + n as u32, column: 5 }).collect(),
        spans: vec![span("all", 0, ops.len() as u32), span("inner", 1, 2)],
        ops,
    }
}
