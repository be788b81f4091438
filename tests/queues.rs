//! Command queues from program to outputs: random programs that are correct by construction, and what events do to
//! the values that another device reads.

use std::num::NonZeroU32;

use diagnostic::Code;
use machine::{Machine, QueueModel, SimTime};
use oplog::{OpLog, RunId, StallReason};
use program::op::{BusyUnit, Stage};
use program::tl::{Handle, Recording, SharedEvent, Tile, Tl};
use program::{DType, Op, OpIndex, Program, QueueOp, Rank, TensorId, command_buffers};
use replay::Options;
use verify::Verified;

use crate::random::Random;
use crate::{roundtrip, timelines};

const RANKS: u32 = 4;

/// One thing a device encodes.
#[derive(Clone, Copy, Debug)]
enum Action {
    Busy(BusyUnit, u32),
    Fill(u32),
    Copy(u32, u32),
    Load(u32),
    Store(u32),
    /// For the newest value that this rank has signalled so far; for none if it has not.
    Wait(u32),
    Signal,
}

/// A buffer of one rank, and what its host does after the commit. Buffers wait only for those of earlier steps.
#[derive(Clone, Debug)]
struct Step {
    rank: u32,
    actions: Vec<Action>,
    host: u32,
}

fn steps(random: &mut Random) -> Vec<Step> {
    let action = |random: &mut Random| match random.below(9) {
        0 => Action::Busy(BusyUnit::Math, 1 + random.below(4000)),
        1 => Action::Busy(BusyUnit::Gemm, random.below(4000)),
        2 => Action::Fill(random.below(3)),
        3 => Action::Copy(random.below(3), random.below(3)),
        4 => Action::Load(random.below(3)),
        5 => Action::Store(random.below(3)),
        6 => Action::Signal,
        _ => Action::Wait(random.below(RANKS)),
    };
    let step = |random: &mut Random| Step {
        rank: random.below(RANKS),
        actions: (0..random.below(7)).map(|_| action(random)).collect(),
        host: random.below(6),
    };
    (0..3 + random.below(20)).map(|_| step(random)).collect()
}

/// By step and action: the value signalled, or waited for.
fn values(steps: &[Step]) -> Vec<Vec<u32>> {
    let mut signalled = [0; RANKS as usize];
    let mut of_step = |step: &Step| {
        let before = signalled;
        let mut of_action = |action: &Action| match *action {
            Action::Signal => {
                signalled[step.rank as usize] += 1;
                signalled[step.rank as usize]
            }
            Action::Wait(on) => before[on as usize],
            Action::Busy(..) | Action::Fill(_) | Action::Copy(..) | Action::Load(_) | Action::Store(_) => 0,
        };
        step.actions.iter().map(&mut of_action).collect()
    };
    steps.iter().map(&mut of_step).collect()
}

/// What a device has.
struct Device<'a> {
    tiles: Vec<Tile>,
    tensors: &'a [TensorId],
    events: &'a [SharedEvent],
    commits: Vec<Handle>,
}

impl Device<'_> {
    fn encode(&self, tl: &mut Tl, action: Action, value: u32) {
        let tile = |at: u32| self.tiles[at as usize];
        let tensor = tl.tensor(self.tensors[0]);
        match action {
            Action::Busy(unit, cycles) => _ = tl.busy(unit, u64::from(cycles)),
            Action::Fill(at) => _ = tl.to(tile(at)).fill(2.0),
            Action::Copy(from, to) if from != to => _ = tl.copy(tile(from), tile(to)),
            Action::Copy(..) => {}
            Action::Load(to) => _ = tl.load_into(tensor, tile(to)),
            Action::Store(from) => _ = tl.store(tile(from), tensor),
            Action::Signal => {
                let value = NonZeroU32::new(value).expect("signals count from 1");
                tl.event_signal(self.events[tl.rank() as usize], value);
            }
            Action::Wait(on) => {
                if let Some(value) = NonZeroU32::new(value) {
                    tl.event_wait(self.events[on as usize], value);
                }
            }
        }
    }
    fn host(&self, tl: &mut Tl, what: u32) {
        match what {
            0 => tl.wait(&self.commits),
            1 => tl.wait(&self.commits[self.commits.len() - 1..]),
            2 => tl.host_copy(tl.tensor(self.tensors[1]), tl.tensor(self.tensors[2])),
            _ => {}
        }
    }
}

