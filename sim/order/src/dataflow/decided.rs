//! Choice among writers that nothing orders: the newest that had written when the reader read, as a log has it.
//!
//! A racy log may let an op read before what it means to read is written. The op is then taken to read once its only
//! writer, or the first of its possible ones, is done, and to write no sooner than that: no two ops are said to read what
//! the other one writes. That holds of ops that take time, as all do in a log of the timing engine.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use machine::SimTime;

use super::{Dataflow, Writer};

/// A time, and of equal ones a number: what is written counts for a read that is not before it.
type Stamp = (SimTime, u32);

/// The writers of a program's reads, of which a log has chosen one each.
pub struct Decided<'a> {
    flow: &'a Dataflow,
    /// By global op: when it reads. Empty, as `writes`, where no writer has to be chosen.
    reads: Vec<Stamp>,
    /// By global op: when what it writes is there.
    writes: Vec<Stamp>,
}

impl<'a> Decided<'a> {
    /// `start` and `done` are a log's, by global op.
    pub fn of(flow: &'a Dataflow, start: &[SimTime], done: &[SimTime]) -> Decided<'a> {
        if !flow.is_ambiguous() {
            return Decided { flow, reads: Vec::new(), writes: Vec::new() };
        }
        let mut reads: Vec<Stamp> = start.iter().map(|&at| (at, u32::MAX)).collect();
        let mut writes: Vec<Stamp> = done.iter().map(|&at| (at, 0)).collect();
        Reading::of(flow).run(&mut reads, &mut writes);
        Decided { flow, reads, writes }
    }

    /// One writer for what the op reads; the host, who reads last, is `None`. Where no possible writer had written, it
    /// is the first candidate: see [`Dataflow::candidates`].
    pub fn writer(&self, reader: Option<u32>, writer: Writer) -> Writer {
        let Writer::Ambiguous(list) = writer else { return writer };
        let candidates = &self.flow.ambiguous[list as usize].writers;
        let read = reader.map(|op| self.reads[op as usize]);
        let had_written = |writer: &Writer| match *writer {
            Writer::Op { rank, op } => {
                let written = self.writes[self.flow.global(rank, op)];
                read.is_none_or(|read| written <= read).then_some((written.0, rank, op))
            }
            Writer::Uninitialised | Writer::Host(_) | Writer::Ambiguous(_) => None,
        };
        let newest = candidates.iter().filter_map(had_written).max();
        newest.map_or(candidates[0], |(_, rank, op)| Writer::Op { rank, op })
    }
}

/// What ops wait for: one writer, or the first of several of which one certainly comes first.
struct Reading {
    /// By global op: how many needs are open.
    open: Vec<u32>,
    /// By need: its reader, until it is met.
    readers: Vec<Option<u32>>,
    /// By global op that writes: the needs that it meets.
    met_by: Vec<Vec<u32>>,
    /// Ops that have read, by the time at which they have written.
    written: BinaryHeap<Reverse<(SimTime, u32)>>,
}

impl Reading {
    fn of(flow: &Dataflow) -> Reading {
        let n_ops = flow.first_reads.len() - 1;
        let (open, met_by) = (vec![0; n_ops], vec![Vec::new(); n_ops]);
        let mut reading = Reading { open, readers: Vec::new(), met_by, written: BinaryHeap::new() };
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

    /// Lets every op read once its needs are met. `reads` and `writes` hold the times of the log. One that is held up
    /// finds what has been written by then, and not what is written later at the same time.
    fn run(mut self, reads: &mut [Stamp], writes: &mut [Stamp]) {
        for op in (0..self.open.len()).filter(|&op| self.open[op] == 0) {
            self.written.push(Reverse((writes[op].0, op as u32)));
        }
        for number in 0.. {
            let Some(Reverse((now, writer))) = self.written.pop() else { return };
            writes[writer as usize] = (now, number);
            for need in std::mem::take(&mut self.met_by[writer as usize]) {
                let Some(reader) = self.readers[need as usize].take() else { continue };
                let op = reader as usize;
                self.open[op] -= 1;
                if self.open[op] == 0 {
                    reads[op] = reads[op].max((now, number));
                    self.written.push(Reverse((writes[op].0.max(reads[op].0), reader)));
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "decided_tests.rs"]
mod tests;
