//! The identity rule: the version that program order and message numbers say a read consumes. The op log's
//! dataflow knows the writers by name; here they become versions and addresses.

use std::collections::BTreeMap;

use oplog::OpLog;
use order::dataflow;
use program::{OpIndex, Rank, TensorId};

use crate::conflict::differences;
use crate::history::{Part, push};
use crate::reads::Reads;
use crate::rule::{ranks, taken_by_host};
use crate::threads::side_by_side;
use crate::version::{Runs, VersionId, Versions, runs};

/// The identity rule for one log.
pub struct Identity<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    flow: &'a dataflow::Dataflow,
    decided: dataflow::Decided<'a>,
}

/// One read as the program means it.
pub struct Meant<'a> {
    parts: &'a [dataflow::Part],
    /// Address that the parts count from.
    base: u64,
    /// What is read, ascending.
    runs: Runs,
    /// `None`: the host.
    reader: Option<u32>,
}

impl<'a> Identity<'a> {
    /// `flow` is that of the log's program.
    pub fn of(log: &'a OpLog, flow: &'a dataflow::Dataflow, versions: &'a Versions) -> Identity<'a> {
        let decided = dataflow::Decided::of(flow, &log.entries.start, &log.entries.done);
        Identity { log, versions, flow, decided }
    }

    /// Resolves every read; where nothing orders two writers, log order decides.
    pub fn reads(&self) -> Reads {
        let of_rank = |(rank, first): (Rank, usize)| {
            let (mut reads, mut named) = (Reads::new(), Vec::new());
            self.for_each_of_rank(rank, first, &mut |(reader, _), meant| {
                reads.fill_up_to(reader - first);
                self.name_into(meant.parts, meant, &mut named);
                reads.read(named.drain(..));
            });
            reads.fill_up_to(self.log.program.rank(rank).ops.len());
            reads
        };
        let mut reads = Reads::joined(side_by_side(ranks(self.log), of_rank));
        self.for_each_of_host(&mut |(reader, _), meant| {
            reads.fill_up_to(reader);
            reads.read(self.name(meant.parts, meant));
        });
        reads.fill_up_to(self.versions.n_ids());
        reads
    }

    /// The reads whose last writer is not unique.
    pub fn ambiguous(&self) -> Ambiguous {
        let mut ambiguous = Ambiguous::new();
        if self.flow.is_ambiguous() {
            let mut visit = |number, meant: &Meant<'_>| {
                let found = self.possible(meant);
                if !found.is_empty() {
                    ambiguous.insert(number, found);
                }
            };
            ranks(self.log).into_iter().for_each(|(rank, first)| {
                self.for_each_of_rank(rank, first, &mut visit);
            });
            self.for_each_of_host(&mut visit);
        }
        ambiguous
    }

