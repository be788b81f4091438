//! The ops at both ends of every message.

use oplog::OpLog;
use program::Message;

/// The ops of one message, by their numbers among all ops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub sender: Option<u32>,
    pub receiver: Option<u32>,
    /// What gives the slot back: a release, or the receive that copies.
    pub releaser: Option<u32>,
}

/// All messages of a log.
pub struct Exchange {
    /// By ring, then number.
    pub rings: Vec<Vec<Ends>>,
    /// By ring: the number of its first message among all.
    firsts: Vec<u64>,
}

impl Exchange {
    pub fn of(log: &OpLog) -> Exchange {
        let mut rings: Vec<Vec<Ends>> =
            log.messages.iter().map(|messages| vec![Ends::default(); messages.len()]).collect();
        for (global, (rank, index)) in log.ops().enumerate() {
            let op = log.program.op(rank, index);
            let mut each = |messages: &[Message], note: &dyn Fn(&mut Ends)| {
                messages.iter().for_each(|it| note(&mut rings[it.ring.index()][it.number as usize]));
            };
            let this = Some(global as u32);
            each(op.sends(), &|ends| ends.sender = this);
            each(op.receives(), &|ends| ends.receiver = this);
            each(op.frees(), &|ends| ends.releaser = this);
        }
        let mut firsts = vec![0];
        for ring in &rings {
            firsts.push(firsts.last().expect("never empty") + ring.len() as u64);
        }
        Exchange { rings, firsts }
    }

    pub fn ends(&self, message: Message) -> Ends {
        self.rings[message.ring.index()][message.number as usize]
    }

    /// The place of a message among all.
    pub fn number(&self, message: Message) -> u64 {
        self.firsts[message.ring.index()] + u64::from(message.number)
    }
}
