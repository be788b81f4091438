//! Small programs and logs for the tests of this crate, and of those that read logs.

use std::sync::Arc;

use machine::{Bytes, Machine, PeId, Random, SimTime};
use order::{Cause, Dependencies, Event, EventGraph, Phase};
use program::layout::{Peak, Slots};
use program::program::Ring;
use program::{Layout, Op, Program, RankProgram, RecvOp, Space, SyncOp, UnitKind};

use oplog::{Entries, MessageTimes, OpLog, RunId, Stall, StallReason, Times, UnitId};

#[path = "../../order/src/sample.rs"]
mod programs;
pub use programs::*;

/// Ops of every kind, as their numbers make them: each number in turn takes every small value, which is every value
/// of an enum, and the bits of unusual floats. Their references lead nowhere.
pub fn every_op() -> Vec<Op> {
    let floats = [0.0, -0.0, -0.5, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    // As a constant alone, and as an operand.
    let bits = floats.map(|value| u64::from(value.to_bits())).into_iter().flat_map(|bits| [bits, bits + 1]);
    let values: Vec<u64> = (0..32).chain(bits).chain([u64::from(u32::MAX), 1 << 40]).collect();
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

/// A log of a program with times that may be: each op after the one before it, and after what it waits for. When that
/// comes depends on the ops, so the times are drawn until they settle.
pub fn log(program: Program, seed: u64) -> OpLog {
    let program = Arc::new(program);
    let n_ops = program.n_ops();
    let mut log = draw(&program, seed, &vec![0; n_ops]);
    for _ in 0..n_ops {
        log = draw(&program, seed, &earliest(&log));
    }
    log
}

/// A log whose ops the sequencers reach no earlier than in these cycles.
fn draw(program: &Arc<Program>, seed: u64, earliest: &[u64]) -> OpLog {
    let machine = Machine::preset("tiny").expect("a preset is a machine");
    let mut random = Random::seeded(seed);
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
    let mut earliest = earliest.iter();
    for rank in &program.ranks {
        let mut at = 0;
        for op in &rank.ops {
            let bound = earliest.next().copied().unwrap_or_default();
            at = add_entry(&mut log, op, at.max(bound), &mut random);
        }
    }
    log.messages = messages(&log, &mut random);
    log
}

/// By op: the cycle in which all that it waits for has come in a log.
fn earliest(log: &OpLog) -> Vec<u64> {
    let dependencies = Dependencies::find(&log.program, &log.layout, &log.machine);
    let graph = EventGraph::of(&log.program, &log.machine, &dependencies);
    let times = Times { log, graph: &graph };
    let bound = |op: u32| {
        let mut latest = 0;
        for phase in [Phase::Issue, Phase::Start, Phase::End] {
            graph.causes_of(Event { op, phase }, graph.op(op), &mut |cause| match cause {
                Cause::Event(cause, _) if cause.op != op => {
                    latest = latest.max(times.of(cause).fs() / 1_000_000);
                }
                Cause::Event(..) | Cause::Semaphore { .. } | Cause::Shared { .. } => {}
            });
        }
        latest
    };
    (0..graph.n_ops() as u32).map(bound).collect()
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
                | Op::Sync(
                    SyncOp::Wait { .. }
                        | SyncOp::Barrier { .. }
                        | SyncOp::WaitGe { .. }
                        | SyncOp::WaitUntil { .. }
                        | SyncOp::SemaphoreSet { .. }
                )
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
    for ((rank, index), done) in log.ops().zip(&log.entries.done) {
        for message in log.program.op(rank, index).sends() {
            let filled = SimTime::from_fs(done.fs() + random.below(9) * 1_000_000);
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
