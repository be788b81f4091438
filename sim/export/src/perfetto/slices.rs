//! Slices of what the units of a rank did, and of why they waited.

use std::collections::BTreeMap;

use machine::SimTime;
use oplog::{Stall, UnitId};
use program::program::Source;
use program::{Message, Rank};

use super::lanes::lanes;
use super::trace::{Category, Note, TextId, Trace, TrackId, is_whole_ns};
use crate::chosen::{Chosen, ChosenOp};
use crate::shapes::Shapes;
use crate::spans::innermost;
use crate::tables::who;

pub struct Slices<'a> {
    chosen: &'a Chosen<'a>,
    /// Arrows of the logs before this one: numbers go on from there.
    arrows: u64,
    shapes: BTreeMap<Shapes, TextId>,
    sources: BTreeMap<Source, TextId>,
}

/// What runs on a unit of the rank at hand.
#[derive(Default)]
struct OnUnit {
    ops: Vec<ChosenOp>,
    waits: Vec<Stall>,
}

impl<'a> Slices<'a> {
    pub fn of(chosen: &'a Chosen<'a>, arrows: u64) -> Slices<'a> {
        Slices { chosen, arrows, shapes: BTreeMap::new(), sources: BTreeMap::new() }
    }

    /// Messages whose arrow has both ends in the window.
    pub fn n_flows(&self) -> usize {
        self.chosen.index.messages().filter(|&message| self.flow(message).is_some()).count()
    }

    /// The number of a message's arrow, when both its ends are in the window.
    fn flow(&self, message: Message) -> Option<u64> {
        let ends = self.chosen.index.ops(message);
        let has = |op: Option<u32>| op.is_some_and(|op| self.chosen.has(op));
        let place = self.chosen.index.place(message).filter(|_| has(ends.sender) && has(ends.receiver))?;
        Some(self.arrows + place as u64 + 1)
    }

    /// Everything of one rank, unit by unit.
    pub fn add(&mut self, trace: &mut Trace, rank: Rank, parent: TrackId) {
        let mut units: BTreeMap<UnitId, OnUnit> = BTreeMap::new();
        let entries = &self.chosen.log.entries;
        for &op in self.chosen.ops_of(rank) {
            units.entry(entries.unit[op.global]).or_default().ops.push(op);
        }
        for &stall in self.chosen.stalls_of(rank) {
            let unit = who(&stall, entries.unit[stall.op as usize]);
            units.entry(unit).or_default().waits.push(stall);
        }
        let spans = self.span_texts(trace, rank);
        for (unit, on_unit) in units {
            let name = format!("rank {} {unit}", rank.0);
            let track = trace.track(Some(parent), &name);
            self.add_ops(trace, (track, &name), on_unit.ops, &spans);
            self.add_waits(trace, (track, &name), on_unit.waits);
        }
    }

    fn span_texts(&self, trace: &mut Trace, rank: Rank) -> Vec<Option<TextId>> {
        let program = self.chosen.log.program.rank(rank);
        let names: Vec<TextId> = program.spans.iter().map(|span| trace.text(&span.name)).collect();
        innermost(program).into_iter().map(|span| span.map(|span| names[span as usize])).collect()
    }

    fn add_ops(
        &mut self,
        trace: &mut Trace,
        (track, name): (TrackId, &str),
        mut ops: Vec<ChosenOp>,
        spans: &[Option<TextId>],
    ) {
        let entries = &self.chosen.log.entries;
        let time = |op: &ChosenOp| (entries.start[op.global], entries.done[op.global]);
        ops.sort_by_key(|op| (time(op), op.global));
        let mut tracks = Lanes { first: Some(track), parent: track, name, tracks: Vec::new() };
        for (op, lane) in ops.iter().zip(lanes(ops.iter().map(time))) {
            let track = tracks.get(trace, lane);
            self.note(trace, op, spans);
            let (begin, end) = time(op);
            let kind = self.chosen.log.program.op(op.rank, op.index);
            let flows = |messages: &[Message]| -> Vec<u64> {
                messages.iter().filter_map(|&message| self.flow(message)).collect()
            };
            let (sent, received) = (flows(kind.sends()), flows(kind.receives()));
            trace.begin(track, begin, (Category::Op, kind.kind()), &sent);
            // A receive may begin before its message is sent, and an arrow does not go back in time.
            trace.end(track, end, &received);
        }
    }

    fn note(&mut self, trace: &mut Trace, at: &ChosenOp, spans: &[Option<TextId>]) {
        let log = self.chosen.log;
        let rank = log.program.rank(at.rank);
        let op = &rank.ops[at.index.index()];
        trace.note_whole(Note::Op, at.index.0.into());
        let shapes = Shapes::of(rank, &op.access());
        if !shapes.is_empty() {
            let known = self.shapes.get(&shapes).copied();
            let text = known.unwrap_or_else(|| trace.text(&shapes.text()));
            self.shapes.insert(shapes, text);
            trace.note(Note::Shapes, text);
        }
        if let Some(source) = rank.sources.get(at.index.index()) {
            let known = log.program.source(at.rank, at.index);
            let text = || trace.text(&known.unwrap_or_default());
            let text = *self.sources.entry(*source).or_insert_with(text);
            trace.note(Note::Source, text);
        }
        if let Some(text) = spans[at.index.index()] {
            trace.note(Note::Span, text);
        }
        if let [message] = op.messages() {
            trace.note_whole(Note::Ring, message.ring.0.into());
            trace.note_whole(Note::Message, message.number.into());
        }
        note_times(trace, log.entries.start[at.global], log.entries.done[at.global]);
    }

    fn add_waits(&self, trace: &mut Trace, (unit, name): (TrackId, &str), mut waits: Vec<Stall>) {
        waits.sort_by_key(|wait| (wait.from, wait.to, wait.op));
        let name = format!("{name} waits");
        let mut tracks = Lanes { first: None, parent: unit, name: &name, tracks: Vec::new() };
        for (wait, lane) in waits.iter().zip(lanes(waits.iter().map(|wait| (wait.from, wait.to)))) {
            let track = tracks.get(trace, lane);
            trace.note_whole(Note::Op, self.chosen.op(wait.op).index.0.into());
            note_times(trace, wait.from, wait.to);
            trace.begin(track, wait.from, (Category::Wait, wait.reason.name()), &[]);
            trace.end(track, wait.to, &[]);
        }
    }
}

/// Exact times, where Perfetto's are cut off.
fn note_times(trace: &mut Trace, begin: SimTime, end: SimTime) {
    for (note, at) in [(Note::StartFs, begin), (Note::DoneFs, end)] {
        if !is_whole_ns(at) {
            trace.note_whole(note, at.fs());
        }
    }
}

/// The tracks of the lanes of one unit, made when they are needed.
struct Lanes<'a> {
    /// The track of lane 0, when it is there already.
    first: Option<TrackId>,
    parent: TrackId,
    name: &'a str,
    tracks: Vec<TrackId>,
}

impl Lanes<'_> {
    fn get(&mut self, trace: &mut Trace, lane: usize) -> TrackId {
        while self.tracks.len() <= lane {
            let n = self.tracks.len();
            let name = if n == 0 { self.name.to_owned() } else { format!("{} {}", self.name, n + 1) };
            let first = self.first.take();
            self.tracks.push(first.unwrap_or_else(|| trace.track(Some(self.parent), &name)));
        }
        self.tracks[lane]
    }
}
