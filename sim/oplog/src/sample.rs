//! Small programs and logs for the tests of this crate, and of those that read logs.

use std::sync::Arc;

use machine::{Bytes, Machine, PeId, SimTime};
use oplog::{Entries, MessageTimes, OpLog, RunId, Stall, StallReason, UnitId};
use program::layout::{Peak, Slots};
use program::op::{BinaryFn, BusyUnit, CompareFn, Constant, ReduceFn, SemaphoreId, UnaryFn};
use program::program::Ring;
use program::{
    DType, EventId, Layout, Message, Op, OpIndex, Operand, Program, Rank, RankProgram, Reduction, Space,
    UnitKind, ViewId,
};

#[path = "../../order/src/sample.rs"]
mod programs;
pub use programs::*;

/// One op of every kind; its references lead nowhere.
pub fn every_op() -> Vec<Op> {
    let v = ViewId;
    let (x, c) = (Operand::View(v(7)), Operand::Constant(Constant::of(-0.5)));
    let inf = Operand::Constant(Constant::of(f32::NEG_INFINITY));
    vec![
        Op::Load { from: v(1), to: v(2) },
        Op::Store { from: v(3), to: v(2) },
        Op::Copy { from: v(0), to: v(u32::MAX) },
        Op::Dot { a: v(1), b: v(2), c: v(3), accumulate: true, acc: DType::F32 },
        Op::Dot { a: v(1), b: v(2), c: v(3), accumulate: false, acc: DType::F16 },
        Op::Unary { f: UnaryFn::Exp, x: v(4), to: v(5) },
        Op::Binary { f: BinaryFn::Maximum, x, y: x, to: v(9) },
        Op::Binary { f: BinaryFn::Sub, x: c, y: x, to: v(9) },
        Op::Binary { f: BinaryFn::Div, x, y: inf, to: v(9) },
        Op::Compare { f: CompareFn::Ge, x: c, y: c, to: v(9) },
        Op::Where { mask: v(1), x, y: c, to: v(6) },
        Op::Where { mask: v(1), x: c, y: x, to: v(6) },
        Op::Reduce { f: ReduceFn::Max, axis: 3, x: v(1), to: v(2), acc: DType::I32, wrap: true },
        Op::Fill { value: Constant::of(f32::NAN), to: v(3) },
        Op::Iota { axis: 1, start: -5, step: i32::MIN, to: v(3) },
        Op::Send { message: message(3, 70), from: v(1) },
        Op::Forward { message: message(0, 0), from: v(1) },
        Op::Recv { message: message(1, u32::MAX), view: v(1) },
        Op::RecvAsync { message: message(1, 2), view: v(1) },
        Op::RecvCopy { message: message(1, 2), view: v(1), to: v(2) },
        Op::Multicast { messages: [message(3, 71), message(4, 0)].into(), from: v(1) },
        Op::RecvReduce(Box::new(Reduction {
            f: ReduceFn::Max,
            acc: DType::F32,
            messages: [message(1, 3), message(2, 3)].into(),
            views: [v(1), v(3)].into(),
            x: v(2),
            to: v(2),
        })),
        Op::Release { message: message(1, 2), after: [].into() },
        Op::Release { message: message(1, 3), after: [OpIndex(2), OpIndex(4)].into() },
        Op::Wait { on: [OpIndex(1), OpIndex(5)].into() },
        Op::Wait { on: [].into() },
        Op::Barrier { number: 4 },
        Op::Signal { semaphore: SemaphoreId(1), to: Rank(2), amount: 3, after: [OpIndex(9)].into() },
        Op::WaitGe { semaphore: SemaphoreId(0), value: 8 },
        Op::Busy { unit: BusyUnit::Math, cycles: 1 << 40 },
        Op::Contribute { view: v(1), key: 77 },
        Op::Expect { view: v(1), keys: [1, 2, 77].into() },
        Op::Commit {},
        Op::EventSignal { event: EventId(3), value: 0 },
        Op::EventWait { event: EventId(0), value: u32::MAX },
        Op::HostCopy { from: v(1), to: v(2) },
    ]
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
        let holds = matches!(op, Op::Recv { .. } | Op::Wait { .. } | Op::Barrier { .. } | Op::WaitGe { .. });
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