/// A program of four devices that finishes under every model.
pub fn program(seed: u64) -> Program {
    let mut random = Random::seeded(seed);
    let steps = steps(&mut random);
    let values = values(&steps);
    let mut recording = Recording::new("queues", RANKS);
    let events: Vec<_> = (0..RANKS).map(|_| recording.event()).collect();
    let tensors: Vec<Vec<_>> = (0..RANKS)
        .map(|rank| (0..3).map(|_| recording.scratch("s", rank, [32, 32], DType::F32)).collect())
        .collect();
    let recorded = recording.record(|tl: &mut Tl| {
        let rank = tl.rank();
        let tiles = (0..3).map(|_| tl.tile([32, 32], DType::F32)).collect();
        let mut device =
            Device { tiles, tensors: &tensors[rank as usize], events: &events, commits: Vec::new() };
        for (step, values) in steps.iter().zip(&values).filter(|(step, _)| step.rank == rank) {
            for (&action, &value) in step.actions.iter().zip(values) {
                device.encode(tl, action, value);
            }
            device.commits.push(tl.commit());
            device.host(tl, step.host);
        }
        tl.barrier();
    });
    recorded.expect("a random program is well formed")
}

/// The preset in all its models.
pub fn machines() -> Vec<Machine> {
    let metal = Machine::preset("metal4").expect("a preset");
    let both = [QueueModel::Serial, QueueModel::Overlap].into_iter();
    both.flat_map(|model| [true, false].map(|tracked| (model, tracked)))
        .map(|(model, tracked)| {
            let machine = metal.with_queue_model(model).expect("it has queues");
            machine.with_tracked(tracked).expect("it has queues")
        })
        .collect()
}

fn time(program: &Program, machine: &Machine) -> (Verified, OpLog) {
    let verified = verify::verify(program.clone(), machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    let log = timing::run(&verified, RunId::default()).expect("a run that ends");
    (verified, log)
}

/// The rules of the queues, on the times of a log.
struct Rules<'a> {
    verified: &'a Verified,
    log: &'a OpLog,
    firsts: Vec<usize>,
}

impl Rules<'_> {
    fn at(&self, rank: usize, op: OpIndex) -> usize {
        self.firsts[rank] + op.index()
    }
    fn check(&self) {
        for rank in 0..RANKS as usize {
            self.order(rank);
            self.units(rank);
        }
        for (global, (rank, op)) in self.log.ops().enumerate() {
            if self.log.program.op(rank, op).stage() == Stage::Pass {
                self.explained(rank, global);
                for &earlier in self.verified.dependencies.of(global) {
                    let done = self.log.entries.done[self.at(rank.index(), earlier)];
                    assert!(done <= self.log.entries.start[global], "{rank} {op} overlaps {earlier}");
                }
            }
        }
    }
    /// Ops of a buffer after its commit and one after another; buffers after one another where they are serial.
    fn order(&self, rank: usize) {
        let entries = &self.log.entries;
        let model = self.verified.machine.queue().expect("it has queues").model;
        let mut before = SimTime::ZERO;
        for buffer in command_buffers(&self.log.program.ranks[rank]) {
            let commit = self.at(rank, buffer.commit.expect("all are committed"));
            let mut at = entries.start[commit];
            if model == QueueModel::Serial {
                at = at.max(before);
            }
            for op in buffer.ops {
                let global = self.at(rank, op);
                assert!(entries.start[global] >= at, "rank{rank} {op} starts early");
                at = entries.done[global];
                if let Op::Queue(QueueOp::EventWait { event, value }) =
                    *self.log.program.op(Rank(rank as u32), op)
                {
                    let signals = self.log.ops().enumerate().filter(|&(_, (rank, op))| {
                        matches!(self.log.program.op(rank, op), Op::Queue(QueueOp::EventSignal { event: by, value: sent })
                            if *by == event && *sent >= value)
                    });
                    let first = signals.map(|(signal, _)| entries.done[signal]).min().expect("a signal");
                    assert_eq!(at, entries.start[global].max(first), "rank{rank} {op}");
                }
            }
            assert_eq!(entries.done[commit], at, "rank{rank}: a commit is done with its buffer");
            before = at;
        }
    }
    fn units(&self, rank: usize) {
        let entries = &self.log.entries;
        let mut busy: Vec<_> = (self.firsts[rank]..self.firsts[rank + 1])
            .filter(|&op| entries.unit[op].index() > 0)
            .map(|op| (entries.unit[op], entries.start[op], entries.done[op]))
            .collect();
        busy.sort_unstable();
        for pair in busy.windows(2) {
            assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "rank{rank}: {pair:?} at once");
        }
    }
    /// From its issue to its start a pass has reasons without a gap; then its unit has other passes.
    fn explained(&self, rank: Rank, op: usize) {
        use StallReason::{Commit, Event, Queue, Tracked};
        let entries = &self.log.entries;
        let mut at = entries.issue[op];
        for stall in
            self.log.stalls.iter().filter(|stall| stall.op as usize == op && stall.from < entries.start[op])
        {
            assert!([Commit, Queue, Event, Tracked].contains(&stall.reason) && stall.from == at, "{stall:?}");
            at = stall.to;
        }
        while at < entries.start[op] {
            let ops = self.firsts[rank.index()]..self.firsts[rank.index() + 1];
            let mut others = ops.filter(|&other| entries.unit[other] == entries.unit[op]);
            let running = others.find(|&other| entries.start[other] <= at && at < entries.done[other]);
            at =
                entries.done[running.unwrap_or_else(|| panic!("{rank} op {op} waits at {at:?} for nothing"))];
        }
    }
}

