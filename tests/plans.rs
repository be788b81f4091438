//! Plans: what a log asks of virtual devices, in an order that nobody but the plan gives.

use std::num::NonZeroU32;

use corpus::Form;
use diagnostic::Code;
use gpu::cpu::{Memory, memory};
use gpu::plan::{CommandBuffer, Contents, Moment, Plan, PlanError, outputs};
use gpu::{Cpu, Device};
use hazard::Hazards;
use kernmesh::{Timed, time};
use machine::{Machine, QueueModel};
use oplog::{OpLog, RunId};
use order::Dataflow;
use program::tl::{Recording, Tl};
use program::{DType, Program};
use replay::{HostValues, inputs};
use verify::verify;

use crate::harness::{computing, record};
use crate::random::{self, Random};

const GEMM: &str = "gemm ranks=4 m=33 n=29 k=41";
const CAUSAL: &str = "mesh_kv ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 causal=true";

fn log(program: Program) -> OpLog {
    let timed: Timed = time(program, &Machine::preset("sip").expect("a preset"), 7).expect("a run");
    timed.log
}

/// The bits that the definition gives.
fn meant(log: &OpLog, given: &HostValues) -> HostValues {
    let replayed = replay::run(log, given, replay::Options::default()).expect("values");
    replayed.outputs.expect("outputs")
}

