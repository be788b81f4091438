//! Progress reports of a simulation. Results do not depend on the watcher.

/// The steps of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Verifying,
    Timing,
    /// Digesting the log.
    Digesting,
    /// Drawing inputs from the seed.
    Drawing,
    /// Finding the write that each read means.
    Resolving,
    Computing,
    /// Looking for what nothing orders.
    Checking,
    /// Running ops on a device, and comparing.
    OnDevice,
    /// Computing the reference, twice, and comparing.
    Judging,
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
    use crate::simulate::{Tensors, compute_watched, time_watched};

    #[test]
    fn a_run_says_every_step_in_order_and_ends_at_all_ops() {
        let recorded = kernels::find("gemm").unwrap().record(&Default::default()).unwrap();
        let said = RefCell::new(Vec::new());
        let watch = |progress| said.borrow_mut().push(progress);
        let machine = Machine::preset("tiny").unwrap();
        let timed = time_watched(recorded.program, &machine, 0, &watch).unwrap();
        let reference = recorded.reference.as_ref();
        compute_watched(&timed, reference, &Tensors::default(), replay::Options::default(), &watch).unwrap();
        let said = said.into_inner();
        let mut steps: Vec<Step> = said.iter().map(|progress| progress.step).collect();
        steps.dedup();
        let timing = [Step::Verifying, Step::Timing, Step::Digesting];
        let replay = [Step::Drawing, Step::Resolving, Step::Computing, Step::Checking, Step::Judging];
        assert_eq!(steps, [&timing[..], &replay].concat());
        for step in [Step::Timing, Step::Computing] {
            let of_step: Vec<&Progress> = said.iter().filter(|progress| progress.step == step).collect();
            assert!(of_step.windows(2).all(|pair| pair[0].done <= pair[1].done), "{of_step:?}");
            let last = of_step.last().unwrap();
            assert!(last.of > 0 && last.done == last.of, "{last:?}");
        }
    }
}
