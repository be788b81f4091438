//! Small programs and logs for the tests of this crate.

use std::collections::BTreeMap;
use std::sync::Arc;

use machine::{Bytes, Machine, PeId, RankAxis, SimTime};
use program::layout::{Peak, Slots};
use program::op::{BinaryFn, Constant, OpIndex};
use program::program::{Buffer, Flow, HostTensor, NamedSpan, Ring, Role, SlotPlace, Source, Tensor};
use program::{
    Base, BufferId, ComputeOp, DType, Dims, Layout, Message, MoveOp, Op, Operand, Program, Rank, RankProgram,
    RecvOp, RingId, SendOp, Space, SyncOp, TensorId, UnitKind, View, ViewId,
};

use crate::log::{Entries, MessageTimes, OpLog, RunId};
use crate::stall::{Stall, StallReason, UnitId};

/// A generator of numbers that look random: the same for the same seed, for ever.
pub struct Random(pub u64);

impl Random {
    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

pub fn message(ring: u32, number: u32) -> Message {
    Message { ring: RingId(ring), number }
}

/// Ops of every kind, as their numbers make them: each number in turn takes every small value, which is every value
/// of an enum, and the bits of unusual floats. Their references lead nowhere.
pub fn every_op() -> Vec<Op> {
    let floats = [0.0, -0.0, -0.5, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    // As a constant alone, and as an operand.
    let bits =
        floats.map(|value| u64::from(Constant::of(value).0)).into_iter().flat_map(|bits| [bits, bits + 1]);
    let values: Vec<u64> = (0..16).chain(bits).chain([u64::from(u32::MAX), 1 << 40]).collect();
    let mut ops = Vec::new();
    for code in 0..=u8::MAX {
        for (place, &value, rest) in places_values_rests(&values) {
            let mut numbers = (0..40).map(|at| if at == place { value } else { rest });
            let read = Op::of_numbers(code, &mut || numbers.next().ok_or("it ends too early".to_owned()));
            ops.extend(read.ok());
        }
    }
    ops
}

/// A place among the numbers of an op, what is there, and what is everywhere else.
fn places_values_rests(values: &[u64]) -> impl Iterator<Item = (usize, &u64, u64)> {
    let of_place = move |place| values.iter().flat_map(move |value| [0, 1].map(|rest| (place, value, rest)));
    (0..8).flat_map(of_place)
}

/// A buffer of 32 bytes that the planner places.
pub const TILE: Buffer = Buffer { bytes: 32, at: None };

/// All of a base of 32 bytes: 4 × 4 f16.
pub fn tile(base: Base) -> View {
    View::packed(base, Dims::new(&[4, 4]), DType::F16)
}
pub fn in_buffer(buffer: u32) -> View {
    tile(Base::Buffer(BufferId(buffer)))
}
pub fn in_tensor(tensor: u32) -> View {
    tile(Base::Tensor(TensorId(tensor)))
}
pub fn in_message(ring: u32, number: u32) -> View {
    tile(Base::Message(message(ring, number)))
}

pub fn host(name: &str) -> HostTensor {
    HostTensor { name: name.to_owned(), shape: vec![4, 4], dtype: DType::F16 }
}

pub fn tensor(home: u32, role: Role) -> Tensor {
    Tensor { name: format!("t of {home}"), home: Rank(home), shape: vec![4, 4], dtype: DType::F16, role }
}

pub fn ring(producer: u32, consumer: u32, n_slots: u32) -> Ring {
    Ring {
        producer: Rank(producer),
        consumer: Rank(consumer),
        queue: 0,
        n_slots,
        slot_bytes: 32,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    }
}

/// A program of these ranks with one input (tensor 0) and one output (tensor 1), both of rank 0.
pub fn program(ranks: Vec<RankProgram>, rings: Vec<Ring>) -> Program {
    Program {
        format: program::program::FORMAT,
        kernel: "sample".to_owned(),
        params: BTreeMap::from([("n".to_owned(), "2".to_owned())]),
        rank_axis: RankAxis::Pe,
        inputs: vec![host("q")],
        outputs: vec![host("out")],
        tensors: vec![
            tensor(0, Role::Input { of: 0, start: vec![0, 0] }),
            tensor(0, Role::Output { of: 0, start: vec![0, 0] }),
        ],
        rings,
        n_events: 0,
        ranks,
        files: vec!["kernels/sample.rs".to_owned()],
    }
}

/// A rank whose ops name views by their place in `views`, each op written on a line of its own.
pub fn rank(n_buffers: usize, views: Vec<View>, ops: Vec<Op>) -> RankProgram {
    let source = |line: usize| Source { file: 0, line: 10 + line as u32, column: 5 };
    RankProgram {
        buffers: vec![TILE; n_buffers],
        views,
        n_semaphores: 1,
        sources: (0..ops.len()).map(source).collect(),
        spans: vec![NamedSpan { name: "all".to_owned(), first: OpIndex(0), end: OpIndex(ops.len() as u32) }],
        ops,
    }
}

/// Rank 0 loads a tile, sends it twice and stores what comes back; rank 1 doubles what it receives.
pub fn exchange() -> Program {
    let v = ViewId;
    let sum = |x, y, to| {
        Op::Compute(ComputeOp::Binary {
            f: BinaryFn::Add,
            x: Operand::View(v(x)),
            y: Operand::View(v(y)),
            to: v(to),
        })
    };
    let first = rank(
        2,
        vec![in_tensor(0), in_buffer(0), in_message(1, 0), in_buffer(1), in_tensor(1)],
        vec![
            Op::Move(MoveOp::Load { from: v(0), to: v(1) }),
            Op::Send(SendOp::Send { message: message(0, 0), from: v(1) }),
            Op::Send(SendOp::Send { message: message(0, 1), from: v(1) }),
            Op::Recv(RecvOp::RecvCopy { message: message(1, 0), view: v(2), to: v(3) }),
            Op::Move(MoveOp::Store { from: v(3), to: v(4) }),
        ],
    );
    let second = rank(
        1,
        vec![in_message(0, 0), in_message(0, 1), in_buffer(0)],
        vec![
            Op::Recv(RecvOp::Recv { message: message(0, 0), view: v(0) }),
            Op::Recv(RecvOp::RecvAsync { message: message(0, 1), view: v(1) }),
            Op::Sync(SyncOp::Wait { on: [OpIndex(1)].into() }),
            sum(0, 1, 2),
            Op::Sync(SyncOp::Release { message: message(0, 0), after: [].into() }),
            Op::Sync(SyncOp::Release { message: message(0, 1), after: [].into() }),
            Op::Send(SendOp::Send { message: message(1, 0), from: v(2) }),
        ],
    );
    program(vec![first, second], vec![ring(0, 1, 2), ring(1, 0, 2)])
}

/// A log of a program with times that are legal in form: each op after the one before it, and receives after
/// their messages. When those arrive depends on the ops, so the times are drawn until they settle.
pub fn log(program: Program, seed: u64) -> OpLog {
    let program = Arc::new(program);
    let n_sends = program.ranks.iter().flat_map(|rank| &rank.ops).count();
    let first = draw(&program, seed, &vec![Vec::new(); program.rings.len()]);
    (0..n_sends).fold(first, |log, _| draw(&program, seed, &log.messages))
}

/// A log whose receives are no earlier than these messages.
fn draw(program: &Arc<Program>, seed: u64, arrivals: &[Vec<MessageTimes>]) -> OpLog {
    let machine = Machine::preset("tiny").expect("a preset is a machine");
    let mut random = Random(seed);
    let mut log = OpLog {
        id: RunId::seeded(42),
        placement: (0..program.n_ranks()).map(PeId).collect(),
        layout: Arc::new(layout(program)),
        messages: Vec::new(),
        entries: Entries::default(),
        stalls: Vec::new(),
        program: program.clone(),
        machine,
    };
    for rank in &program.ranks {
        let mut at = 0;
        for op in &rank.ops {
            at = add_entry(&mut log, op, at.max(arrival(op, arrivals)), &mut random);
        }
    }
    log.messages = messages(&log, &mut random);
    log
}

/// The cycle from which on the message that an op receives is there.
fn arrival(op: &Op, arrivals: &[Vec<MessageTimes>]) -> u64 {
    let times = |message: &Message| arrivals[message.ring.index()].get(message.number as usize);
    let filled = op.receives().iter().filter_map(times).map(|times| times.filled.fs() / 1_000_000);
    filled.max().unwrap_or(0)
}

/// Appends an op that the sequencer reaches at `at` cycles; returns when it lets go.
fn add_entry(log: &mut OpLog, op: &Op, at: u64, random: &mut Random) -> u64 {
    let time = |cycles: u64| SimTime::from_fs(cycles * 1_000_000);
    let number = log.entries.done.len() as u32;
    let mut stall = |reason, from, to| {
        if from < to {
            log.stalls.push(Stall { op: number, reason, from: time(from), to: time(to) });
        }
    };
    let [held, waited, worked] = [3, 4, 9].map(|n| random.below(n));
    let (issue, start, done, next) = if op.unit() == UnitKind::Sequencer {
        let holds = matches!(
            op,
            Op::Recv(RecvOp::Recv { .. })
                | Op::Sync(SyncOp::Wait { .. } | SyncOp::Barrier { .. } | SyncOp::WaitGe { .. })
        );
        if holds {
            stall(StallReason::Message, at, at + held);
        }
        (at, at, at + held, if holds { at + held + 1 } else { at + 1 })
    } else {
        stall(StallReason::Operand, at, at + held);
        let issue = at + held;
        let start = issue + waited;
        if op.unit() == UnitKind::Send {
            stall(StallReason::Credit, issue, start);
        }
        stall(StallReason::Link, start, start + worked / 2);
        // Units run one op at a time: the sequencer of this sample waits for each.
        (issue, start, start + worked, start + worked + 1)
    };
    let unit = match op.unit() {
        UnitKind::Sequencer => UnitId::SEQUENCER,
        UnitKind::Gemm => UnitId::GEMM,
        UnitKind::Math => UnitId::MATH,
        UnitKind::Send => UnitId::SEND,
        UnitKind::Recv => UnitId::RECV,
        UnitKind::Dma => UnitId::dma((number % log.machine.spec().pe.dma_channels) as u8),
    };
    log.entries.unit.push(unit);
    log.entries.issue.push(time(issue));
    log.entries.start.push(time(start));
    log.entries.done.push(time(done));
    next
}

fn messages(log: &OpLog, random: &mut Random) -> Vec<Vec<MessageTimes>> {
    let mut messages = vec![Vec::new(); log.program.rings.len()];
    for ((rank, index), start) in log.ops().zip(&log.entries.start) {
        for message in log.program.op(rank, index).sends() {
            let filled = SimTime::from_fs(start.fs() + random.below(9) * 1_000_000);
            let credit = SimTime::from_fs(filled.fs() + random.below(9) * 1_000_000);
            messages[message.ring.index()]
                .push(MessageTimes { filled, credit: (random.below(2) == 0).then_some(credit) });
        }
    }
    messages
}

/// Everything one after the other.
fn layout(program: &Program) -> Layout {
    let slots = |ring: &Ring| Slots { space: Space::Tcm(ring.consumer), address: 0 };
    let addresses =
        |rank: &RankProgram| (0..rank.buffers.len() as u64).map(|buffer| 128 + 32 * buffer).collect();
    let peak = Peak { bytes: Bytes(256), slot_bytes: Bytes(64), holders: vec![], live_bound: Bytes(200) };
    Layout {
        buffers: program.ranks.iter().map(addresses).collect(),
        rings: program.rings.iter().map(slots).collect(),
        tensors: (0..program.tensors.len() as u64).map(|tensor| 4096 * tensor).collect(),
        peaks: vec![peak; program.ranks.len()],
    }
}
