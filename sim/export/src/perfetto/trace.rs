//! A Perfetto trace: packets of tracks, slices and counters. The numbers of fields are those of Perfetto's
//! `trace_packet.proto`, `track_event.proto`, `track_descriptor.proto`, `debug_annotation.proto` and
//! `interned_data.proto`; the tests decode with the official ones.

use std::collections::BTreeMap;

use machine::SimTime;

use super::wire::Message;

/// All packets belong to one sequence, whose first packet has every text once; the others name texts by number.
const SEQUENCE: u64 = 1;
const CLEARED: u64 = 1;
const NEEDS_TEXTS: u64 = 2;
/// `TrackEvent.type`.
const BEGIN: u64 = 1;
const END: u64 = 2;
const COUNTER: u64 = 4;
/// `TrackDescriptor.child_ordering`: children stand by their ranks.
const EXPLICIT: u64 = 3;

/// A track, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrackId(u64);

/// A text that was interned, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextId(u64);

/// Category of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Op,
    Wait,
}

/// Annotation of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    Op,
    Shapes,
    Source,
    Span,
    Ring,
    Message,
    StartFs,
    DoneFs,
}

/// Unit of a counter.
pub struct Unit<'a> {
    pub name: &'a str,
    /// Counters of one key share a scale.
    pub scale: &'a str,
}

/// The parts of a trace so far.
#[derive(Default)]
pub struct Trace {
    names: Texts,
    texts: Texts,
    tracks: Message,
    n_tracks: u64,
    /// By parent: how many children it has.
    children: BTreeMap<u64, u64>,
    events: Message,
    notes: Message,
    event: Message,
    packet: Message,
    note: Message,
}

/// Texts and their numbers, which begin at 1.
#[derive(Default)]
struct Texts {
    ids: BTreeMap<String, u64>,
    all: Message,
}

impl Texts {
    fn id(&mut self, text: &str, field: u32) -> u64 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = self.ids.len() as u64 + 1;
        self.ids.insert(text.to_owned(), id);
        interned(&mut self.all, field, id, text);
        id
    }
}

/// `InternedData.event_names` and `debug_annotation_string_values`.
const NAMES: u32 = 2;
const TEXTS: u32 = 29;

fn interned(all: &mut Message, field: u32, id: u64, text: &str) {
    let mut entry = Message::default();
    entry.whole(1, id);
    entry.text(2, text);
    all.message(field, &entry);
}

impl Category {
    const ALL: [Category; 2] = [Category::Op, Category::Wait];

    const fn name(self) -> &'static str {
        match self {
            Category::Op => "op",
            Category::Wait => "wait",
        }
    }
    const fn id(self) -> u64 {
        self as u64 + 1
    }
}

impl Note {
    const ALL: [Note; 8] = [
        Note::Op,
        Note::Shapes,
        Note::Source,
        Note::Span,
        Note::Ring,
        Note::Message,
        Note::StartFs,
        Note::DoneFs,
    ];

    const fn name(self) -> &'static str {
        match self {
            Note::Op => "op",
            Note::Shapes => "shapes",
            Note::Source => "source",
            Note::Span => "span",
            Note::Ring => "ring",
            Note::Message => "message",
            Note::StartFs => "start_fs",
            Note::DoneFs => "done_fs",
        }
    }
    const fn id(self) -> u64 {
        self as u64 + 1
    }
}

impl Trace {
    /// Interns a text for annotations.
    pub fn text(&mut self, text: &str) -> TextId {
        TextId(self.texts.id(text, TEXTS))
    }

    /// A track below another, after those that are there already. Its name is unique among them, for Perfetto takes
    /// tracks of one name for one.
    pub fn track(&mut self, parent: Option<TrackId>, name: &str) -> TrackId {
        let track = self.described(parent, name);
        self.add_track(&track);
        TrackId(self.n_tracks)
    }
    pub fn counter(&mut self, parent: TrackId, name: &str, unit: &Unit<'_>) -> TrackId {
        let mut track = self.described(Some(parent), name);
        let mut counter = Message::default();
        counter.text(6, unit.name);
        counter.text(7, unit.scale);
        track.message(8, &counter);
        self.add_track(&track);
        TrackId(self.n_tracks)
    }

