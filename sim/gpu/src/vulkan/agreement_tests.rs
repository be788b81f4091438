//! The shaders on this computer's Vulkan device, against the CPU. Without a device these tests fail.

use program::op::UnaryFn;
use program::{ComputeOp, DType, Op, ViewId};

use super::{Options, Vulkan};
use crate::agreement::{Lies, Trial, trials};
use crate::device::Device;
use crate::tolerance::Allowance;

fn open() -> Vulkan {
    Vulkan::open(&Options::default()).expect("these tests need a Vulkan device")
}

#[test]
fn every_family_agrees_with_the_cpu_on_every_dtype() {
    let device = open();
    for trial in trials() {
        trial.check(&device);
    }
}

/// All of f16, and f32 so densely that every exponent has thousands.
#[test]
fn exp_is_off_by_no_more_than_its_bound() {
    let mut trial = Trial::new("exp");
    let sweep = |sign: u32| (0..0x4300_0000u32).step_by(2039).map(move |code| code | sign);
    let codes: Vec<u32> = sweep(0).chain(sweep(0x8000_0000)).collect();
    let halves: Vec<u32> = (0..=0xffff).collect();
    let op = Op::Compute(ComputeOp::Unary { f: UnaryFn::Exp, x: ViewId(0), to: ViewId(1) });
    for (from, codes) in [(DType::F16, &halves), (DType::F32, &codes)] {
        for to in [DType::F32, DType::F16] {
            let x = trial.line(from, codes);
            let to = trial.write(&x.shape, Lies::Packed, to);
            trial.pass(op.clone(), &[x, to]);
        }
    }
    for (_, found) in trial.agreements(&open()) {
        assert!(found.pass && found.worst_ulp <= u64::from(Allowance::VULKAN.exp_ulps), "{found:?}");
        // It differs in 75 of 1.1 million; a polynomial that merely comes near would differ in many.
        assert!(found.differing * 1000 < found.elements, "{found:?}");
    }
}

/// All of f16, and f32 so densely that every exponent has hundreds.
#[test]
fn functions_are_off_by_no_more_than_their_bounds() {
    let device = open();
    let codes: Vec<u32> = (0..=u32::MAX).step_by(16_381).collect();
    let halves: Vec<u32> = (0..=0xffff).collect();
    for f in UnaryFn::ALL.into_iter().filter(|f| !f.is_of_integers_alone()) {
        let mut trial = Trial::new(f.name());
        for (from, codes) in [(DType::F16, &halves), (DType::F32, &codes)] {
            let x = trial.line(from, codes);
            let to = trial.write(&x.shape, Lies::Packed, DType::F32);
            trial.pass(Op::Compute(ComputeOp::Unary { f, x: ViewId(0), to: ViewId(1) }), &[x, to]);
        }
        for (_, found) in trial.agreements(&device) {
            println!("{}: {} ulp, {} of {}", f.name(), found.worst_ulp, found.differing, found.elements);
            assert!(found.pass, "{}: {found:?}", f.name());
        }
    }
}

#[test]
fn twenty_runs_of_one_plan_give_equal_bits() {
    let device = open();
    for trial in trials() {
        let (mut plan, contents) = trial.plan();
        plan.command_buffers[0].passes.truncate(20);
        let first = device.run(&plan, &contents).expect("it runs");
        for run in 1..20 {
            assert!(device.run(&plan, &contents).expect("it runs") == first, "{}: run {run}", trial.name);
        }
    }
}
