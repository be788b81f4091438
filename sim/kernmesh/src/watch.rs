//! Progress reports of a simulation. Results do not depend on the watcher.

/// The steps of a command, in the order in which a run takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Reading arguments, machine and files.
    Starting,
    Recording,
    Verifying,
    /// Giving tiles their addresses.
    Planning,
    Timing,
    /// Finding who wrote what each op reads.
    TracingData,
    /// Digesting the log.
    Digesting,
    /// Adding up the times: bounds, critical path, units.
    Adding,
    /// Drawing inputs from the seed, or reading them.
    Drawing,
    /// Finding the write that each read means.
    Resolving,
    Computing,
    /// Looking for what nothing orders.
    Checking,
    /// Trying the repairs of what was found.
    Trying,
    /// Running ops on a device, and comparing.
    OnDevice,
    /// Computing the reference in f64.
    Oracle,
    /// Computing the reference in the kernel's own precision.
    Naive,
    Judging,
    /// Tracing wrong values back to inputs.
    Explaining,
    /// Replaying in another legal order.
    Reordering,
    Writing,
}

impl Step {
    /// Its key in `wall_s`. Resolving reads is a part of Phase 2.
    pub const fn key(self) -> &'static str {
        match self {
            Step::Starting => "start",
            Step::Recording => "record",
            Step::Verifying => "verify",
            Step::Planning => "plan",
            Step::Timing => "phase1",
            Step::TracingData => "dataflow",
            Step::Digesting => "digests",
            Step::Adding => "times",
            Step::Drawing => "inputs",
            Step::Resolving | Step::Computing => "phase2",
            Step::Checking => "hazards",
            Step::Trying => "repairs",
            Step::OnDevice => "device",
            Step::Oracle => "oracle",
            Step::Naive => "naive",
            Step::Judging => "judge",
            Step::Explaining => "provenance",
            Step::Reordering => "order",
            Step::Writing => "write",
        }
    }
}

/// Progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    /// Ops done.
    pub done: u64,
    /// Ops there are; 0 when the step is not counted in ops.
    pub of: u64,
}

impl Progress {
    pub fn at(step: Step) -> Progress {
        Progress { step, done: 0, of: 0 }
    }
}

/// Hears how far a run is, now and then.
pub type Watch<'a> = &'a dyn Fn(Progress);

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use machine::Machine;

    use super::*;
    use crate::judge::Judged;
    use crate::simulate::{Tensors, compute_watched, time_watched};

    #[test]
    fn a_run_says_every_step_in_order_and_ends_at_all_ops() {
        let recorded = kernels::find("gemm").unwrap().record(&Default::default()).unwrap();
        let said = RefCell::new(Vec::new());
        let watch = |progress| said.borrow_mut().push(progress);
        let machine = Machine::preset("tiny").unwrap();
        let timed = time_watched(recorded.program, &machine, 0, &watch).unwrap();
        let judged = Judged::by_default(recorded.reference.as_ref());
        compute_watched(&timed, judged, &Tensors::default(), replay::Options::default(), &watch).unwrap();
        let said = said.into_inner();
        let mut steps: Vec<Step> = said.iter().map(|progress| progress.step).collect();
        steps.dedup();
        let timing = [Step::Verifying, Step::Planning, Step::Timing, Step::TracingData, Step::Digesting];
        let replay = [
            Step::Checking,
            Step::Drawing,
            Step::Resolving,
            Step::Computing,
            Step::Oracle,
            Step::Naive,
            Step::Judging,
            Step::Trying,
        ];
        assert_eq!(steps, [&timing[..], &replay].concat());
        for step in [Step::Timing, Step::Computing] {
            let of_step: Vec<&Progress> = said.iter().filter(|progress| progress.step == step).collect();
            assert!(of_step.windows(2).all(|pair| pair[0].done <= pair[1].done), "{of_step:?}");
            let last = of_step.last().unwrap();
            assert!(last.of > 0 && last.done == last.of, "{last:?}");
        }
    }
}