    fn described(&mut self, parent: Option<TrackId>, name: &str) -> Message {
        self.n_tracks += 1;
        let mut track = Message::default();
        track.whole(1, self.n_tracks);
        track.text(2, name);
        if let Some(TrackId(parent)) = parent {
            let place = self.children.entry(parent).or_default();
            track.whole(5, parent);
            track.whole(12, *place);
            *place += 1;
        }
        track.whole(11, EXPLICIT);
        track
    }
    fn add_track(&mut self, track: &Message) {
        let mut packet = Message::default();
        packet.whole(10, SEQUENCE);
        packet.message(60, track);
        self.tracks.message(1, &packet);
    }

    pub fn note(&mut self, note: Note, text: TextId) {
        self.note.clear();
        self.note.whole(1, note.id());
        self.note.whole(17, text.0);
        self.notes.message(4, &self.note);
    }
    pub fn note_whole(&mut self, note: Note, value: u64) {
        self.note.clear();
        self.note.whole(1, note.id());
        self.note.whole(3, value);
        self.notes.message(4, &self.note);
    }

    /// Opens a slice with the notes since the last one; a flow leaves it.
    pub fn begin(&mut self, track: TrackId, at: SimTime, (category, name): (Category, &str), flows: &[u64]) {
        let name = self.names.id(name, NAMES);
        self.event.clear();
        self.event.whole(9, BEGIN);
        self.event.whole(11, track.0);
        self.event.whole(3, category.id());
        self.event.whole(10, name);
        self.event.extend(&self.notes);
        self.notes.clear();
        for &flow in flows {
            self.event.fixed(47, flow);
        }
        self.add_event(at, true);
    }
    /// Closes the slice of a track; a flow ends in it.
    pub fn end(&mut self, track: TrackId, at: SimTime, flows: &[u64]) {
        self.event.clear();
        self.event.whole(9, END);
        self.event.whole(11, track.0);
        for &flow in flows {
            self.event.fixed(48, flow);
        }
        self.add_event(at, false);
    }
    pub fn count(&mut self, track: TrackId, at: SimTime, value: i64) {
        self.event.clear();
        self.event.whole(9, COUNTER);
        self.event.whole(11, track.0);
        // Two's complement, as int64 has it.
        self.event.whole(30, value as u64);
        self.add_event(at, false);
    }
    fn add_event(&mut self, at: SimTime, needs_texts: bool) {
        self.packet.clear();
        self.packet.whole(8, whole_ns(at));
        self.packet.whole(10, SEQUENCE);
        if needs_texts {
            self.packet.whole(13, NEEDS_TEXTS);
        }
        self.packet.message(11, &self.event);
        self.events.message(1, &self.packet);
    }

    /// The texts, the tracks, then what happens on them.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut texts = self.names.all;
        texts.extend(&self.texts.all);
        for category in Category::ALL {
            interned(&mut texts, 1, category.id(), category.name());
        }
        for note in Note::ALL {
            interned(&mut texts, 3, note.id(), note.name());
        }
        let mut first = Message::default();
        first.whole(10, SEQUENCE);
        first.whole(13, CLEARED);
        first.message(12, &texts);
        let mut trace = Message::default();
        trace.message(1, &first);
        trace.extend(&self.tracks);
        trace.extend(&self.events);
        trace.into_bytes()
    }
}

const NS: u64 = 1_000_000;

/// Perfetto counts whole ns; what is below is cut off, so that what follows each other still does.
fn whole_ns(at: SimTime) -> u64 {
    at.fs() / NS
}
/// Whether Perfetto can represent a time.
pub fn is_whole_ns(at: SimTime) -> bool {
    at.fs().is_multiple_of(NS)
}
