//! Kernels on devices that run shaders: Vulkan, by lavapipe in CI, and the MSL that a Mac would compile. A device
//! that is not here fails these tests; none is skipped.

use gpu::msl_cpu::{Checks, MslCpu};
use gpu::op_by_op::op_by_op;
use gpu::plan::{Contents, Plan};
use gpu::vulkan::{self, Vulkan};
use gpu::{Cpu, Device};
use kernels::{Use, cases};
use kernmesh::check::{Checked, Options, check_words};
use kernmesh::time;
use machine::Machine;
use order::Dataflow;
use program::op::UnaryFn;
use program::{ComputeOp, Op};
use replay::inputs;

use crate::harness::record;

/// With an exponential.
const DECODE: &str = "mesh_mlo ranks=5 heads=6 kv_heads=2 head_dim=16 kv_len=53 kv_block=8";

fn vulkan() -> Vulkan {
    Vulkan::open(&vulkan::Options::default()).unwrap_or_else(|missing| panic!("{missing}"))
}

fn msl_cpu(folder: &tempfile::TempDir) -> MslCpu {
    MslCpu::new(folder.path(), Checks::None).unwrap_or_else(|missing| panic!("{missing}"))
}

/// Every kernel, op by op and from end to end, with faults that must be rejected.
fn check(name: &'static str, device: &dyn Device) -> Vec<Checked> {
    let options = Options { devices: None, faults: true, seed: 3, memory: u64::MAX };
    let checked = |words: &'static str| {
        let checked =
            check_words(words, name, device, options).unwrap_or_else(|error| panic!("{words}: {error}"));
        assert!(checked.passed(), "{words}: {checked:#?}");
        checked
    };
    cases(&[Use::Backend]).map(checked).collect()
}

/// How many kernels had a place for a fault.
fn planted(checked: &[Checked], fault: &str) -> usize {
    checked.iter().filter(|checked| checked.faults.iter().any(|planted| planted.fault == fault)).count()
}

#[test]
fn every_kernel_is_right_on_vulkan() {
    let checked = check("vulkan", &vulkan());
    // None of the faults is rejected for want of a place to plant it.
    for (fault, at_least) in [
        ("dropped_correction", 8),
        ("skipped_shard", 14),
        ("wrong_group", 5),
        ("f16_accumulation", 12),
        ("value_0_event", 14),
    ] {
        assert!(planted(&checked, fault) >= at_least, "{fault}: {}", planted(&checked, fault));
    }
}

/// The same polynomial with the same `fma`: not one bit may differ.
#[test]
fn every_kernel_has_the_bits_of_the_cpu_in_the_msl_that_a_mac_would_compile() {
    let folder = tempfile::tempdir().expect("a folder");
    for checked in check("msl-cpu", &msl_cpu(&folder)) {
        assert_eq!((checked.per_op.worst_ulp, checked.end_to_end.differing_share), (0, 0.0), "{checked:#?}");
    }
}

struct Planned {
    plan: Plan,
    contents: Contents,
}

fn planned(words: &str, devices: u32) -> Planned {
    let machine = Machine::preset("sip").expect("a preset");
    let log = time(record(words).program, &machine, 5).expect("a run").log;
    let given = inputs::seeded(&log.program, log.id.seed);
    let contents = Contents::of(&log.program, &given).expect("contents");
    Planned { plan: Plan::of(&log, &Dataflow::of(&log.program), devices).expect("a plan"), contents }
}

#[test]
fn twenty_runs_of_a_plan_give_equal_bits() {
    let device = vulkan();
    let Planned { plan, contents } = planned(DECODE, 5);
    let first = device.run(&plan, &contents).expect("values");
    for _ in 1..20 {
        assert_eq!(device.run(&plan, &contents).expect("values"), first);
    }
}

/// The canary of op by op: the first wrong pass is named, and it alone.
#[test]
fn a_wrong_pass_is_named() {
    let Planned { plan, contents } = planned(DECODE, 2);
    let mut wrong = plan.clone();
    let passes = || plan.command_buffers.iter().flat_map(|buffer| &buffer.passes);
    let at = passes()
        .position(|pass| matches!(pass.op, Op::Compute(ComputeOp::Unary { f: UnaryFn::Exp, .. })))
        .expect("an exp");
    let of = passes().nth(at).expect("the exp").of.expect("it is part of an op");
    let all = wrong.command_buffers.iter_mut().flat_map(|buffer| &mut buffer.passes);
    let pass = all.into_iter().nth(at).expect("the exp");
    let Op::Compute(ComputeOp::Unary { x, to, .. }) = pass.op else { unreachable!("it is an exp") };
    pass.op = Op::Compute(ComputeOp::Unary { f: UnaryFn::Cast, x, to });
    let found = gpu::op_by_op::against(&Cpu::default(), &wrong, &plan, &contents).expect("values");
    assert_eq!(found.failed, 1, "{found:#?}");
    let named = found.failures.first().expect("a failure");
    assert_eq!((named.rank, named.index), (Some(of.0.0), Some(of.1.0)));
    assert_eq!(op_by_op(&Cpu::default(), &plan, &contents).expect("values").failed, 0);
}
