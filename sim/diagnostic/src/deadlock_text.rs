//! Deadlocks in English.

use std::fmt;

use crate::deadlock::{Deadlock, Hint, MoreSlots, Next, Outcome, Standing, Waiting, WaitsFor, WayOut};
use crate::text::waits;

impl Deadlock {
    /// The problem as a clause.
    pub fn clause(&self) -> String {
        waits(self.cycle.iter().map(|waiting| &waiting.op), self.closed)
    }
}

/// Several lines: the clause, then the chain of waits.
impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deadlock: {}", self.clause())?;
        self.cycle.iter().try_for_each(|waiting| write!(f, "\n  {waiting}"))?;
        write!(f, "\n  {}", self.way_out)
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#} waits for {}", self.op, self.waits_for)
    }
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitsFor::Unit => f.write_str("a unit"),
            WaitsFor::Op(op) => op.fmt(f),
            WaitsFor::BufferBefore(commit) => write!(f, "the command buffer before it: {commit}"),
            WaitsFor::Bytes(op) => write!(f, "bytes held by {op}"),
            WaitsFor::Message(message, Some(send)) => write!(f, "message {message}, sent by {send}"),
            WaitsFor::Message(message, None) => write!(f, "message {message}, which no op sends"),
            WaitsFor::Credit(message, release) => {
                write!(f, "a free slot of {}: message {} holds it ", message.ring, message.number)?;
                match release {
                    Some(release) => write!(f, "until {release}"),
                    None => f.write_str("and is never released"),
                }
            }
            WaitsFor::Queue { room, head } => {
                f.write_str(if *room { "room in the send queue" } else { "its turn" })?;
                head.iter().try_for_each(|head| write!(f, " behind {head:#}"))
            }
            WaitsFor::Semaphore { semaphore, value, now, next } => {
                write!(f, "{semaphore} to reach {value}: it is {now}, ")?;
                match next {
                    Next::By(signal) => write!(f, "raised next by {signal}"),
                    Next::None => f.write_str("and no signal is left"),
                    Next::TooSmall => f.write_str("and all signals that are left are not enough"),
                }
            }
            WaitsFor::Event { event, value, now, next } => {
                write!(f, "{event} to reach {value}: it is {now}, ")?;
                match next {
                    Next::By(signal) => write!(f, "signalled by {signal}"),
                    Next::None => f.write_str("and no op signals it"),
                    Next::TooSmall => f.write_str("and no op signals a value so large"),
                }
            }
            WaitsFor::Barrier { number, lacks: Some(rank), .. } => {
                write!(f, "barrier {number}, which rank {} never calls", rank.0)
            }
            WaitsFor::Barrier { number, lacks: None, on: Some(on) } => {
                write!(f, "barrier {number}, which rank {} has not reached: {on}", on.op.rank.0)
            }
            WaitsFor::Barrier { number, lacks: None, on: None } => write!(f, "barrier {number} to open"),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.op)?;
        self.commit.iter().try_for_each(|commit| write!(f, ", committed by op {}", commit.0))?;
        self.behind.iter().try_for_each(|behind| write!(f, ", behind op {}", behind.0))
    }
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Outcome::Untried => f.write_str(self.advice.text()),
            Outcome::NotFound => write!(f, "{}; no change that was tried is enough", self.advice.text()),
            Outcome::OnlyRaces => write!(
                f,
                "{}; no single repair is known: with each change that was tried and lets it finish, ops race",
                self.advice.text()
            ),
            Outcome::GaveUp => write!(f, "{}; it is too large to try more changes", self.advice.text()),
            Outcome::MistakeOfTheSimulator => f.write_str(
                "the program finishes without a clock, so this is a bug of kernmesh: please report it",
            ),
            Outcome::Found => {
                let more_slots = |change: &&_| !matches!(change, crate::Change::Slots { .. });
                let changes: Vec<String> =
                    self.changes.iter().filter(more_slots).map(ToString::to_string).collect();
                let changes = (!changes.is_empty()).then(|| changes.join("; then "));
                let ways: Vec<String> =
                    changes.into_iter().chain(self.slots.map(|slots| slots.to_string())).collect();
                write!(f, "{}: tried, and it then finishes", ways.join(", or "))
            }
        }
    }
}

impl fmt::Display for MoreSlots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "declare slots = {} for every ring, the smallest number that works", self.all)?;
        self.alone.iter().try_for_each(|(ring, n)| write!(f, " (or {n} for {ring} alone)"))
    }
}

impl Hint {
    const fn text(self) -> &'static str {
        match self {
            Hint::Send => "`send` before receiving, on at least one rank",
            Hint::Release => "`release` messages before sending more",
            Hint::Wait => "`wait` for it later",
            Hint::Signal => "`signal` before waiting, on at least one rank",
            Hint::EventSignal => "`event_signal` before waiting, in at least one command queue",
            Hint::Barrier => "let every rank reach its `barrier`",
        }
    }
}
