//! One step back: of all that an event waited for, what came last.

use machine::{SimTime, Span, Traffic};
use oplog::{OpLog, StallReason};
use order::{Cause, Dependencies, EdgeKind, Event, EventGraph, Phase};
use program::{Message, Op, OpIndex, QueueOp, Rank, RecvOp, SyncOp};

use super::category::Category;
use super::signals::Signals;

/// Looks up what came before what in a log.
pub struct Steps<'a> {
    log: &'a OpLog,
    graph: EventGraph<'a>,
    signals: Signals,
    /// On a machine with command queues, by op: the op that had its unit before it.
    on_unit: Vec<Option<u32>>,
}

/// The last cause of an event.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub event: Event,
    pub at: SimTime,
    pub category: Category,
    /// When it let the event happen: later than `at` where something travels.
    effect: SimTime,
}

impl<'a> Steps<'a> {
    pub fn of(log: &'a OpLog, dependencies: &'a Dependencies) -> Steps<'a> {
        let graph = EventGraph::of(&log.program, &log.machine, dependencies);
        let on_unit = if graph.is_queued() { on_unit(log) } else { Vec::new() };
        Steps { log, graph, signals: Signals::of(log), on_unit }
    }

    /// The end of the op that ends last.
    pub fn last(&self) -> Option<Event> {
        let done = &self.log.entries.done;
        let op = (0..done.len()).max_by_key(|&op| (done[op], std::cmp::Reverse(op)))?;
        Some(Event { op: op as u32, phase: Phase::End })
    }

    /// Category of the time before an event without a cause.
    pub fn first(&self, event: Event) -> Category {
        Category::issuing(self.op(event.op).1)
    }

    /// Of the causes that were there when the event happened at `now`, the one that took effect last.
    pub fn before(&self, event: Event, now: SimTime) -> Option<Step> {
        let (place, op) = self.op(event.op);
        let mut latest: Option<Step> = None;
        let mut consider = |cause: Event, kind: EdgeKind, effect: SimTime| {
            let at = self.at(cause);
            let effect = effect.max(at).min(now);
            if at <= now && latest.is_none_or(|before| before.effect <= effect) {
                let category = Category::of(op, event.phase, kind);
                latest = Some(Step { event: cause, at, category, effect });
            }
        };
        self.graph.causes_of(event, place, &mut |cause| match cause {
            Cause::Event(cause, kind) => consider(cause, kind, self.effect(event, op, cause, kind)),
            Cause::Semaphore { rank, semaphore, value } => {
                if let Some(signal) = self.signals.semaphore(rank, semaphore, value) {
                    consider(end(signal.op), EdgeKind::Semaphore, signal.at);
                }
            }
            Cause::Shared { event, value } => {
                if let Some(signal) = self.signals.event(event, value) {
                    consider(end(signal.op), EdgeKind::Shared, signal.at);
                }
            }
        });
        for (before, effect) in self.of_units(event, place, op) {
            consider(end(before), EdgeKind::Queue, effect);
        }
        latest
    }

    /// What the graph leaves out, because no program may rely on it: a sequencer that works itself, a queue that was
    /// full, and a unit that another command buffer had.
    fn of_units(&self, event: Event, (_, index): (Rank, OpIndex), op: &Op) -> Vec<(u32, SimTime)> {
        if let Op::Sync(SyncOp::Barrier { .. }) = op {
            // It is left when it opens, and not when the sequencer could have gone on.
            return Vec::new();
        }
        let mut ends = Vec::new();
        let done = |op| (op, self.at(end(op)));
        match event.phase {
            Phase::Issue => {
                let before = event.op.wrapping_sub(1);
                if index.0 > 0
                    && matches!(
                        self.op(before).1,
                        Op::Recv(RecvOp::Recv { .. }) | Op::Queue(QueueOp::HostCopy { .. })
                    )
                {
                    ends.push((before, self.at(end(before)) + self.issue_span(before)));
                }
                ends.extend(self.made_room(event.op).map(done));
            }
            Phase::Start => ends.extend(self.on_unit.get(event.op as usize).copied().flatten().map(done)),
            Phase::End | Phase::Arrive => {}
        }
        ends
    }

    /// The op whose end let an op into a queue that was full.
    fn made_room(&self, op: u32) -> Option<u32> {
        let stalls = &self.log.stalls;
        let first = stalls.partition_point(|stall| stall.op < op);
        let mut of_op = stalls[first..].iter().take_while(|stall| stall.op == op);
        of_op.find(|stall| stall.reason == StallReason::QueueFull)?;
        // The queue is full with as many ops as it is deep and one that runs.
        let depth = self.log.machine.spec().pe.fifo_depth;
        (0..=depth).try_fold(op, |op, _| self.graph.predecessor(op))
    }

    /// When a cause let the event happen, as near as the log tells.
    fn effect(&self, event: Event, op: &Op, cause: Event, kind: EdgeKind) -> SimTime {
        let at = self.at(cause);
        match (op, kind) {
            (Op::Send(_), EdgeKind::Credit) => {
                // Of several credits the one that this op gave back.
                let of_cause = |message: &&Message| self.graph.credit_of(**message) == Some(cause.op);
                let credits = op.sends().iter().filter(of_cause).filter_map(|&message| self.credit(message));
                credits.max().unwrap_or(at)
            }
            (_, EdgeKind::Message) if !op.receives().is_empty() => {
                let of_cause = |message: &&Message| self.graph.sender(**message) == Some(cause.op);
                let filled = op.receives().iter().filter(of_cause).map(|&message| self.filled(message));
                filled.max().unwrap_or(at)
            }
            // Of a barrier the graph names the op before it; what counts is when rank 0 heard of it.
            (Op::Sync(SyncOp::Barrier { .. }), EdgeKind::Barrier | EdgeKind::Program)
                if event.phase == Phase::Issue =>
            {
                let other = cause.op + 1;
                let pe = |op| self.log.placement[self.graph.op(op).0.index()];
                self.log.entries.issue[other as usize]
                    + self.log.machine.latency(Traffic::Message, pe(other), self.log.placement[0])
            }
            (_, EdgeKind::Program) if event.phase == Phase::Issue => at + self.issue_span(cause.op),
            (
                _,
                EdgeKind::Program
                | EdgeKind::Queue
                | EdgeKind::Wait
                | EdgeKind::Hold
                | EdgeKind::Message
                | EdgeKind::Credit
                | EdgeKind::Barrier
                | EdgeKind::Semaphore
                | EdgeKind::Commit
                | EdgeKind::Shared,
            ) => at,
        }
    }

    /// When the credit that a message needs was back.
    fn credit(&self, message: Message) -> Option<SimTime> {
        let before = self.log.program.rings[message.ring.index()].slot_taken_from(message)?;
        self.log.messages[message.ring.index()].get(before.number as usize)?.credit
    }

    fn filled(&self, message: Message) -> SimTime {
        self.log.messages[message.ring.index()][message.number as usize].filled
    }

    /// How long the sequencer is busy with having issued an op. Notes to the ledger take no time.
    fn issue_span(&self, op: u32) -> Span {
        let spec = self.log.machine.spec();
        let is_note = matches!(self.op(op).1, Op::Note(_));
        if is_note { Span::ZERO } else { spec.clock.pe_fs.span(spec.pe.issue_cycles) }
    }

    fn op(&self, op: u32) -> ((Rank, OpIndex), &'a Op) {
        let place = self.graph.op(op);
        (place, self.log.program.op(place.0, place.1))
    }

    /// When an event happened. The log says of a wait when the sequencer came to it; it is over when it is done.
    fn at(&self, event: Event) -> SimTime {
        let entries = &self.log.entries;
        let (op, index) = (self.op(event.op).1, event.op as usize);
        let done = entries.done[index];
        let spec = self.log.machine.spec();
        match (event.phase, op) {
            (
                Phase::Issue | Phase::Start,
                Op::Sync(
                    SyncOp::Wait { .. }
                    | SyncOp::WaitGe { .. }
                    | SyncOp::WaitUntil { .. }
                    | SyncOp::Barrier { .. },
                ),
            ) => done,
            (Phase::Issue | Phase::Start, Op::Recv(RecvOp::Recv { .. })) => {
                SimTime::from_fs(done.fs().saturating_sub(spec.clock.pe_fs.span(spec.ipcq.recv_cycles).fs()))
            }
            // A commit is over when its buffer is, and that is what its place in the queue stands for.
            (Phase::Start | Phase::End, Op::Queue(QueueOp::Commit {})) => done,
            (Phase::Arrive, _) => {
                op.sends().iter().map(|&message| self.filled(message)).min().unwrap_or(done)
            }
            (Phase::Issue, _) => entries.issue[index],
            (Phase::Start, _) => entries.start[index],
            (Phase::End, _) => done,
        }
    }
}

fn end(op: u32) -> Event {
    Event { op, phase: Phase::End }
}

/// By op: the op that had its unit before it, by the times of their starts.
fn on_unit(log: &OpLog) -> Vec<Option<u32>> {
    let (entries, firsts) = (&log.entries, log.first_ops());
    let mut before = vec![None; entries.done.len()];
    for range in firsts.windows(2) {
        let mut ops: Vec<usize> = (range[0]..range[1]).filter(|&op| entries.unit[op].index() > 0).collect();
        ops.sort_by_key(|&op| (entries.unit[op], entries.start[op], entries.done[op], op));
        for pair in ops.windows(2).filter(|pair| entries.unit[pair[0]] == entries.unit[pair[1]]) {
            before[pair[1]] = Some(pair[0] as u32);
        }
    }
    before
}
