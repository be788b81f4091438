//! Choice among writers that nothing orders: the newest that had written when the reader read, as a log has it.
//!
//! A racy log may let an op read before what it means to read is written. The op is then taken to read once that is
//! there, and to write no sooner than that: no two ops are said to read what the other one writes.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use machine::SimTime;

use super::{Dataflow, Writer};

/// The writers of a program's reads, of which a log has chosen one each.
pub struct Decided<'a> {
    flow: &'a Dataflow,
    /// By global op: when it reads.
    reads: Cow<'a, [SimTime]>,
    /// By global op: when what it writes is there.
    writes: Cow<'a, [SimTime]>,
}

impl<'a> Decided<'a> {
    /// `start` and `done` are a log's, by global op.
    pub fn of(flow: &'a Dataflow, start: &'a [SimTime], done: &'a [SimTime]) -> Decided<'a> {
        let (mut reads, mut writes) = (Cow::Borrowed(start), Cow::Borrowed(done));
        if flow.is_ambiguous() {
            Reading::of(flow, start).run(reads.to_mut(), writes.to_mut());
        }
        Decided { flow, reads, writes }
    }

    /// One writer for what the op reads; the host, who reads last, is `None`. Where no possible writer had written, it
    /// is the first candidate: see [`Dataflow::candidates`].
    pub fn writer(&self, reader: Option<u32>, writer: Writer) -> Writer {
        let Writer::Ambiguous(list) = writer else { return writer };
        let candidates = &self.flow.ambiguous[list as usize].writers;
        let read = reader.map(|op| self.reads[op as usize]);
        let written = |writer: &Writer| match *writer {
            Writer::Op { rank, op } => Some((self.writes[self.flow.global(rank, op)], rank, op)),
            Writer::Uninitialised | Writer::Host(_) | Writer::Ambiguous(_) => None,
        };
        let had_written = |(at, ..): &(SimTime, _, _)| read.is_none_or(|read| *at <= read);
        let newest = candidates.iter().filter_map(written).filter(had_written).max();
        newest.map_or(candidates[0], |(_, rank, op)| Writer::Op { rank, op })
    }
}

/// What ops wait for: one writer, or the first of several of which one certainly comes first.
struct Reading<'a> {
    start: &'a [SimTime],
    /// By global op: how many needs are open.
    open: Vec<u32>,
    /// By need: its reader, until it is met.
    readers: Vec<Option<u32>>,
    /// By global op that writes: the needs that it meets.
    met_by: Vec<Vec<u32>>,
    /// Ops that have read, by the time at which they have written.
    written: BinaryHeap<Reverse<(SimTime, u32)>>,
}

impl<'a> Reading<'a> {
    fn of(flow: &Dataflow, start: &'a [SimTime]) -> Reading<'a> {
        let n_ops = start.len();
        let (open, met_by) = (vec![0; n_ops], vec![Vec::new(); n_ops]);
        let mut reading = Reading { start, open, readers: Vec::new(), met_by, written: BinaryHeap::new() };
        for op in 0..n_ops {
            let parts = &flow.parts[flow.parts_of(op)];
            let mut last = None;
            for writer in
                parts.iter().map(|part| part.writer).filter(|writer| last.replace(*writer) != Some(*writer))
            {
                reading.add(flow, op, writer);
            }
        }
        reading
    }

    fn add(&mut self, flow: &Dataflow, op: usize, writer: Writer) {
        let candidates = flow.candidates(writer);
        if !matches!(candidates[0], Writer::Op { .. }) {
            // It may find what was there before the run.
            return;
        }
        let need = self.readers.len() as u32;
        self.readers.push(Some(op as u32));
        self.open[op] += 1;
        for candidate in candidates {
            if let Writer::Op { rank, op } = candidate {
                self.met_by[flow.global(rank, op)].push(need);
            }
        }
    }

    /// Lets every op read once its needs are met. `writes` holds the ends of the log.
    fn run(mut self, reads: &mut [SimTime], writes: &mut [SimTime]) {
        for op in (0..self.open.len()).filter(|&op| self.open[op] == 0) {
            self.written.push(Reverse((writes[op], op as u32)));
        }
        while let Some(Reverse((now, writer))) = self.written.pop() {
            for need in std::mem::take(&mut self.met_by[writer as usize]) {
                let Some(reader) = self.readers[need as usize].take() else { continue };
                let op = reader as usize;
                self.open[op] -= 1;
                if self.open[op] == 0 {
                    reads[op] = self.start[op].max(now);
                    writes[op] = writes[op].max(reads[op]);
                    self.written.push(Reverse((writes[op], reader)));
                }
            }
        }
    }
}
