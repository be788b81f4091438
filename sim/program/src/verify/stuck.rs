//! Who waits for whom in a program that cannot finish.

use std::collections::BTreeMap;

use crate::op::{Op, OpIndex};
use crate::program::{Program, Rank};
use crate::progress::{Need, Waits};
use crate::verify::messages::name;
use crate::verify::ops;
use crate::verify::refusal::{Breach, Reasons, RefusalKind};
use crate::view::Message;

/// The ops that send each message and give its slot back.
pub(super) struct Ends {
    sent_by: BTreeMap<Message, (Rank, OpIndex)>,
    released_by: BTreeMap<Message, (Rank, OpIndex)>,
}

impl Ends {
    pub fn of(program: &Program) -> Ends {
        let mut ends = Ends { sent_by: BTreeMap::new(), released_by: BTreeMap::new() };
        for (rank, index, op) in ops(program) {
            if let Op::Send { message, .. } | Op::Forward { message, .. } = op {
                ends.sent_by.insert(*message, (rank, index));
            }
            if let Op::Release { message } | Op::RecvCopy { message, .. } = op {
                ends.released_by.insert(*message, (rank, index));
            }
        }
        ends
    }

    /// What an op waits for, as a clause.
    pub fn clause(&self, program: &Program, waits: &Waits) -> String {
        let by = |ends: &BTreeMap<Message, (Rank, OpIndex)>, message: Message| {
            ends.get(&message).map(|&(rank, op)| name(program, rank, op))
        };
        match waits.on {
            Need::Op(op) => format!("it waits for {}", name(program, waits.rank, op)),
            Need::Message(message) => {
                let sender = by(&self.sent_by, message).unwrap_or_else(|| "nobody".to_owned());
                format!("it waits for message {message}, sent by {sender}")
            }
            Need::Credit(message) => match by(&self.released_by, message) {
                Some(release) => {
                    format!("it waits for the slot of message {message}, given back by {release}")
                }
                None => format!("it waits for the slot of message {message}, which is never released"),
            },
            Need::Queue => "it waits for room in the send queue".to_owned(),
            Need::Semaphore(semaphore, value) => {
                format!("it waits for {semaphore} of its rank to reach {value}")
            }
            Need::Barrier(number) => format!("it waits for barrier {number}, which not every rank reaches"),
        }
    }
}

/// One reason for each op that waits for ever: together, the wait-for graph.
pub(super) fn deadlock(program: &Program, all: &[Waits], reasons: &mut Reasons<'_>) {
    let ends = Ends::of(program);
    for waits in all {
        let message = format!("the program cannot finish: {}", ends.clause(program, waits));
        let repair = match waits.on {
            Need::Message(_) => "send before receiving, on at least one rank of the cycle",
            Need::Credit(_) | Need::Queue => "`release` messages before sending more",
            Need::Op(_) => "wait for it later",
            Need::Semaphore(..) => "`signal` before waiting, on at least one rank of the cycle",
            Need::Barrier(_) => "let every rank reach its barrier",
        };
        reasons.op(
            waits.rank,
            waits.op,
            Breach::new(RefusalKind::Deadlock, message, repair).at(place(waits)),
        );
    }
}

fn place(waits: &Waits) -> String {
    match waits.on {
        Need::Op(_) => "sequencer".to_owned(),
        Need::Message(message) | Need::Credit(message) => format!("message {message}"),
        Need::Queue => "send queue".to_owned(),
        Need::Semaphore(semaphore, _) => semaphore.to_string(),
        Need::Barrier(number) => format!("barrier {number}"),
    }
}