    /// The reads of a rank whose first op has the global number `first`.
    fn for_each_of_rank(&self, rank: Rank, first: usize, visit: &mut impl FnMut((usize, usize), &Meant<'_>)) {
        let (log, program) = (self.log, self.log.program.rank(rank));
        for (index, op) in program.ops.iter().enumerate() {
            let (at, access) = (first + index, op.access());
            let parts = self.flow.reads(rank, OpIndex(index as u32));
            for (nth, (view, parts)) in access.reads().zip(parts).enumerate() {
                let view = &program.views[view.index()];
                let (_, base) = log.layout.locate(&log.program, rank, view);
                let (runs, reader) = (runs(view, base), Some(at as u32));
                visit((at, nth), &Meant { parts, base, runs, reader });
            }
        }
    }

    fn for_each_of_host(&self, visit: &mut impl FnMut((usize, usize), &Meant<'_>)) {
        let log = self.log;
        for tensor in (0..log.program.tensors.len() as u32).map(TensorId) {
            if let Some((_, runs)) = taken_by_host(log, tensor) {
                let base = log.layout.tensors[tensor.index()];
                let number = (self.versions.n_ops() + tensor.index(), 0);
                visit(number, &Meant { parts: self.flow.output(tensor), base, runs, reader: None });
            }
        }
    }

    /// For every set of possible writers: what log order decides for, and what each other one left in the same bytes.
    fn possible(&self, meant: &Meant<'_>) -> Vec<Vec<(Part, Part)>> {
        let mut by_writers: BTreeMap<dataflow::Writer, Vec<dataflow::Part>> = BTreeMap::new();
        for part in meant.parts {
            if let dataflow::Writer::Ambiguous(_) = part.writer {
                by_writers.entry(part.writer).or_default().push(*part);
            }
        }
        let runs = |(writer, parts): (dataflow::Writer, Vec<dataflow::Part>)| {
            let decided = self.name(&parts, meant);
            let mut runs = Vec::new();
            for candidate in self.flow.candidates(writer) {
                let by: Vec<_> =
                    parts.iter().map(|part| dataflow::Part { writer: candidate, ..*part }).collect();
                runs.extend(differences(&decided, &self.name(&by, meant)));
            }
            runs.sort_by_key(|(part, other)| (part.start, other.version.is_none()));
            runs
        };
        by_writers.into_iter().map(runs).filter(|runs| !runs.is_empty()).collect()
    }

    /// What `parts`, some of a read's, hold of the bytes it reads. Both lists ascend.
    fn name(&self, parts: &[dataflow::Part], meant: &Meant<'_>) -> Vec<Part> {
        let mut named = Vec::new();
        self.name_into(parts, meant, &mut named);
        named
    }

    /// The same, appended to an empty list.
    fn name_into(&self, parts: &[dataflow::Part], meant: &Meant<'_>, named: &mut Vec<Part>) {
        let Meant { base, ref runs, reader, .. } = *meant;
        let mut first = 0;
        for &(run, length) in runs {
            while parts.get(first).is_some_and(|part| base + part.end <= run) {
                first += 1;
            }
            for part in parts[first..].iter().take_while(|part| base + part.start < run + length) {
                let from = run.max(base + part.start);
                let to = (run + length).min(base + part.end);
                self.append(part, base, (from, to), reader, named);
            }
        }
    }

    fn append(
        &self,
        part: &dataflow::Part,
        base: u64,
        (from, to): (u64, u64),
        reader: Option<u32>,
        named: &mut Vec<Part>,
    ) {
        let mut at = from;
        if let Some((version, written_base)) = self.writer(self.decided.writer(reader, part.writer)) {
            // Where the bytes lay when they were written: elsewhere for a message, or for buffers laid over
            // each other by hand.
            let written = written_base + part.from + (from - base - part.start);
            for (address, length, offset) in self.versions.get(version).pieces(written, to - from) {
                let here = from + (address - written);
                push(named, unwritten(at, here));
                push(named, Part { start: here, length, version: Some(version), at: offset });
                at = here + length;
            }
        }
        push(named, unwritten(at, to));
    }

    /// The version a writer made, and the address its `from` counts from.
    fn writer(&self, writer: dataflow::Writer) -> Option<(VersionId, u64)> {
        match writer {
            dataflow::Writer::Uninitialised => None,
            dataflow::Writer::Host(tensor) => {
                Some((self.versions.of_tensor(tensor), self.log.layout.tensors[tensor.index()]))
            }
            dataflow::Writer::Op { rank, op } => Some(self.written_by(rank, op)),
            dataflow::Writer::Ambiguous(_) => unreachable!("log order decided"),
        }
    }

    fn written_by(&self, rank: Rank, op: OpIndex) -> (VersionId, u64) {
        let id = VersionId(self.flow.global(rank, op) as u32);
        (id, self.versions.get(id).base)
    }
}

/// By reader and place among its reads. No list of runs is empty.
pub type Ambiguous = BTreeMap<(usize, usize), Vec<Vec<(Part, Part)>>>;

fn unwritten(start: u64, end: u64) -> Part {
    Part { start, length: end - start, version: None, at: 0 }
}
