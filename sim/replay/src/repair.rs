//! The edge that would have ordered a read and a write, and the cheapest way to write it in `tl`.

use oplog::FindingKind;
use program::program::Flow;
use program::{Base, Message, Op, SendOp};

use crate::conflict::{Conflict, How};
use crate::findings::Words;
use crate::history::Reader;
use crate::version::VersionId;

/// Most writers that a missing edge names.
const NAMED: usize = 3;

impl Words<'_> {
    /// The missing edge and the repair, in words.
    pub(super) fn repair(&self, conflict: &Conflict) -> (String, String) {
        let reader = self.name(conflict.reader.op);
        let [meant, found] = [conflict.meant(), conflict.found()].map(|version| match version {
            Some(_) => self.name(self.writer(version).unwrap_or(Reader::HOST)),
            None => "nothing".to_owned(),
        });
        if let How::Undecided { with_reader } = conflict.how {
            return self.decide(conflict, with_reader);
        }
        if conflict.kind == FindingKind::UninitialisedRead {
            return (String::new(), "write the bytes first: load them, or `tl.full` the tile".to_owned());
        }
        if conflict.kind == FindingKind::RaceRaw {
            let repair = self.order(conflict, conflict.meant(), "the write is done", "the read");
            return (format!("end of {meant} → start of {reader}"), repair);
        }
        if let Base::Message(message) = conflict.view.base {
            let edge = format!("end of {reader} → release of {message} → {found}");
            return (edge, self.keep_slot(conflict, message).to_owned());
        }
        if conflict.reader.op == Reader::HOST || self.wrote_before(conflict) {
            let repair = "the older write ended last: `tl.wait` for it before the newer one starts";
            return (format!("end of {found} → start of {meant}"), repair.to_owned());
        }
        let repair = self.order(conflict, conflict.found(), "the read is done", "the overwriting op");
        (format!("end of {reader} → start of {found}"), repair)
    }

    fn keep_slot(&self, conflict: &Conflict, message: Message) -> &'static str {
        let (rank, index) = self.versions.op(conflict.reader.op);
        if self.log.program.rings[message.ring.index()].flow == Flow::None {
            "give the ring credits: `flow = credit`, and release the slot after this op; more slots only make it rarer"
        } else if let Op::Send(SendOp::Forward { .. }) = self.log.program.op(rank, index) {
            "release the slot after the forward is done: `tl.wait(&[forward])` before `tl.release`"
        } else {
            "release the slot after the read is done: `tl.wait(&[op])` before `tl.release`"
        }
    }

    /// Orders two ops of one rank by a wait, of two ranks by a signal.
    fn order(&self, conflict: &Conflict, other: Option<VersionId>, event: &str, then: &str) -> String {
        let rank = |op: u32| self.versions.op(op).0;
        let same = self.writer(other).is_some_and(|op| rank(op) == rank(conflict.reader.op));
        if let Base::Message(_) = conflict.view.base {
            "`tl.wait` for the `recv_async`, or use `recv`, before the read".to_owned()
        } else if same {
            format!("`tl.wait` until {event}, before {then}; or use another tile")
        } else {
            let signal =
                format!("`tl.signal` when {event}, and `tl.wait_ge` on the other rank before {then}");
            format!("{signal}; or a barrier between")
        }
    }

    /// Whether one rank wrote both, and what was found by the earlier op of its program.
    fn wrote_before(&self, conflict: &Conflict) -> bool {
        let by = |version| self.writer(version).map(|op| self.versions.op(op));
        let both = by(conflict.found()).zip(by(conflict.meant()));
        both.is_some_and(|(found, meant)| found.0 == meant.0 && found.1 < meant.1)
    }
    /// The edge that would leave one last writer, and how to make it.
    fn decide(&self, conflict: &Conflict, with_reader: bool) -> (String, String) {
        let writers = conflict.versions().into_iter().take(NAMED);
        let name = |version| self.name(self.writer(Some(version)).unwrap_or(Reader::HOST));
        let mut unordered: Vec<String> = writers.map(name).collect();
        let edge = if with_reader {
            unordered.push(self.name(conflict.reader.op));
            "from the writer to the reader"
        } else {
            "from one writer to the other"
        };
        let missing = format!("no wait, message or barrier orders {}", unordered.join(" and "));
        (missing, format!("order them: a barrier, or a message or semaphore {edge}"))
    }
}
