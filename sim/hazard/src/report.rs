//! What was found, as findings: kind, both ops, bytes, the missing edge and the cheapest repair.

use machine::{SimTime, Span};
use oplog::{Finding, FindingKind, FindingOp, OpLog, words};
use order::EventGraph;
use program::program::Flow;
use program::{Base, Message, Space};

use crate::groups::Group;
use crate::repair::{self, Told};
use crate::shadow::{Conflict, EarlyRelease, Race};
use crate::unwritten::Missing;
use crate::walk::Waited;

/// Says what was found in a log.
pub struct Report<'a> {
    pub log: &'a OpLog,
    pub graph: &'a EventGraph<'a>,
}

impl Report<'_> {
    pub fn conflict(&self, group: &Group<Conflict>) -> Told {
        let Conflict { kind, late, early, space, base, bytes, .. } = group.first;
        let base = self.base(early, base);
        let [late_name, early_name] = self.names([late, early]);
        let what = words::place(&self.log.program, base);
        let (kind, said) = match kind {
            Race::Raw => (
                FindingKind::RaceRaw,
                format!("{late_name} may read {what} before {early_name} has written it"),
            ),
            Race::War => (
                FindingKind::RaceWar,
                format!("{late_name} may overwrite {what} before {early_name} has read it"),
            ),
            Race::Waw => (
                FindingKind::RaceWaw,
                format!("{late_name} may write {what} before {early_name} has, which then stays"),
            ),
        };
        let finding = Finding {
            kind,
            ops: vec![self.op(late), self.op(early)],
            place: words::memory(&self.log.program, space, base),
            bytes: Some(bytes),
            message: format!("{said}{}", words::often(group.count, group.ranks.len())),
            missing: format!("end of {} → start of {}", self.short(early), self.short(late)),
            repair: String::new(),
            value_differed: None,
            slack_fs: self.slack(&group.pairs),
        };
        repair::of_conflict(self, group).told(finding)
    }

    pub fn early_release(&self, group: &Group<EarlyRelease>) -> Told {
        let EarlyRelease { release, reader, message } = group.first;
        let overwriting = self.overwriting(message);
        let (slot, bytes) = self.slot(message);
        let what = words::place(&self.log.program, Base::Message(message));
        let often = words::often(group.count, group.ranks.len());
        let then = overwriting
            .map_or_else(String::new, |send| format!(", and {} may overwrite it", self.possessive(send)));
        let finding = Finding {
            kind: FindingKind::UseAfterRelease,
            ops: [Some(reader), Some(release), overwriting]
                .into_iter()
                .flatten()
                .map(|op| self.op(op))
                .collect(),
            place: slot,
            bytes: Some(bytes),
            message: format!(
                "{} may still read {what} after it is given back{then}{often}",
                self.possessive(reader)
            ),
            missing: format!("end of {} → {}", self.short(reader), self.short(release)),
            repair: String::new(),
            value_differed: None,
            slack_fs: overwriting.and_then(|send| self.slack(&[[send, reader]])),
        };
        repair::of_release(self, group).told(finding)
    }

    pub fn uninitialised(&self, group: &Group<Missing>) -> Finding {
        let Missing { space, base, ref bytes } = group.first;
        let reader = group.pairs[0][0];
        let place = words::memory(&self.log.program, space, base);
        let what = words::place(&self.log.program, base);
        let often = words::often(group.count, group.ranks.len());
        Finding {
            ops: vec![self.op(reader)],
            message: format!(
                "{} reads bytes of {what} that nothing has written{often}",
                self.possessive(reader)
            ),
            bytes: bytes.first().copied(),
            repair: "write the bytes first: `tl.load` them, or `tl.full` the tile".to_owned(),
            ..finding(FindingKind::UninitialisedRead, place)
        }
    }

    pub fn unwritten_output(&self, name: &str, space: Space, bytes: [u64; 2]) -> Finding {
        let place = format!("tensor `{name}` in {}", words::space_name(space));
        Finding {
            message: format!("the host takes bytes of `{name}` that nothing has written"),
            bytes: Some(bytes),
            repair: "`tl.store` every element of an output".to_owned(),
            ..finding(FindingKind::UninitialisedRead, place)
        }
    }

    /// A message that is received and whose slot is never given back; `empty` when that takes a ring's last slot.
    pub fn leak(&self, group: &Group<Message>, empty: bool) -> Told {
        let (receive, message) = (group.pairs[0][0], group.first);
        let (slot, _) = self.slot(message);
        let what = words::place(&self.log.program, Base::Message(message));
        let often = words::often(group.count, group.ranks.len());
        let (kind, so) = if empty {
            (
                FindingKind::CreditLeak,
                "in the end the ring has no free slot, and one more send waits for ever",
            )
        } else {
            (FindingKind::SlotLeak, "the ring has fewer slots from then on")
        };
        let finding = Finding {
            ops: vec![self.op(receive)],
            message: format!(
                "{} takes {what}, and nothing gives it back: {so}{often}",
                self.possessive(receive)
            ),
            missing: format!("last read of message {message} → a release of it"),
            ..finding(kind, slot)
        };
        repair::of_leak(self, group).told(finding)
    }

    pub fn waited(&self, waited: &Waited) -> Finding {
        match *waited {
            Waited::Vacuous { wait, earlier } => self.vacuous(wait, earlier),
            Waited::Surplus { semaphore: (rank, semaphore), signalled, waited, wait, signal } => {
                let place = format!("{semaphore} of rank {}", rank.0);
                let by = wait.map_or_else(|| "nothing".to_owned(), |wait| self.possessive(wait));
                Finding {
                    ops: [Some(signal), wait].into_iter().flatten().map(|op| self.op(op)).collect(),
                    message: format!(
                        "{place} is signalled {signalled} in all, and {by} waits for {waited}: a signal too many can let a wait go early"
                    ),
                    repair: format!(
                        "signal as often as is waited for, or `tl.wait_ge` for {signalled} in the end"
                    ),
                    ..finding(FindingKind::Semaphore, place)
                }
            }
        }
    }

    fn vacuous(&self, wait: u32, earlier: Option<u32>) -> Finding {
        let why = match earlier {
            Some(earlier) => format!("{} has already waited for as much", self.short(earlier)),
            None => "a semaphore starts at 0".to_owned(),
        };
        Finding {
            ops: std::iter::once(wait).chain(earlier).map(|op| self.op(op)).collect(),
            message: format!("{} waits for nothing: {why}", self.possessive(wait)),
            missing: format!("a signal → {}", self.short(wait)),
            repair: "a semaphore only grows: `tl.wait_ge` for the sum of all signals so far".to_owned(),
            ..finding(FindingKind::VacuousWait, String::new())
        }
    }

    /// The op that sends the next message to the slot of this one.
    fn overwriting(&self, message: Message) -> Option<u32> {
        let ring = &self.log.program.rings[message.ring.index()];
        self.graph.sender(Message { number: message.number.checked_add(ring.n_slots)?, ..message })
    }
    fn slot(&self, message: Message) -> (String, [u64; 2]) {
        let ring = &self.log.program.rings[message.ring.index()];
        let (space, start) =
            self.log.layout.slot(&self.log.program, message.ring, message.number % ring.n_slots);
        let place = words::memory(&self.log.program, space, Base::Message(message));
        (place, [start, start + ring.slot_bytes])
    }
    /// A conflict in a slot is told of the message that comes first.
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
    fn slack(&self, pairs: &[[u32; 2]]) -> Option<u64> {
        let gap = |[late, early]: [u32; 2]| {
            let (start, end) = (self.log.entries.start[late as usize], self.end(early, late));
            (start >= end).then(|| start.since(end))
        };
        let gaps: Option<Vec<Span>> = pairs.iter().map(|&pair| gap(pair)).collect();
        gaps?.into_iter().min().map(Span::fs)
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

    /// `rank 1's load`; both with their numbers when they would be the same.
    fn names(&self, ops: [u32; 2]) -> [String; 2] {
        let names = ops.map(|op| self.possessive(op));
        if names[0] != names[1] {
            return names;
        }
        ops.map(|op| format!("{} (op {})", self.possessive(op), self.graph.op(op).1.0))
    }
    pub fn possessive(&self, op: u32) -> String {
        let (rank, index) = self.graph.op(op);
        format!("rank {}'s {}", rank.0, self.log.program.op(rank, index).kind())
    }
    pub fn short(&self, op: u32) -> String {
        let (rank, index) = self.graph.op(op);
        words::op_in_short(&self.log.program, rank, index)
    }
    fn op(&self, op: u32) -> FindingOp {
        let (rank, index) = self.graph.op(op);
        FindingOp::of(self.log, rank, index)
    }
    /// Whether the ring of a message counts credits.
    pub fn has_credits(&self, message: Message) -> bool {
        self.log.program.rings[message.ring.index()].flow == Flow::Credit
    }
}

pub fn finding(kind: FindingKind, place: String) -> Finding {
    Finding {
        kind,
        ops: Vec::new(),
        place,
        bytes: None,
        message: String::new(),
        missing: String::new(),
        repair: String::new(),
        value_differed: None,
        slack_fs: None,
    }
}
