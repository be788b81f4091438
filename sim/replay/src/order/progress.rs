//! Progress of a legal order: the steps that are done, and those that are ready.

use std::collections::BTreeMap;

use program::op::Growth;
use program::{Op, QueueOp};

use super::steps::{Name, Step, Steps};

/// Progress of an order.
#[derive(Clone)]
pub struct Progress<'a> {
    pub steps: &'a Steps<'a>,
    /// By step: how much it still waits for.
    missing: Vec<u32>,
    happened: Vec<bool>,
    values: BTreeMap<Name, u32>,
}

impl<'a> Progress<'a> {
    pub fn new(steps: &'a Steps<'a>) -> Progress<'a> {
        let (missing, happened) = (steps.n_needs.clone(), vec![false; steps.n_needs.len()]);
        let mut progress = Progress { steps, missing, happened, values: BTreeMap::new() };
        for &(_, wait) in steps.waits.values().flatten().filter(|(value, _)| *value == 0) {
            progress.missing[wait.number()] -= 1;
        }
        progress
    }

    /// The steps that wait for nothing.
    pub fn first(&self) -> Vec<Step> {
        self.steps.all().filter(|step| self.missing[step.number()] == 0).collect()
    }
    pub fn has_happened(&self, step: Step) -> bool {
        self.happened[step.number()]
    }
    /// Whether a step waits for nothing any more.
    pub fn is_ready(&self, step: Step) -> bool {
        self.missing[step.number()] == 0
    }
    pub fn value(&self, name: Name) -> u32 {
        self.values.get(&name).copied().unwrap_or_default()
    }

    /// Performs a step; `ready` receives the steps that waited only for it.
    pub fn happen(&mut self, step: Step, mut ready: impl FnMut(Step)) {
        let number = step.number();
        assert!(self.missing[number] == 0 && !self.happened[number], "{step:?} happens out of turn");
        self.happened[number] = true;
        let mut met = |missing: &mut [u32], step: Step| {
            missing[step.number()] -= 1;
            if missing[step.number()] == 0 {
                ready(step);
            }
        };
        for after in self.steps.after(step) {
            met(&mut self.missing, after);
        }
        let Some(name) = self.steps.signalled(step) else { return };
        let value = self.values.entry(name).or_default();
        let before = *value;
        *value = signal(self.steps.what(step.op), before);
        for &(wanted, wait) in self.steps.waits.get(&name).into_iter().flatten() {
            if before < wanted && wanted <= *value {
                met(&mut self.missing, wait);
            }
        }
    }
}

/// A semaphore grows by what is signalled, an event to it.
fn signal(op: &Op, before: u32) -> u32 {
    if let Some(Growth { amount, .. }) = op.growth() {
        before.saturating_add(amount)
    } else if let Op::Queue(QueueOp::EventSignal { value, .. }) = op {
        before.max(*value)
    } else {
        before
    }
}
