//! What a legal order came to, in words: which op read what instead of what, and the edge that is missing.

use oplog::{Finding, FindingKind, FindingOp, words};
use program::{Base, Space, TensorId, View};

use super::compare::{Compare, Difference};
use super::steps::{Moment, Step};
use crate::history::Part;
use crate::place::finding_op;
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
    ) -> (Vec<Finding>, Option<FindingOp>) {
        let instead = match difference {
            Difference::Op(op, _) => Some(self.instead_of_op(*op)),
            Difference::Host(tensor) => Some(self.instead_of_host(*tensor)),
            Difference::NoValue(_) => None,
        };
        let reader = instead.as_ref().and_then(|instead| instead.reader);
        let mut said = self.message(difference, instead.as_ref());
        for mine in reached.iter().filter(|reached| Some(reached.by) == reader) {
            let names: Vec<String> = mine.outputs.iter().map(|of| poison.output_name(*of)).collect();
            said += &format!("; the poison it lets in reaches {}", names.join(" and "));
        }
        if proven {
            said += "; the order of the log gives other outputs: the result depends on timing";
        }
        let finding = self.finding(instead.as_ref(), said);
        let first = finding.ops.first().cloned();
        let others: Vec<Reached> =
            reached.iter().filter(|reached| Some(reached.by) != reader).cloned().collect();
        (std::iter::once(finding).chain(poison.findings(&others)).collect(), first)
    }

    fn message(&self, difference: &Difference, instead: Option<&Instead>) -> String {
        let order = self.order;
        let what = instead.map_or_else(String::new, |instead| {
            let place = words::memory(&self.log.program, instead.space, instead.view.base);
            let (meant, found) = (self.said(instead.meant.version), self.said(instead.found.version));
            format!("in {place} it finds {found} instead of {meant}")
        });
        match difference {
            Difference::Op(op, outputs) => {
                let name = self.name(*op);
                let outputs = if *outputs { "the outputs differ" } else { "the outputs do not differ" };
                format!(
                    "in the legal order `{order}`, {name} is the first op to write other bits: {what}; {outputs}"
                )
            }
            Difference::Host(_) => {
                format!(
                    "in the legal order `{order}` every op writes the same bits, but the host takes others: {what}"
                )
            }
            Difference::NoValue(why) => format!("in the legal order `{order}` an op has no value: {why}"),
        }
    }

    fn finding(&self, instead: Option<&Instead>, message: String) -> Finding {
        let mut ops: Vec<u32> = Vec::new();
        if let Some(Instead { reader, meant, found, .. }) = instead {
            let writers = [found, meant].into_iter().filter_map(|part| self.writer(part.version));
            for op in reader.iter().copied().chain(writers) {
                if !ops.contains(&op) {
                    ops.push(op);
                }
            }
        }
        let place =
            instead.map_or_else(String::new, |i| words::memory(&self.log.program, i.space, i.view.base));
        Finding {
            kind: FindingKind::TimingDependent,
            ops: ops.into_iter().map(|op| finding_op(self.log, self.versions, op)).collect(),
            place,
            bytes: instead.map(|instead| [instead.found.start, instead.found.end()]),
            message,
            missing: instead.map_or_else(String::new, |instead| self.missing(instead)),
            repair: "order the two ops, as the finding of their race says".to_owned(),
            value_differed: Some(true),
            slack_fs: None,
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
    fn missing(&self, Instead { reader, view, meant, found, .. }: &Instead) -> String {
        let name = reader.map_or_else(|| "the host".to_owned(), |op| self.name(op));
        let (meant, found) = (self.writer(meant.version), self.writer(found.version));
        match (meant, found, view.base) {
            (Some(meant), _, _) if reader.is_some_and(|reader| self.reads_before(reader, meant)) => {
                format!("end of {} → start of {name}", self.name(meant))
            }
            (Some(meant), Some(found), _) if reader.is_none() => {
                format!("end of {} → start of {}", self.name(found), self.name(meant))
            }
            (_, Some(found), _) => format!("end of {name} → start of {}", self.name(found)),
            (_, None, Base::Message(message)) => format!("end of {name} → release of {message}"),
            (_, None, Base::Buffer(_) | Base::Tensor(_)) => String::new(),
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

    fn said(&self, version: Option<VersionId>) -> String {
        let Some(id) = version else { return "poison".to_owned() };
        let version = self.versions.get(id);
        match (version.writer, version.message) {
            (Writer::Host(_), _) => "the host's input".to_owned(),
            (Writer::Op(op), Some(message)) => format!("{message} of {}", self.name(op)),
            (Writer::Op(op), None) => format!("what {} wrote", self.name(op)),
        }
    }
    fn writer(&self, version: Option<VersionId>) -> Option<u32> {
        match self.versions.get(version?).writer {
            Writer::Op(op) => Some(op),
            Writer::Host(_) => None,
        }
    }
    fn name(&self, op: u32) -> String {
        let (rank, index) = self.versions.op(op);
        words::op(&self.log.program, rank, index)
    }
}
