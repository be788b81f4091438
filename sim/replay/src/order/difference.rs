//! Differences of a legal order as diagnostics: the read, what it found instead of the intended bytes, and the
//! missing edge.

use diagnostic::fact::{Differs, Observed, Origin};
use diagnostic::{Access, Advice, Code, Diagnostic, Does, Edge, End, Fact, OpRef, Place, Repair};
use program::{Base, Space, TensorId, View};

use super::compare::{Compare, Difference};
use super::steps::{Moment, Step};
use crate::history::Part;
use crate::place::op_ref;
use crate::poison::{Poison, Reached};
use crate::rule::taken_by_host;
use crate::version::{VersionId, Writer, whole_tensor};

/// Which bytes a reader finds instead of which.
struct Instead {
    reader: Option<u32>,
    view: View,
    space: Space,
    meant: Part,
    found: Part,
}

impl Compare<'_> {
    /// The difference, then the poison that reached an output elsewhere; and the op that differs first. `proven` when
    /// the log's own order gives other outputs.
    pub fn findings(
        &self,
        difference: &Difference,
        poison: &Poison<'_>,
        reached: &[Reached],
        proven: bool,
    ) -> (Vec<Diagnostic>, Option<OpRef>) {
        let instead = match difference {
            Difference::Op(op, _) => Some(self.instead_of_op(*op)),
            Difference::Host(tensor) => Some(self.instead_of_host(*tensor)),
            Difference::NoValue(..) => None,
        };
        let reader = instead.as_ref().and_then(|instead| instead.reader);
        let (mine, others): (Vec<Reached>, Vec<Reached>) =
            reached.iter().cloned().partition(|reached| Some(reached.by) == reader);
        let outputs = mine.iter().flat_map(|reached| &reached.outputs);
        let observed = Observed::OtherOrder {
            order: self.order.to_string(),
            differs: self.differs(difference, instead.as_ref()),
            reaches: outputs.map(|&of| poison.output_name(of)).collect(),
            proven,
        };
        let finding = self.finding(instead.as_ref(), observed);
        let first = finding.ops().next().cloned();
        (std::iter::once(finding).chain(poison.findings(&others)).collect(), first)
    }

    fn differs(&self, difference: &Difference, instead: Option<&Instead>) -> Differs {
        let origin = |part: fn(&Instead) -> &Part| {
            instead.map_or(Origin::Unwritten, |instead| self.origin(part(instead).version))
        };
        let (found, meant) = (origin(|instead| &instead.found), origin(|instead| &instead.meant));
        match difference {
            Difference::Op(op, outputs) => Differs::Op { op: self.op(*op), found, meant, outputs: *outputs },
            Difference::Host(_) => Differs::Host { found, meant },
            Difference::NoValue(op, why) => Differs::NoValue { op: (**op).clone(), why: why.clone() },
        }
    }

    fn finding(&self, instead: Option<&Instead>, observed: Observed) -> Diagnostic {
        let mut ops: Vec<u32> = Vec::new();
        if let Some(Instead { reader, meant, found, .. }) = instead {
            let writers = [found, meant].into_iter().filter_map(|part| self.writer(part.version));
            for op in reader.iter().copied().chain(writers) {
                if !ops.contains(&op) {
                    ops.push(op);
                }
            }
        }
        let reader = instead.and_then(|instead| instead.reader);
        let does = |op| if Some(op) == reader { Does::Reads } else { Does::Writes };
        Diagnostic {
            accesses: ops.into_iter().map(|op| Access::new(self.op(op), does(op))).collect(),
            place: instead.map(|i| Place::of(&self.log.program, i.space, i.view.base)),
            bytes: instead.map(|instead| [instead.found.start, instead.found.end()]),
            missing: instead.and_then(|instead| self.missing(instead)),
            repair: Repair::Fixed(Advice::AsOfRace),
            value_differed: Some(true),
            ..Diagnostic::new(Code::TimingDependent, Fact::Observed(Box::new(observed)))
        }
    }

    fn instead_of_op(&self, op: u32) -> Instead {
        let (nth, (meant, found)) =
            self.differences(op as usize).expect("the first op that differs reads otherwise");
        let (rank, index) = self.versions.op(op);
        let view =
            self.log.program.op(rank, index).access().reads().nth(nth).expect("it is one of its reads");
        let view = self.log.program.rank(rank).views[view.index()];
        let (space, _) = self.log.layout.locate(&self.log.program, rank, &view);
        Instead { reader: Some(op), view, space, meant, found }
    }

    fn instead_of_host(&self, tensor: TensorId) -> Instead {
        let reader = self.versions.n_ops() + tensor.index();
        let (_, (meant, found)) = self.differences(reader).expect("the host takes other bytes");
        let view = whole_tensor(self.log, tensor).expect("an output is a tensor of at most four dimensions");
        let (space, _) = taken_by_host(self.log, tensor).expect("the host takes it");
        Instead { reader: None, view, space, meant, found }
    }

    /// The edge that would have made it find what it means.
    fn missing(&self, Instead { reader, view, meant, found, .. }: &Instead) -> Option<Edge> {
        let (meant, found) = (self.writer(meant.version), self.writer(found.version));
        let start = |op: Option<u32>| op.map_or(End::Host, |op| End::Start(self.op(op)));
        let end = |op: Option<u32>| op.map_or(End::Host, |op| End::End(self.op(op)));
        match (meant, found, view.base) {
            (Some(meant), _, _) if reader.is_some_and(|reader| self.reads_before(reader, meant)) => {
                Some(Edge::new(end(Some(meant)), start(*reader)))
            }
            (Some(_), Some(_), _) if reader.is_none() => Some(Edge::new(end(found), start(meant))),
            (_, Some(_), _) => Some(Edge::new(end(*reader), start(found))),
            (_, None, Base::Message(message)) => Some(Edge::new(end(*reader), End::Release(message))),
            (_, None, Base::Buffer(_) | Base::Tensor(_)) => None,
        }
    }

    /// Whether an op has read before what another one writes is there.
    fn reads_before(&self, reader: u32, writer: u32) -> bool {
        let reads = |step: &Step| *step == Step { op: reader, moment: Moment::Read };
        let moment = if self.is_sent(writer) { Moment::Arrive } else { Moment::End };
        let writes = |step: &Step| *step == Step { op: writer, moment };
        self.sequence.iter().position(reads) < self.sequence.iter().position(writes)
    }
    fn is_sent(&self, op: u32) -> bool {
        self.versions.written_by(op as usize).is_some_and(|version| version.message.is_some())
    }

    fn origin(&self, version: Option<VersionId>) -> Origin {
        let Some(id) = version else { return Origin::Unwritten };
        let version = self.versions.get(id);
        match (version.writer, version.message) {
            (Writer::Host(_), _) => Origin::Input,
            (Writer::Op(op), Some(message)) => Origin::Message(message, self.op(op)),
            (Writer::Op(op), None) => Origin::Op(self.op(op)),
        }
    }
    fn writer(&self, version: Option<VersionId>) -> Option<u32> {
        match self.versions.get(version?).writer {
            Writer::Op(op) => Some(op),
            Writer::Host(_) => None,
        }
    }
    fn op(&self, op: u32) -> OpRef {
        op_ref(self.log, self.versions, op)
    }
}
