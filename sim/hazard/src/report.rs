//! Findings as diagnostics: code, accesses, bytes, the missing edge and the cheapest repair.

use diagnostic::fact::Hazard;
use diagnostic::{Access, Advice, Code, Diagnostic, Does, Edge, End, Fact, OpRef, Place, Repair};
use machine::{SimTime, Span};
use oplog::OpLog;
use order::EventGraph;
use order::traversal::Waited;
use program::program::Flow;
use program::{Base, Effect, Message, Op, SyncOp};

use crate::copies::OntoItself;
use crate::groups::Group;
use crate::repair;
use crate::shadow::{Conflict, EarlyRelease, Race};
use crate::unwritten::Missing;

/// Maker of diagnostics for the findings in a log.
pub struct Report<'a> {
    pub log: &'a OpLog,
    pub graph: &'a EventGraph<'a>,
}

impl Report<'_> {
    pub fn conflict(&self, group: &Group<Conflict>) -> Diagnostic {
        let Conflict { kind, late, early, space, base, bytes, .. } = group.first;
        let base = self.base(early, base);
        let (code, [does, did]) = match kind {
            Race::Raw => (Code::RaceRaw, [Does::Reads, Does::Writes]),
            Race::War => (Code::RaceWar, [Does::Overwrites, Does::Reads]),
            Race::Waw => (Code::RaceWaw, [Does::Writes, Does::Writes]),
        };
        let (way, more) = repair::of_conflict(self, group);
        Diagnostic {
            accesses: vec![self.access(late, does), self.access(early, did)],
            place: Some(Place::of(&self.log.program, space, base)),
            bytes: Some(bytes),
            missing: Some(Edge::new(End::End(self.op(early)), End::Start(self.op(late)))),
            meaning: way.meaning,
            repair: way.repair,
            patch: way.patch,
            more,
            slack: self.slack(&group.pairs),
            times: group.times(),
            ..Diagnostic::new(code, Fact::Hazard(Hazard::Unordered))
        }
    }

    pub fn early_release(&self, group: &Group<EarlyRelease>) -> Diagnostic {
        let EarlyRelease { release, reader, message } = group.first;
        let next = group.first.overwriting(self.graph);
        let (slot, address) = self.slot(message);
        let [from, to] = self.read_of(reader, message);
        let to = next.map_or(to, |send| to.min(self.sent(send, message)));
        let bytes = [from.min(to), to].map(|byte| address + byte);
        let (repair, patch) = repair::of_release(self, group);
        let (rank, index) = self.graph.op(reader);
        let receives = self.log.program.op(rank, index).receives().contains(&message);
        let does = if receives { Does::Receives } else { Does::Reads };
        let mut accesses = vec![self.access(reader, does), self.access(release, Does::Releases)];
        accesses.extend(next.map(|send| self.access(send, Does::Overwrites)));
        Diagnostic {
            accesses,
            place: Some(slot),
            bytes: Some(bytes),
            missing: Some(Edge::new(End::End(self.op(reader)), End::Op(self.op(release)))),
            repair,
            patch,
            slack: next.and_then(|send| self.slack(&[[send, reader]])),
            times: group.times(),
            ..Diagnostic::new(Code::UseAfterRelease, Fact::Hazard(Hazard::EarlyRelease))
        }
    }

    pub fn onto_itself(&self, group: &Group<OntoItself>) -> Diagnostic {
        let (OntoItself { space, base, bytes }, op) = (group.first, group.pairs[0][0]);
        Diagnostic {
            accesses: vec![self.access(op, Does::Overwrites)],
            place: Some(Place::of(&self.log.program, space, base)),
            bytes: Some(bytes),
            repair: Repair::Fixed(Advice::CopyThroughATile),
            times: group.times(),
            ..Diagnostic::new(Code::RaceWar, Fact::Hazard(Hazard::OntoItself))
        }
    }

    pub fn uninitialised(&self, group: &Group<Missing>) -> Diagnostic {
        let Missing { space, base, ref bytes } = group.first;
        Diagnostic {
            accesses: vec![self.access(group.pairs[0][0], Does::Reads)],
            place: Some(Place::of(&self.log.program, space, base)),
            bytes: bytes.first().copied(),
            repair: Repair::Fixed(Advice::WriteFirst),
            times: group.times(),
            ..Diagnostic::new(Code::UninitialisedRead, Fact::Hazard(Hazard::Unwritten))
        }
    }

    pub fn unwritten_output(&self, place: Place, bytes: [u64; 2]) -> Diagnostic {
        Diagnostic {
            place: Some(place),
            bytes: Some(bytes),
            repair: Repair::Fixed(Advice::StoreAll),
            ..Diagnostic::new(Code::UninitialisedRead, Fact::Hazard(Hazard::Unwritten))
        }
    }

    /// A message that is received and whose slot is never released; `empty` when that takes a ring's last slot.
    pub fn leak(&self, group: &Group<Message>, empty: bool) -> Diagnostic {
        let message = group.first;
        let (repair, patch) = repair::of_leak(self, group);
        Diagnostic {
            accesses: vec![self.access(group.pairs[0][0], Does::Receives)],
            place: Some(self.slot(message).0),
            missing: Some(Edge::new(End::LastRead(message), End::Release(message))),
            repair,
            patch,
            times: group.times(),
            ..Diagnostic::new(
                if empty { Code::CreditLeak } else { Code::SlotLeak },
                Fact::Hazard(Hazard::NotReleased),
            )
        }
    }

    pub fn waited(&self, waited: &Waited) -> Diagnostic {
        match *waited {
            Waited::Vacuous { wait, earlier } => Diagnostic {
                accesses: [Some(wait), earlier].into_iter().flatten().map(|op| self.names(op)).collect(),
                missing: Some(Edge::new(End::Signal, End::Op(self.op(wait)))),
                repair: Repair::Fixed(if self.counts_on(wait) {
                    Advice::WaitForMore
                } else {
                    Advice::SumWaits
                }),
                ..Diagnostic::new(Code::VacuousWait, Fact::Hazard(Hazard::SatisfiedWait))
            },
            Waited::Surplus { semaphore: (rank, semaphore), signalled, waited, wait, signal } => Diagnostic {
                accesses: [Some(signal), wait].into_iter().flatten().map(|op| self.names(op)).collect(),
                place: Some(Place::Semaphore { semaphore, rank }),
                repair: if wait.is_some_and(|wait| self.counts_on(wait)) {
                    Repair::Fixed(Advice::WaitForAll)
                } else {
                    Repair::SumSignals { signalled }
                },
                ..Diagnostic::new(Code::Semaphore, Fact::Hazard(Hazard::SurplusSignals { signalled, waited }))
            },
        }
    }

    /// Whether a wait is for a semaphore that does more than grow, of which it counts all signals since the beginning.
    fn counts_on(&self, wait: u32) -> bool {
        let (rank, index) = self.graph.op(wait);
        matches!(self.log.program.op(rank, index), Op::Sync(SyncOp::WaitUntil { .. }))
    }

    /// Bytes of a message that an op reads; those that arrive, for the op that receives it.
    fn read_of(&self, reader: u32, message: Message) -> [u64; 2] {
        let (rank, index) = self.graph.op(reader);
        let rank = self.log.program.rank(rank);
        let views = rank.ops[index.index()].access().reads().map(|view| &rank.views[view.index()]);
        let read = views.filter(|view| view.base == Base::Message(message));
        let read = read.map(|view| [view.offset, view.end()]);
        let all = || [0, self.graph.sender(message).map_or(u64::MAX, |send| self.sent(send, message))];
        read.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]).unwrap_or_else(all)
    }
    /// Bytes of what an op sends to the slot of a message.
    fn sent(&self, send: u32, message: Message) -> u64 {
        let (rank, index) = self.graph.op(send);
        let room = self.log.program.rings[message.ring.index()].slot_bytes;
        match self.log.program.op(rank, index).effect() {
            Effect::Move { from, .. } => self.log.program.rank(rank).views[from.index()].bytes().min(room),
            Effect::Compute(_) | Effect::Fold(_) | Effect::Nothing => room,
        }
    }
    /// The slot of a message, and its address.
    fn slot(&self, message: Message) -> (Place, u64) {
        let ring = &self.log.program.rings[message.ring.index()];
        let (space, start) =
            self.log.layout.slot(&self.log.program, message.ring, message.number % ring.n_slots);
        let place = Place::of(&self.log.program, space, Base::Message(message));
        (place, start)
    }
    /// A conflict in a slot names the message that comes first.
    fn base(&self, early: u32, base: Base) -> Base {
        let Base::Message(late) = base else { return base };
        let (rank, index) = self.graph.op(early);
        let op = self.log.program.op(rank, index);
        let views = &self.log.program.rank(rank).views;
        let read = op.access().reads().find_map(|view| match views[view.index()].base {
            Base::Message(message) if message.ring == late.ring => Some(message),
            Base::Message(_) | Base::Buffer(_) | Base::Tensor(_) => None,
        });
        // A forward reads one message and sends another.
        let sent = op.messages().iter().find(|message| message.ring == late.ring).copied();
        read.or(sent).map_or(base, Base::Message)
    }

    /// The least time between the accesses of a pair in this run; `None` when some did not come in order.
    fn slack(&self, pairs: &[[u32; 2]]) -> Option<Span> {
        let gap = |[late, early]: [u32; 2]| {
            let (start, end) = (self.log.entries.start[late as usize], self.end(early, late));
            (start >= end).then(|| start.since(end))
        };
        let gaps: Option<Vec<Span>> = pairs.iter().map(|&pair| gap(pair)).collect();
        gaps?.into_iter().min()
    }
    /// When an op no longer touches what both do: a message is written until it has arrived.
    fn end(&self, op: u32, late: u32) -> SimTime {
        let (rank, index) = self.graph.op(op);
        let done = self.log.entries.done[op as usize];
        let other = self.graph.op(late).0;
        let sent = self.log.program.op(rank, index).sends().iter().filter(|_| other != rank);
        let there = sent.filter(|message| self.log.program.rings[message.ring.index()].consumer == other);
        let filled =
            |message: &Message| self.log.messages[message.ring.index()][message.number as usize].filled;
        there.map(filled).max().unwrap_or(done)
    }

    pub fn op(&self, op: u32) -> OpRef {
        let (rank, index) = self.graph.op(op);
        OpRef::of(&self.log.program, rank, index).on(self.log.entries.unit[op as usize])
    }
    fn access(&self, op: u32, does: Does) -> Access {
        Access::new(self.op(op), does)
    }
    pub fn names(&self, op: u32) -> Access {
        self.access(op, Does::Names)
    }
    /// Whether the ring of a message counts credits.
    pub fn has_credits(&self, message: Message) -> bool {
        self.log.program.rings[message.ring.index()].flow == Flow::Credit
    }
}
