//! The identity rule: the version that program order and message numbers say a read consumes. The op log's
//! dataflow knows the writers by name; here they become versions and addresses.

use machine::SimTime;
use oplog::{OpLog, dataflow};
use program::{OpIndex, Rank, TensorId};

use crate::history::{Part, push};
use crate::reads::Reads;
use crate::rule::{host, taken_by_host};
use crate::version::{VersionId, Versions};
use crate::walk;

/// Resolves every read; where nothing orders two writers, log order decides.
pub fn reads(log: &OpLog, versions: &Versions) -> Reads {
    let flow = dataflow::Dataflow::of(&log.program);
    let namer = Namer { log, versions, flow: &flow };
    let mut reads = Reads::new();
    for (at, (rank, index)) in log.ops().enumerate() {
        let access = log.program.op(rank, index).access();
        for (view, parts) in access.reads().zip(flow.reads(rank, index)) {
            let view = &log.program.rank(rank).views[view.index()];
            let (_, base) = log.layout.locate(&log.program, rank, view);
            reads.read(namer.name(parts, base, &walk::runs(view, base), log.entries.start[at]));
        }
        reads.next_reader();
    }
    for tensor in (0..log.program.tensors.len() as u32).map(TensorId) {
        if let Some((_, runs)) = taken_by_host(log, tensor) {
            let base = log.layout.tensors[tensor.index()];
            reads.read(namer.name(flow.output(tensor), base, &runs, host(log).start));
        }
        reads.next_reader();
    }
    reads
}

struct Namer<'a> {
    log: &'a OpLog,
    versions: &'a Versions,
    flow: &'a dataflow::Dataflow,
}

impl Namer<'_> {
    /// The parts of `runs`, whose base lies at `base`. Both lists ascend.
    fn name(&self, parts: &[dataflow::Part], base: u64, runs: &[(u64, u64)], start: SimTime) -> Vec<Part> {
        let mut named = Vec::new();
        let mut first = 0;
        for &(run, length) in runs {
            while parts.get(first).is_some_and(|part| base + part.end <= run) {
                first += 1;
            }
            for part in parts[first..].iter().take_while(|part| base + part.start < run + length) {
                let from = run.max(base + part.start);
                let to = (run + length).min(base + part.end);
                self.append(part, base, (from, to), start, &mut named);
            }
        }
        named
    }

    fn append(
        &self,
        part: &dataflow::Part,
        base: u64,
        (from, to): (u64, u64),
        start: SimTime,
        named: &mut Vec<Part>,
    ) {
        let mut at = from;
        if let Some((version, written_base)) = self.writer(self.flow.decide(self.log, start, part.writer)) {
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
        let program = &self.log.program;
        let base = match program.op(rank, op).access().write {
            Some(to) => self.log.layout.locate(program, rank, &program.rank(rank).views[to.index()]).1,
            // A send: counted from the first byte of its payload.
            None => self.versions.get(id).address(),
        };
        (id, base)
    }
}

fn unwritten(start: u64, end: u64) -> Part {
    Part { start, length: end - start, version: None, at: 0 }
}