fn hazards(plan: &Plan, like: &Program, model: QueueModel, tracked: bool) -> Hazards {
    let machine = plan.machine(model).and_then(|machine| machine.with_tracked(tracked)).expect("a machine");
    let verified = verify(plan.as_program(like), &machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    let log = timing::run(&verified, RunId::default()).expect("a run that ends");
    hazard::check(&log, &Dataflow::of(&log.program), &verified.dependencies, hazard::Options::default())
}

/// Every plan of a log: on one device, on two, and on one for each rank.
fn plans(log: &OpLog) -> Vec<Plan> {
    let ranks = log.program.n_ranks();
    let mut devices = vec![1, 2.min(ranks), ranks];
    devices.dedup();
    devices
        .into_iter()
        .map(|devices| Plan::of(log, &Dataflow::of(&log.program), devices).expect("a plan"))
        .collect()
}

/// A plan's outputs on the CPU, its command buffers run in some order that their waits allow.
fn in_some_order(plan: &Plan, contents: &Contents, seed: u64) -> Vec<Vec<u8>> {
    let (cpu, mut random) = (Cpu::default(), Random::seeded(seed));
    let mut memory: Memory = memory(plan, contents).expect("contents");
    let mut reached = vec![0; plan.n_devices as usize];
    let mut left: Vec<&CommandBuffer> = plan.command_buffers.iter().collect();
    while !left.is_empty() {
        let over = |moment: &Moment| reached[moment.device.index()] >= moment.value.get();
        let ready: Vec<usize> = (0..left.len()).filter(|&at| left[at].waits.iter().all(over)).collect();
        let next = left.remove(ready[random.below(ready.len() as u32) as usize]);
        cpu.submit(next, &mut memory).expect("values");
        reached[next.device.index()] = next.signals.get();
    }
    plan.reads.iter().map(|read| memory[read.buffer.index()].clone()).collect()
}

fn check(program: Program) {
    check_log(&log(program));
}

fn check_log(log: &OpLog) {
    let given = inputs::seeded(&log.program, log.id.seed);
    let contents = Contents::of(&log.program, &given).expect("contents");
    let meant = meant(log, &given);
    for plan in plans(log) {
        let run = Cpu::default().run(&plan, &contents).expect("values");
        assert_eq!(outputs(&log.program, &run).expect("outputs"), meant, "{} devices", plan.n_devices);
        for seed in 0..3 {
            let run = in_some_order(&plan, &contents, seed);
            assert_eq!(
                outputs(&log.program, &run).expect("outputs"),
                meant,
                "{} devices, {seed}",
                plan.n_devices
            );
        }
        for model in [QueueModel::Serial, QueueModel::Overlap] {
            for tracked in [true, false] {
                assert_eq!(
                    hazards(&plan, &log.program, model, tracked).findings,
                    [],
                    "{} devices",
                    plan.n_devices
                );
            }
        }
    }
}

#[test]
fn the_plan_of_a_kernel_is_safe_and_gives_the_bits_that_are_meant() {
    for words in computing() {
        println!("{words}");
        check(record(words).program);
    }
}

#[test]
fn so_does_the_plan_of_any_right_program() {
    for seed in 0..100 {
        println!("seed {seed}");
        check(random::program(seed));
    }
}

/// Three devices write, write over and read one tensor, ordered by the values of one event alone.
fn on_one_timeline() -> Program {
    let mut recording = Recording::new("one_timeline", 3);
    let y = recording.output("y", [4, 8], DType::F32);
    let shared = recording.scratch("shared", 0, [4, 8], DType::F32);
    let taken = recording.output_share(y, 2, [0, 0], [4, 8]);
    let done = recording.event();
    let recorded = recording.record(|tl: &mut Tl| {
        let value = |n| NonZeroU32::new(n).expect("values count from 1");
        let rank = tl.rank();
        if rank > 0 {
            tl.event_wait(done, value(rank));
        }
        if rank < 2 {
            let made = tl.full([4, 8], DType::F32, rank as f32);
            tl.store(made, tl.tensor(shared));
        } else {
            let found = tl.load(tl.tensor(shared));
            tl.store(found, tl.tensor(taken));
        }
        tl.event_signal(done, value(rank + 1));
        tl.commit();
    });
    recorded.expect("a program")
}

/// The order of the data flow is coarser than that of events and credits; a plan goes by the finer one.
#[test]
fn what_only_events_order_has_a_plan() {
    for model in [QueueModel::Serial, QueueModel::Overlap] {
        let machine = Machine::preset("metal4").and_then(|it| it.with_queue_model(model)).expect("a machine");
        check_log(&time(on_one_timeline(), &machine, 0).expect("a run").log);
    }
}

/// Every repaired bug is right on its own machine, with command buffers, copies of the host and slots released
/// early among them; so is its plan.
#[test]
fn the_plan_of_every_repaired_bug_is_right() {
    let mut planned = 0;
    for bug in corpus::bugs() {
        let recorded = bug.record(Form::Repaired);
        if recorded.program.is_timing_only() || recorded.program.outputs.is_empty() {
            continue;
        }
        println!("{}", bug.name);
        let machine = Machine::new(recorded.machine.expect("a bug has its machine")).expect("a machine");
        check_log(&time(recorded.program, &machine, 0).expect("a run").log);
        planned += 1;
    }
    assert!(planned > 50, "only {planned} bugs");
}

/// None is there for nothing: without it something is a race, or a wait for a device's own past, which a queue
/// that runs one command buffer at a time does not need.
#[test]
fn every_wait_of_a_plan_is_needed() {
    let log = log(record(CAUSAL).program);
    let plan = Plan::of(&log, &Dataflow::of(&log.program), 4).expect("a plan");
    let mut needed = 0;
    for at in 0..plan.command_buffers.len() {
        for wait in 0..plan.command_buffers[at].waits.len() {
            let mut broken = plan.clone();
            let taken = broken.command_buffers[at].waits.remove(wait);
            let findings = hazards(&broken, &log.program, QueueModel::Overlap, false).findings;
            let races = findings
                .iter()
                .filter(|finding| matches!(finding.code, Code::RaceRaw | Code::RaceWar | Code::RaceWaw));
            let own = taken.device == broken.command_buffers[at].device;
            assert!(races.count() > 0 || own, "command_buffer {at} need not wait for {taken:?}");
            needed += 1;
        }
    }
    assert!(needed > 20, "only {needed} waits");
}

#[test]
fn what_has_no_plan_is_refused_with_what_to_do() {
    let log = log(record(GEMM).program);
    for (devices, said) in
        [(0, "0 devices for 4 ranks: ask for 1 to 4"), (5, "5 devices for 4 ranks: ask for 1 to 4")]
    {
        assert_eq!(
            Plan::of(&log, &Dataflow::of(&log.program), devices).expect_err("no plan").to_string(),
            said
        );
    }
    let timing_only = self::log(record("ring_model").program);
    assert!(matches!(
        Plan::of(&timing_only, &Dataflow::of(&timing_only.program), 1),
        Err(PlanError::TimingOnly(_))
    ));
}
