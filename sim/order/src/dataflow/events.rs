//! Events of command buffers: which signal certainly came before a wait.

use program::{EventId, Op, Program, QueueOp};

use super::order::Stamp;

/// The signals of every event, while a program is walked.
pub struct Events {
    /// By event.
    all: Vec<Signals>,
}

#[derive(Clone, Default)]
struct Signals {
    /// Rank and value of each in the program, in (rank, index) order.
    planned: Vec<(usize, u32)>,
    /// Those already walked, with their values.
    sent: Vec<(Stamp, u32)>,
}

impl Events {
    pub fn of(program: &Program) -> Events {
        let mut all = vec![Signals::default(); program.n_events as usize];
        for (rank, ops) in program.ranks.iter().map(|rank| &rank.ops).enumerate() {
            for op in ops {
                if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
                    all[event.index()].planned.push((rank, *value));
                }
            }
        }
        Events { all }
    }

    pub fn signal(&mut self, event: EventId, value: u32, by: &Stamp) {
        self.all[event.index()].sent.push((by.clone(), value));
    }

    /// Whether a walked signal satisfies a wait. A value of 0 is there from the beginning.
    pub fn reached(&self, event: EventId, value: u32) -> bool {
        value == 0 || self.all[event.index()].sent.iter().any(|(_, sent)| *sent >= value)
    }

    /// What came before a wait of `rank` whichever signal satisfied it: of every rank that may have, the first that
    /// did. `None` when nothing certainly did.
    pub fn certain(&self, rank: usize, event: EventId, value: u32) -> Option<Vec<u32>> {
        if value == 0 {
            return None;
        }
        let signals = &self.all[event.index()];
        let mut by: Vec<usize> =
            signals.planned.iter().filter(|(_, sent)| *sent >= value).map(|&(by, _)| by).collect();
        by.dedup();
        let first = |by: &usize| {
            let sent = signals.sent.iter().find(|(stamp, sent)| stamp.rank.index() == *by && *sent >= value);
            sent.map(|(stamp, _)| stamp.known())
        };
        // A rank that has not signalled yet may do so first, unless it is the one that waits.
        let mut certain: Option<Vec<u32>> = None;
        for known in by.iter().filter(|&&by| by != rank || first(&by).is_some()).map(first) {
            let known = known?;
            certain = Some(match certain {
                None => known,
                Some(least) => least.iter().zip(&known).map(|(a, b)| *a.min(b)).collect(),
            });
        }
        certain
    }
}
