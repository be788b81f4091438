use std::process::Command;

use super::*;
use crate::agreement::trials;
use crate::tolerance::Allowance;

/// One program for all tests and runs.
fn device(checks: Checks) -> MslCpu {
    MslCpu::new(&std::env::temp_dir(), checks).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_trial_gives_the_bits_of_the_cpu() {
    let device = device(Checks::None);
    for trial in trials() {
        trial.check(&device);
    }
}

/// A device that flips a bit of what another says.
struct Liar<'a>(&'a MslCpu, usize);

impl Device for Liar<'_> {
    fn adapter(&self) -> &Adapter {
        self.0.adapter()
    }
    fn allowance(&self) -> Allowance {
        Allowance::NONE
    }
    fn run(&self, plan: &Plan, contents: &Contents) -> Result<Vec<Vec<u8>>, DeviceError> {
        let mut reads = self.0.run(plan, contents)?;
        reads[0][self.1] ^= 0x10;
        Ok(reads)
    }
}

#[test]
fn a_trial_sees_one_flipped_bit() {
    let device = device(Checks::None);
    // The first result begins after a word that is not part of it.
    let trial = trials().remove(0).thinned(1000);
    assert_eq!(trial.differences(&Liar(&device, 4)).len(), 1);
    assert!(trial.differences(&device).is_empty());
}

#[test]
fn no_shader_leaves_its_buffers_or_what_is_defined() {
    let device = device(Checks::Sanitized);
    // One pass in 11 of every trial is every family on every dtype still.
    for trial in trials() {
        trial.thinned(11).check(&device);
    }
}

#[test]
fn an_address_beyond_a_buffer_is_a_fault_and_the_next_plan_runs() {
    let device = device(Checks::Sanitized);
    let (mut plan, contents) = trials().remove(0).thinned(1000).plan();
    let good = device.run(&plan, &contents).expect("a plan that runs");
    let beyond = plan.buffers[1].bytes.next_multiple_of(16);
    plan.command_buffers[0].passes[0].views[1].offset = beyond;
    let refused = device.run(&plan, &contents).expect_err("bounds are checked").to_string();
    assert!(refused.contains("of `outputs`, which has"), "{refused}");
    // As if nobody had checked.
    let request = wire::request(&plan, &contents).expect("a request");
    let mut child = Child::start(&device.program).expect("a child");
    let fault = child.ask(&request, &[good[0].len()]).expect_err("a fault").to_string();
    assert!(fault.contains("it ended with") && fault.contains("heap-buffer-overflow"), "{fault}");
    let (plan, contents) = trials().remove(0).thinned(1000).plan();
    assert_eq!(device.run(&plan, &contents).expect("another plan"), good);
}

#[test]
fn without_a_compiler_the_error_says_what_to_install() {
    let error = compiler::run(&mut Command::new("no-such-compiler")).expect_err("nothing to run").to_string();
    assert!(error.contains("C++ compiler") && error.ends_with("install g++"), "{error}");
}