#[test]
fn random_queues_keep_their_rules_and_say_why_they_wait() {
    for seed in 0..150 {
        println!("seed {seed}");
        let program = program(seed);
        for machine in machines() {
            let name = format!("seed {seed} on {:?}", machine.queue());
            let (verified, log) = time(&program, &machine);
            Rules { verified: &verified, log: &log, firsts: log.first_ops() }.check();
            assert_eq!(oplog::check(&log).err(), None, "{name}");
            timelines::check(&log, &name);
        }
    }
}

#[test]
fn programs_and_logs_of_queues_read_back_equal() {
    for seed in 500..540 {
        println!("seed {seed}");
        let program = program(seed);
        assert_eq!(Program::from_json(&program.to_json()).as_ref(), Ok(&program), "seed {seed}");
        for machine in machines() {
            roundtrip::check(&time(&program, &machine).1, &format!("seed {seed}"));
        }
    }
}

/// How the consumer is made to come after the producer.
#[derive(Clone, Copy, PartialEq)]
enum Ordered {
    Not,
    /// The wait is in a buffer of its own.
    Apart,
    /// The wait heads the buffer of the consumer.
    Head,
}

/// Device 0 computes x and copies it for device 1, which reads it; after its host has waited, so does a host.
fn transfer(ordered: Ordered) -> Program {
    let mut recording = Recording::new("transfer", 2);
    let a = recording.input("a", [8], DType::F32);
    let y = recording.output("y", [8], DType::F32);
    let a0 = recording.input_share(a, 0, [0], [8]);
    let x0 = recording.scratch("x0", 0, [8], DType::F32);
    let x1 = recording.scratch("x1", 1, [8], DType::F32);
    let y1 = recording.scratch("y1", 1, [8], DType::F32);
    let y = recording.output_share(y, 1, [0], [8]);
    let copied = recording.event();
    let recorded = recording.record(|tl: &mut Tl| {
        if tl.rank() == 0 {
            let tile = tl.load(tl.tensor(a0));
            let twice = tl.add(tile, tile);
            tl.store(twice, tl.tensor(x0));
            tl.commit();
            let tile = tl.load(tl.tensor(x0));
            tl.store(tile, tl.tensor(x1));
            tl.event_signal(copied, NonZeroU32::MIN);
            tl.commit();
            return;
        }
        if ordered != Ordered::Not {
            tl.event_wait(copied, NonZeroU32::MIN);
        }
        if ordered == Ordered::Apart {
            tl.commit();
        }
        let tile = tl.load(tl.tensor(x1));
        let more = tl.add(tile, 1.0);
        tl.store(more, tl.tensor(y1));
        let all = tl.commit();
        tl.wait(&[all]);
        tl.host_copy(tl.tensor(y1), tl.tensor(y));
    });
    recorded.expect("a program")
}

#[test]
fn a_device_reads_what_another_made_when_the_wait_heads_its_buffer() {
    let overlap = Machine::preset("metal4").expect("a preset");
    let serial = overlap.with_queue_model(QueueModel::Serial).expect("it has queues");
    for (ordered, machine, clean) in [
        (Ordered::Not, &overlap, false),
        (Ordered::Not, &serial, false),
        (Ordered::Apart, &overlap, false),
        (Ordered::Apart, &serial, true),
        (Ordered::Head, &overlap, true),
        (Ordered::Head, &serial, true),
    ] {
        let (_, log) = time(&transfer(ordered), machine);
        let inputs = replay::inputs::seeded(&log.program, 1);
        let replayed = replay::run(&log, &inputs, Options::default()).expect("values");
        let kinds: Vec<Code> = replayed.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(kinds.is_empty(), clean, "{:?}", replayed.findings());
        if clean {
            let outputs = replayed.outputs.expect("the program has an output");
            let floats = |bytes: &[u8]| -> Vec<f32> {
                bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four"))).collect()
            };
            let expected: Vec<f32> = floats(&inputs["a"].bytes).iter().map(|a| a + a + 1.0).collect();
            assert_eq!(floats(&outputs["y"].bytes), expected);
        }
    }
}
