//! The wait-for graph in words.

use program::{Op, OpIndex, Program, QueueOp, Rank, Stage};

use super::ends::At;
use super::graph::{Chain, Graph};
use super::{Place, Waiting};
use crate::progress::Need;

/// An op in words: who, which, where it was written.
pub(crate) fn name(program: &Program, (rank, op): At) -> String {
    let source = program.source(rank, op).map_or_else(String::new, |source| format!(" at {source}"));
    format!("{rank} op {} ({}){source}", op.0, program.op(rank, op).kind())
}

impl Graph<'_> {
    /// An op that waits; where several would free it, the one that leads to `next` is named.
    pub fn waiting(&self, at: At, next: Option<At>) -> Waiting {
        let (rank, op) = at;
        let on = self.edge(at, next);
        Waiting {
            rank: rank.0,
            index: op.0,
            op: self.program.op(rank, op).kind().to_owned(),
            waits_for: self.waits_for(at, on),
            source: self.program.source(rank, op).unwrap_or_default(),
            on: on.map(|(rank, op)| Place { rank: rank.0, index: op.0 }),
        }
    }

    /// What may help, when nothing was tried.
    pub fn advice(&self, chain: &Chain) -> &'static str {
        let need = chain.links.first().and_then(|at| self.nodes.get(at)).map(|node| node.need);
        match need {
            Some(Need::Message(_)) => "`send` before receiving, on at least one rank",
            Some(Need::Credit(_) | Need::Queue) => "`release` messages before sending more",
            Some(Need::Op(_)) | None => "`wait` for it later",
            Some(Need::Semaphore(..)) => "`signal` before waiting, on at least one rank",
            Some(Need::Event(..)) => "`event_signal` before waiting, in at least one command queue",
            Some(Need::Barrier(_)) => "let every rank reach its `barrier`",
        }
    }

    fn waits_for(&self, (rank, op): At, on: Option<At>) -> String {
        let Some(node) = self.nodes.get(&(rank, op)) else { return "a unit".to_owned() };
        match node.need {
            Need::Op(other) => self.other((rank, op), other),
            Need::Message(message) => match on {
                Some(sender) => format!("message {message}, sent by {}", self.standing(sender)),
                None => format!("message {message}, which nobody sends"),
            },
            Need::Credit(message) => match on {
                Some(release) => format!(
                    "a free slot of {}: message {} holds it until {}",
                    message.ring,
                    message.number,
                    self.standing(release)
                ),
                None => format!(
                    "a free slot of {}: message {} holds it and is never released",
                    message.ring, message.number
                ),
            },
            Need::Queue => {
                let what =
                    if self.stop.at[rank.index()] == op { "room in the send queue" } else { "its turn" };
                let head = on.map_or_else(String::new, |on| format!(" behind {}", name(self.program, on)));
                format!("{what}{head}")
            }
            Need::Semaphore(semaphore, value) => {
                let now = self.given(rank, semaphore);
                let next = match on {
                    Some(signal) => format!("raised next by {}", self.standing(signal)),
                    None if node.on.is_empty() => "and no signal is left".to_owned(),
                    None => "and all signals left are not enough".to_owned(),
                };
                format!("{semaphore} to reach {value}: it is {now}, {next}")
            }
            Need::Event(event, value) => {
                let next = match on {
                    Some(signal) => format!("signalled by {}", self.standing(signal)),
                    None if !self.ends.events.contains_key(&event) => "and nobody signals it".to_owned(),
                    None => "and nobody signals as much".to_owned(),
                };
                format!("{event} to reach {value}: it is {}, {next}", self.value(event))
            }
            Need::Barrier(number) => self.barrier(number, on),
        }
    }

    /// An op of the same rank that `at` waits for, and why, where a queue or the bytes of a pass say so.
    fn other(&self, (rank, op): At, other: OpIndex) -> String {
        let standing = self.standing((rank, other));
        match (self.program.op(rank, op).stage(), self.program.op(rank, other)) {
            (Stage::Host, _) => standing,
            (Stage::Pass | Stage::Event | Stage::Commit, Op::Queue(QueueOp::Commit {})) => {
                format!("the command buffer before it: {standing}")
            }
            (Stage::Pass, _) if self.is_encoded((rank, op)) => format!("bytes held by {standing}"),
            (Stage::Pass | Stage::Event | Stage::Commit, _) => standing,
        }
    }

    fn barrier(&self, number: u32, on: Option<At>) -> String {
        let ranks = (0..self.program.n_ranks()).map(Rank);
        let lacking = ranks.clone().find(|&rank| !self.ends.barriers.contains_key(&(rank, number)));
        match (lacking, on) {
            (Some(rank), _) => format!("barrier {number}, which {rank} never calls"),
            (None, Some(on)) => {
                format!("barrier {number}, which {} has not reached: {}", on.0, self.standing(on))
            }
            (None, None) => format!("barrier {number} to open"),
        }
    }

    /// An op, and what it stands behind.
    fn standing(&self, at: At) -> String {
        let name = name(self.program, at);
        if let Some(commit) = self.commit_to_come(at).filter(|&commit| commit != at.1) {
            return format!("{name}, committed by op {}, behind op {}", commit.0, self.stands_at(at).1.0);
        }
        match self.stands_at(at) {
            stands if stands == at => name,
            (_, OpIndex(op)) => format!("{name}, behind op {op}"),
        }
    }
}
