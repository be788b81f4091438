//! Steps of a legal order, and the prerequisites of each. All but one come from the event graph; the other is the
//! read of an op, between its start and its end.

use std::collections::BTreeMap;

use order::{Cause, Event, EventGraph, Phase};
use program::op::{EventId, Growth, SemaphoreId};
use program::{Op, OpIndex, QueueOp, Rank};

/// A moment in the life of an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    Issue,
    Start,
    /// Takes all that the op reads.
    Read,
    /// Leaves all that the op writes; gives a slot back, adds a signal.
    End,
    /// Of a send: leaves the message in its slot.
    Arrive,
}

const MOMENTS: [Moment; 5] = [Moment::Issue, Moment::Start, Moment::Read, Moment::End, Moment::Arrive];

/// One event of an order; ops by their place among all ops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    pub op: u32,
    pub moment: Moment,
}

impl Step {
    pub fn number(self) -> usize {
        self.op as usize * MOMENTS.len() + self.moment as usize
    }
    fn of(number: usize) -> Step {
        Step { op: (number / MOMENTS.len()) as u32, moment: MOMENTS[number % MOMENTS.len()] }
    }
}

/// Prerequisite of a step.
pub enum Need {
    Step(Step),
    /// A semaphore or event is at least this.
    Value(Name, u32),
}

/// A semaphore or a shared event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Semaphore(Rank, SemaphoreId),
    Event(EventId),
}

/// All steps of a program, and which wait for which.
pub struct Steps<'a> {
    pub graph: &'a EventGraph<'a>,
    /// By op: its rank and index.
    pub ops: Vec<(Rank, OpIndex)>,
    /// `after[first[i]..first[i + 1]]` wait for step i.
    first: Vec<u32>,
    after: Vec<u32>,
    /// By step: how much it waits for.
    pub n_needs: Vec<u32>,
    /// By semaphore or event: values and who waits for them.
    pub waits: BTreeMap<Name, Vec<(u32, Step)>>,
    pub n_steps: usize,
}

impl<'a> Steps<'a> {
    pub fn of(graph: &'a EventGraph<'a>) -> Steps<'a> {
        let numbers = graph.n_ops() * MOMENTS.len();
        let ops = (0..graph.n_ops() as u32).map(|op| graph.op(op)).collect();
        let (first, after, n_needs) = (vec![0; numbers + 1], Vec::new(), vec![0; numbers]);
        let waits = BTreeMap::new();
        let mut steps = Steps { graph, ops, first, after, n_needs, waits, n_steps: 0 };
        steps.count();
        steps.link();
        steps
    }

    pub fn all(&self) -> impl Iterator<Item = Step> + '_ {
        (0..self.n_needs.len()).map(Step::of).filter(|step| self.exists(*step))
    }
    pub fn what(&self, op: u32) -> &'a Op {
        let (rank, index) = self.ops[op as usize];
        self.graph.program.op(rank, index)
    }
    /// The ops of every rank, the last one first.
    pub fn newest_first(&self) -> impl Iterator<Item = u32> + '_ {
        let ranks = 0..self.graph.program.ranks.len() as u32;
        ranks.flat_map(move |rank| {
            let n = self.graph.program.rank(Rank(rank)).ops.len() as u32;
            (0..n).rev().map(move |index| self.graph.global(Rank(rank), OpIndex(index)))
        })
    }
    pub fn exists(&self, step: Step) -> bool {
        step.moment != Moment::Arrive || !self.what(step.op).sends().is_empty()
    }

    /// The steps that wait for this one.
    pub fn after(&self, step: Step) -> impl Iterator<Item = Step> + '_ {
        let (from, to) = (self.first[step.number()], self.first[step.number() + 1]);
        self.after[from as usize..to as usize].iter().map(|&after| Step::of(after as usize))
    }

    /// Visits all that a step waits for.
    pub fn needs(&self, step: Step, visit: &mut impl FnMut(Need)) {
        let phase = match step.moment {
            Moment::Issue => Phase::Issue,
            Moment::Start => Phase::Start,
            Moment::Read => return visit(Need::Step(Step { moment: Moment::Start, ..step })),
            Moment::End => {
                visit(Need::Step(Step { moment: Moment::Read, ..step }));
                Phase::End
            }
            Moment::Arrive => {
                // A copy of a multicast has left when it arrives, whatever is still read for the others.
                visit(Need::Step(Step { moment: Moment::Read, ..step }));
                Phase::Arrive
            }
        };
        let event = Event { op: step.op, phase };
        self.graph.causes_of(event, self.ops[step.op as usize], &mut |cause| match cause {
            // A host goes on once it has copied.
            Cause::Event(Event { op, phase: Phase::Issue }, _) if op != step.op && self.is_host_copy(op) => {
                visit(Need::Step(Step { op, moment: Moment::End }));
            }
            Cause::Event(Event { op, phase }, _) => visit(Need::Step(Step { op, moment: moment(phase) })),
            Cause::Semaphore { rank, semaphore, value } => {
                visit(Need::Value(Name::Semaphore(rank, semaphore), value));
            }
            Cause::Shared { event, value } => visit(Need::Value(Name::Event(event), value)),
        });
    }

    /// The semaphore or event that a step signals.
    pub fn signalled(&self, step: Step) -> Option<Name> {
        if step.moment != Moment::End {
            return None;
        }
        if let Some(Growth { to, semaphore, .. }) = self.what(step.op).growth() {
            return Some(Name::Semaphore(to, semaphore));
        }
        if let Op::Queue(QueueOp::EventSignal { event, .. }) = self.what(step.op) {
            return Some(Name::Event(*event));
        }
        None
    }

    fn is_host_copy(&self, op: u32) -> bool {
        matches!(self.what(op), Op::Queue(QueueOp::HostCopy { .. }))
    }

    fn count(&mut self) {
        let (mut counts, mut needs) = (std::mem::take(&mut self.first), std::mem::take(&mut self.n_needs));
        let mut waits: BTreeMap<Name, Vec<(u32, Step)>> = BTreeMap::new();
        let mut n_steps = 0;
        for step in (0..needs.len()).map(Step::of).filter(|step| self.exists(*step)) {
            n_steps += 1;
            self.needs(step, &mut |need| {
                needs[step.number()] += 1;
                match need {
                    Need::Step(before) => counts[before.number() + 1] += 1,
                    Need::Value(name, value) => waits.entry(name).or_default().push((value, step)),
                }
            });
        }
        for at in 1..counts.len() {
            counts[at] += counts[at - 1];
        }
        (self.first, self.n_needs, self.waits, self.n_steps) = (counts, needs, waits, n_steps);
    }

    fn link(&mut self) {
        let mut next = self.first.clone();
        let mut after = vec![0; self.first.last().copied().unwrap_or_default() as usize];
        for step in self.all() {
            self.needs(step, &mut |need| {
                if let Need::Step(before) = need {
                    let at = &mut next[before.number()];
                    after[*at as usize] = step.number() as u32;
                    *at += 1;
                }
            });
        }
        self.after = after;
    }
}

fn moment(phase: Phase) -> Moment {
    match phase {
        Phase::Issue => Moment::Issue,
        Phase::Start => Moment::Start,
        Phase::End => Moment::End,
        Phase::Arrive => Moment::Arrive,
    }
}
