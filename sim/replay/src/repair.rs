//! The edge that would have ordered a read and a write, and the cheapest repair.

use diagnostic::{Advice, Code, Edge, End, OpRef, Repair};
use program::program::Flow;
use program::{Base, Message, Op, OpIndex, RecvOp};

use crate::conflict::Conflict;
use crate::findings::Findings;
use crate::history::Reader;
use crate::version::VersionId;

type Mended = (Option<Edge>, Repair);

impl Findings<'_> {
    pub(super) fn repair(&self, conflict: &Conflict, code: Code) -> Mended {
        let [meant, found] = [conflict.meant(), conflict.found()].map(|version| self.writer(version));
        let [of_meant, of_found] = [meant, found].map(|op| op.map(|op| self.op(op)));
        if code == Code::UninitialisedRead {
            return (None, Repair::Fixed(Advice::WriteFirst));
        }
        if code == Code::RaceRaw {
            let edge = Edge::new(end(of_meant), self.start(conflict));
            return (Some(edge), self.read_after(conflict, conflict.meant()));
        }
        if let Base::Message(message) = conflict.view.base {
            let by = Some(End::Release(message));
            let edge = Edge { from: self.end(conflict), by, to: start(of_found) };
            return (Some(edge), self.keep_slot(conflict, message));
        }
        if conflict.reader.op == Reader::HOST || self.wrote_before(conflict) {
            let edge = Edge::new(end(of_found), start(of_meant));
            return (Some(edge), Repair::Fixed(Advice::WaitForOlderWrite));
        }
        let edge = Edge::new(self.end(conflict), start(of_found));
        (Some(edge), self.write_after(conflict, conflict.found()))
    }

    fn keep_slot(&self, conflict: &Conflict, message: Message) -> Repair {
        if self.log.program.rings[message.ring.index()].flow == Flow::None {
            Repair::Credits { ring: message.ring }
        } else {
            Repair::KeepSlot { reader: self.op(conflict.reader.op) }
        }
    }

    /// The read comes after the write that it means.
    fn read_after(&self, conflict: &Conflict, write: Option<VersionId>) -> Repair {
        let (reader, write) = (conflict.reader.op, self.writer(write));
        if let (Base::Message(message), true) = (conflict.view.base, reader != Reader::HOST) {
            return Repair::WaitForArrival {
                reader: self.op(reader),
                receive: self.receive(reader, message),
            };
        }
        self.order(write, Some(reader))
    }

    /// What overwrites comes after the read.
    fn write_after(&self, conflict: &Conflict, write: Option<VersionId>) -> Repair {
        self.order(Some(conflict.reader.op), self.writer(write))
    }

    /// A wait orders two ops of one rank, a signal two of different ranks.
    fn order(&self, from: Option<u32>, to: Option<u32>) -> Repair {
        let op = |op: Option<u32>| op.filter(|&op| op != Reader::HOST).map(|op| self.op(op));
        match op(from).zip(op(to)) {
            Some((on, op)) if on.rank == op.rank => Repair::Wait { op, on },
            Some((from, to)) => Repair::Signal { from, to },
            // The host reads when the run is over, and writes before it begins.
            None => Repair::Fixed(Advice::None),
        }
    }

    /// The op of the reader's rank that receives a message without waiting for it.
    fn receive(&self, reader: u32, message: Message) -> Option<OpRef> {
        let (rank, _) = self.versions.op(reader);
        let is_receive =
            |op: &Op| matches!(op, Op::Recv(RecvOp::RecvAsync { message: of, .. }) if *of == message);
        let index = self.log.program.rank(rank).ops.iter().position(is_receive)?;
        Some(OpRef::of(&self.log.program, rank, OpIndex(index as u32)))
    }

    /// Whether one rank wrote both, and what was found by the earlier op of its program.
    fn wrote_before(&self, conflict: &Conflict) -> bool {
        let by = |version| self.writer(version).map(|op| self.versions.op(op));
        let both = by(conflict.found()).zip(by(conflict.meant()));
        both.is_some_and(|(found, meant)| found.0 == meant.0 && found.1 < meant.1)
    }

    fn start(&self, conflict: &Conflict) -> End {
        start(self.reader(conflict))
    }
    fn end(&self, conflict: &Conflict) -> End {
        end(self.reader(conflict))
    }
    fn reader(&self, conflict: &Conflict) -> Option<OpRef> {
        (conflict.reader.op != Reader::HOST).then(|| self.op(conflict.reader.op))
    }
}

/// Where no op writes or reads, the host does.
fn start(op: Option<OpRef>) -> End {
    op.map_or(End::Host, End::Start)
}
fn end(op: Option<OpRef>) -> End {
    op.map_or(End::Host, End::End)
}
