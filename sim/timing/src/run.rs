//! The context of a run, which every part works with: what is fixed, the time, the pending events and the record.

use machine::spec::MachineSpec;
use machine::{PeId, SimTime};
use oplog::{StallReason, UnitId};
use program::{Message, Op, OpIndex, Program, Rank, RankProgram, View};
use verify::Verified;

use crate::event::{Event, OpId, Words};
use crate::event_queue::EventQueue;
use crate::lower::{Lowered, Lowering, lower};
use crate::record::{Keep, Record};
use crate::turn::{Ties, Turn};

pub struct Run<'a> {
    pub verified: &'a Verified,
    pub lowering: Lowering,
    pub record: Record,
    /// By rank: the global number of its first op.
    first_ops: Vec<usize>,
    /// Who goes first of several that want something at one time.
    pub ties: Ties,
    /// Whether sequencers go on in their own time while nothing that they need is unknown (ADR 0070). Not on command queues,
    /// where what a sequencer encodes is run in the order of the run, and not where units share the TCM in that order.
    pub ahead: bool,
    /// What has become known and the ranks have not been told.
    pub known: Vec<Known>,
    now: SimTime,
    pending: EventQueue<Words>,
}

/// What is known to happen at a later time.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    Done {
        op: OpId,
        unit: UnitId,
        at: SimTime,
    },
    /// A message is in its slot.
    Filled {
        message: Message,
        at: SimTime,
    },
}

impl<'a> Run<'a> {
    pub fn new(verified: &'a Verified, keep: Keep, ties: Ties) -> Run<'a> {
        let (program, machine) = (&*verified.program, &verified.machine);
        let clock = machine.spec().clock;
        let mut first = 0;
        let first_ops = program.ranks.iter().map(|rank| {
            let of_rank = first;
            first += rank.ops.len();
            of_rank
        });
        Run {
            first_ops: first_ops.collect(),
            verified,
            lowering: lower(program, machine),
            record: Record::new(program, keep),
            ties,
            ahead: machine.queue().is_none() && machine.spec().pe.tcm_shared_bytes_per_cycle.is_none(),
            known: Vec::new(),
            now: SimTime::ZERO,
            pending: EventQueue::new(clock.pe_fs.period.min(clock.noc_fs.period)),
        }
    }

    pub fn now(&self) -> SimTime {
        self.now
    }
    #[inline(always)]
    pub fn schedule(&mut self, at: SimTime, turn: Turn, event: Event) {
        self.pending.push(at, turn, Words::from(event));
    }
    /// Whether what happens at `at` is told at once. At the time of now it is an event, which has its turn.
    pub fn tells(&self, at: SimTime) -> bool {
        self.ahead && at > self.now
    }
    /// An op of a unit ends at `at`.
    pub fn op_ends(&mut self, op: OpId, unit: UnitId, at: SimTime) {
        if self.tells(at) {
            self.known.push(Known::Done { op, unit, at });
        } else {
            self.schedule(at, Turn::of(op), Event::OpDone { op, unit });
        }
    }
    /// Whether a request of a rank that is ready now is served next, and needs no event: nothing else is pending at this
    /// time, and what the event of now goes on to do is of the same rank and a later op. On command queues it may be of
    /// another rank, and where the TCM is shared, later ops of the rank take it before any request of this time.
    pub fn is_next(&self) -> bool {
        self.ahead && self.ties == Ties::Canonical && self.pending.is_alone(self.now)
    }
    /// Time of the next event.
    pub fn next_at(&self) -> Option<SimTime> {
        self.pending.next_at()
    }
    /// Goes on to the next event.
    #[inline]
    pub fn next_event(&mut self) -> Option<Event> {
        let (now, event) = self.pending.pop()?;
        self.now = now;
        Some(Event::from(event))
    }
    /// Goes on to a time before the next event.
    pub fn go_on_to(&mut self, at: SimTime) {
        self.now = at;
    }

    pub fn program(&self) -> &'a Program {
        &self.verified.program
    }
    pub fn rank(&self, rank: u32) -> &'a RankProgram {
        &self.verified.program.ranks[rank as usize]
    }
    pub fn op(&self, OpId { rank, index }: OpId) -> &'a Op {
        self.program().op(Rank(rank), OpIndex(index))
    }
    pub fn spec(&self) -> &'a MachineSpec {
        self.verified.machine.spec()
    }
    /// The PE that a rank runs on.
    pub fn pe(&self, rank: u32) -> PeId {
        self.verified.placement[rank as usize]
    }
    /// The number of an op among those of all ranks.
    pub fn global(&self, OpId { rank, index }: OpId) -> usize {
        self.first_ops[rank as usize] + index as usize
    }
    pub fn lowered(&self, op: OpId) -> Lowered {
        self.lowering.ops[self.global(op)]
    }
    /// The earlier ops of its rank that must be done before an op may go.
    pub fn dependencies(&self, op: OpId) -> &'a [OpIndex] {
        self.verified.dependencies.of(self.global(op))
    }
    /// The tile that a send reads.
    pub fn sent_view(&self, op: OpId) -> &'a View {
        let from = self.op(op).access().reads().next().expect("a send reads");
        &self.rank(op.rank).views[from.index()]
    }
    pub fn sent_bytes(&self, op: OpId) -> u64 {
        self.sent_view(op).bytes()
    }
    /// Records a wait of an op, unless it was none.
    pub fn stall(&mut self, op: OpId, reason: StallReason, from: SimTime, to: SimTime) {
        let global = self.global(op);
        self.record.stall(op.rank, global, reason, from, to);
    }
}
