//! What is said of events that wait for nothing.

use oplog::{Finding, FindingKind, FindingOp};

use crate::events::{Vain, buffer_of};
use crate::groups::Group;
use crate::report::{Report, finding};

impl Report<'_> {
    pub fn vain(&self, group: &Group<Vain>) -> Finding {
        let op = group.pairs[0][0];
        let (rank, index) = self.graph.op(op);
        let (name, short) = (self.possessive(op), self.short(op));
        let buffer = buffer_of(self.graph, rank, index);
        let (kind, message, missing, repair) = match group.first {
            Vain::Wait => (
                FindingKind::VacuousWait,
                format!("{name} waits for 0: an event starts at 0, so it waits for nothing"),
                format!("a signal → {short}"),
                "count from 1: `tl.event_signal` and `tl.event_wait` take no 0",
            ),
            Vain::Signal => (
                FindingKind::VacuousWait,
                format!("{name} signals 0: an event starts at 0, so nobody can wait for it"),
                format!("{short} → a wait"),
                "count from 1: `tl.event_signal` and `tl.event_wait` take no 0",
            ),
            Vain::GatesNothing => (
                FindingKind::WaitGatesNothing,
                format!(
                    "{name} gates nothing: nothing follows it in its command buffer, and later buffers do not wait"
                ),
                format!("{short} → the passes that should wait"),
                "encode the wait at the head of the buffer whose passes need it: `tl.event_wait` before them, and one `tl.commit` after",
            ),
        };
        Finding {
            ops: vec![FindingOp::of(self.log, rank, index)],
            message,
            missing,
            repair: repair.to_owned(),
            ..finding(kind, format!("command buffer {buffer} of rank {}", rank.0))
        }
    }
}
