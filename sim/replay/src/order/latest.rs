//! The latest order: sequencers run ahead, and everything else happens only when one of them cannot go on
//! without it, of several things the newest first. This is a DMA that moves its bytes at the wait, and a unit that
//! reads at its end.

use std::collections::{BTreeMap, BTreeSet};

use program::{EventId, Op, QueueOp};

use super::progress::Progress;
use super::steps::{Moment, Name, Need, Step, Steps};

/// `earliest` is another legal order. Which of several signals a wait gets to see is taken from it, so that no wait is
/// held up by a signal that comes after it.
pub fn sequence(steps: &Steps<'_>, earliest: &[Step]) -> Vec<Step> {
    let mut latest = Latest::new(steps, raises(steps, earliest), signals(steps, earliest));
    latest.issue();
    let mut moved = true;
    while std::mem::take(&mut moved) {
        for rank in 0..steps.graph.program.ranks.len() {
            // A rank that can be helped on is, before the next one's ops are touched.
            while latest.demand(rank) {
                moved = true;
            }
        }
    }
    // The host waits for the rest.
    for op in steps.newest_first() {
        latest.force(Step { op, moment: Moment::End });
        if steps.exists(Step { op, moment: Moment::Arrive }) {
            latest.force(Step { op, moment: Moment::Arrive });
        }
    }
    latest.sequence
}

/// By event: the signals that raised it in an order, each with its value, ascending.
type Raises = BTreeMap<EventId, Vec<(u32, u32)>>;

fn raises(steps: &Steps<'_>, order: &[Step]) -> Raises {
    let mut raises = Raises::new();
    for step in order.iter().filter(|step| step.moment == Moment::End) {
        let Op::Queue(QueueOp::EventSignal { event, value }) = *steps.what(step.op) else { continue };
        let raised = raises.entry(event).or_default();
        if raised.last().is_none_or(|&(last, _)| last < value) {
            raised.push((value, step.op));
        }
    }
    raises
}

/// By semaphore or event: its signals as they came in an order.
fn signals(steps: &Steps<'_>, order: &[Step]) -> BTreeMap<Name, Vec<u32>> {
    let mut signals: BTreeMap<Name, Vec<u32>> = BTreeMap::new();
    for &step in order {
        if let Some(name) = steps.signalled(step) {
            signals.entry(name).or_default().push(step.op);
        }
    }
    signals
}

struct Latest<'a> {
    progress: Progress<'a>,
    /// Steps of sequencers that may happen.
    issues: BTreeSet<Step>,
    /// By rank: the next op to be issued, and the end of its ops.
    next: Vec<(u32, u32)>,
    raises: Raises,
    signals: BTreeMap<Name, Vec<u32>>,
    sequence: Vec<Step>,
}

impl<'a> Latest<'a> {
    fn new(steps: &'a Steps<'a>, raises: Raises, signals: BTreeMap<Name, Vec<u32>>) -> Latest<'a> {
        let progress = Progress::new(steps);
        let issues = progress.first().into_iter().collect();
        let mut first = 0;
        let next = steps.graph.program.ranks.iter().map(|rank| {
            first += rank.ops.len() as u32;
            (first - rank.ops.len() as u32, first)
        });
        let sequence = Vec::with_capacity(steps.n_steps);
        Latest { progress, issues, next: next.collect(), raises, signals, sequence }
    }

    fn happen(&mut self, step: Step) {
        self.sequence.push(step);
        let issues = &mut self.issues;
        self.progress.happen(step, |next| {
            if next.moment == Moment::Issue {
                issues.insert(next);
            }
        });
        if step.moment == Moment::Issue {
            self.next[self.progress.steps.ops[step.op as usize].0.index()].0 = step.op + 1;
        }
    }

    /// Lets all sequencers go on as far as they can.
    fn issue(&mut self) {
        while let Some(step) = self.issues.pop_first() {
            self.happen(step);
        }
    }

    /// Lets happen what a rank's sequencer waits for, if anything can. Gives whether something did.
    fn demand(&mut self, rank: usize) -> bool {
        let (op, end) = self.next[rank];
        if op == end {
            return false;
        }
        let before = self.sequence.len();
        for wanted in self.wanted(Step { op, moment: Moment::Issue }).into_iter().rev() {
            self.force(wanted);
        }
        self.issue();
        self.sequence.len() > before
    }

    /// What has not happened of what a step needs. Of a semaphore, the next signal that a unit may still hold up.
    fn wanted(&self, step: Step) -> Vec<Step> {
        let Progress { steps, .. } = self.progress;
        let mut wanted = Vec::new();
        steps.needs(step, &mut |need| match need {
            Need::Step(before) if !self.progress.has_happened(before) => wanted.push(before),
            Need::Step(_) => {}
            Need::Value(name, value) if self.progress.value(name) >= value => {}
            Need::Value(Name::Event(event), value) => {
                let raises = self.raises.get(&event).map(Vec::as_slice).unwrap_or_default();
                let first = raises.get(raises.partition_point(|&(raised, _)| raised < value));
                wanted.extend(first.map(|&(_, op)| Step { op, moment: Moment::End }));
            }
            Need::Value(name @ Name::Semaphore(..), _) => {
                let signals = self.signals.get(&name).into_iter().flatten();
                let mut ends = signals.map(|&op| Step { op, moment: Moment::End });
                wanted.extend(ends.find(|end| !self.progress.has_happened(*end) && self.is_issued(end.op)));
            }
        });
        wanted
    }

    fn is_issued(&self, op: u32) -> bool {
        self.progress.has_happened(Step { op, moment: Moment::Issue })
    }

    /// Lets a step happen, and before it what it needs. What another sequencer has yet to issue is left to the
    /// demand of that one.
    fn force(&mut self, step: Step) {
        let mut stack = vec![step];
        while let Some(&top) = stack.last() {
            if self.progress.has_happened(top) {
                stack.pop();
                continue;
            }
            if top.moment == Moment::Issue {
                return;
            }
            match self.wanted(top).last() {
                Some(&before) => stack.push(before),
                None if self.progress.is_ready(top) => {
                    self.happen(top);
                    stack.pop();
                }
                None => return,
            }
        }
    }
}
