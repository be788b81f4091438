//! A reader of the protobuf that traces are made of, written from Perfetto's own descriptions.

use std::collections::BTreeMap;
use std::fmt;

/// A field's number, and what it holds.
type Field<'a> = (u32, Held<'a>);

#[derive(Clone, Copy, Debug)]
enum Held<'a> {
    Whole(u64),
    Bytes(&'a [u8]),
}

impl<'a> Held<'a> {
    fn whole(self) -> u64 {
        let Held::Whole(value) = self else { panic!("{self:?} is no number") };
        value
    }
    fn bytes(self) -> &'a [u8] {
        let Held::Bytes(bytes) = self else { panic!("{self:?} is no message") };
        bytes
    }
    fn text(self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("texts are UTF-8")
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a number ends");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn take<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(n);
    *bytes = rest;
    taken
}

fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let held = match key & 7 {
            0 => Held::Whole(varint(&mut bytes)),
            1 => Held::Whole(u64::from_le_bytes(take(&mut bytes, 8).try_into().expect("eight bytes"))),
            2 => {
                let n = varint(&mut bytes) as usize;
                Held::Bytes(take(&mut bytes, n))
            }
            kind => panic!("no field of kind {kind} is written"),
        };
        fields.push(((key >> 3) as u32, held));
    }
    fields
}

fn get<'a>(fields: &[Field<'a>], number: u32) -> Option<Held<'a>> {
    fields.iter().find(|(field, _)| *field == number).map(|&(_, held)| held)
}

#[derive(Debug, Default)]
pub struct Slice {
    pub track: String,
    pub category: String,
    pub name: String,
    pub begin: u64,
    pub end: u64,
    pub notes: Vec<(String, String)>,
    pub leaves: Option<u64>,
    pub arrives: Option<u64>,
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {} {}..{}", self.track, self.category, self.name, self.begin, self.end)?;
        self.notes.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))?;
        self.leaves.map_or(Ok(()), |flow| write!(f, " leaves {flow}"))?;
        self.arrives.map_or(Ok(()), |flow| write!(f, " arrives {flow}"))
    }
}

#[derive(Debug, Default)]
struct Track {
    name: String,
    parent: Option<u64>,
    place: u64,
    unit: Option<String>,
}

/// What a trace says.
#[derive(Debug, Default)]
pub struct Decoded {
    tracks: BTreeMap<u64, Track>,
    /// In the order of the file.
    pub slices: Vec<Slice>,
    counts: BTreeMap<u64, Vec<(u64, i64)>>,
    /// By field of the interned texts, then number.
    texts: BTreeMap<(u32, u64), String>,
    /// By track: its open slice.
    open: BTreeMap<u64, Slice>,
}

pub fn decode(bytes: &[u8]) -> Decoded {
    let mut trace = Decoded::default();
    for (number, packet) in fields(bytes) {
        assert_eq!(number, 1, "a trace is packets");
        trace.packet(&fields(packet.bytes()));
    }
    assert!(trace.open.is_empty(), "every slice is closed: {:?}", trace.open);
    trace
}

impl Decoded {
    fn packet(&mut self, packet: &[Field<'_>]) {
        assert_eq!(get(packet, 10).map(Held::whole), Some(1), "one sequence");
        if let Some(texts) = get(packet, 12) {
            for (field, text) in fields(texts.bytes()) {
                let text = fields(text.bytes());
                let id = get(&text, 1).expect("its number").whole();
                self.texts.insert((field, id), get(&text, 2).expect("a text").text());
            }
        }
        if let Some(track) = get(packet, 60) {
            self.track(&fields(track.bytes()));
        }
        if let Some(event) = get(packet, 11) {
            self.event(get(packet, 8).expect("a time").whole(), &fields(event.bytes()));
        }
    }

    fn track(&mut self, track: &[Field<'_>]) {
        assert_eq!(get(track, 11).map(Held::whole), Some(3), "children stand by their ranks");
        let counter = get(track, 8).map(|counter| fields(counter.bytes()));
        let described = Track {
            name: get(track, 2).expect("a name").text(),
            parent: get(track, 5).map(Held::whole),
            place: get(track, 12).map_or(0, Held::whole),
            unit: counter.map(|counter| get(&counter, 6).expect("a unit").text()),
        };
        let same = |other: &Track| other.parent == described.parent && other.name == described.name;
        assert!(!self.tracks.values().any(same), "{} is there twice", described.name);
        self.tracks.insert(get(track, 1).expect("a number").whole(), described);
    }

    fn event(&mut self, at: u64, event: &[Field<'_>]) {
        let track = get(event, 11).expect("a track").whole();
        match get(event, 9).expect("a type").whole() {
            1 => {
                let slice = self.begun(track, at, event);
                assert!(self.open.insert(track, slice).is_none(), "slices of a track overlap");
            }
            2 => {
                let slice = self.open.remove(&track).expect("what ends was begun");
                assert!(slice.begin <= at);
                let arrives = get(event, 48).map(Held::whole);
                self.slices.push(Slice { end: at, arrives, ..slice });
            }
            4 => {
                let value = get(event, 30).expect("a value").whole() as i64;
                self.counts.entry(track).or_default().push((at, value));
            }
            kind => panic!("no event of type {kind} is written"),
        }
    }

    fn begun(&self, track: u64, at: u64, event: &[Field<'_>]) -> Slice {
        let text = |field, id: Held<'_>| self.texts[&(field, id.whole())].clone();
        let notes = event.iter().filter(|(field, _)| *field == 4).map(|(_, note)| {
            let note = fields(note.bytes());
            let value = match get(&note, 17) {
                Some(id) => text(29, id),
                None => get(&note, 3).expect("a value").whole().to_string(),
            };
            (text(3, get(&note, 1).expect("its name")), value)
        });
        Slice {
            track: self.tracks[&track].name.clone(),
            category: text(1, get(event, 3).expect("a category")),
            name: text(2, get(event, 10).expect("a name")),
            begin: at,
            notes: notes.collect(),
            leaves: get(event, 47).map(Held::whole),
            ..Slice::default()
        }
    }

    pub fn levels(&self, name: &str) -> Vec<(u64, i64)> {
        let (id, _) = self.tracks.iter().find(|(_, track)| track.name == name).expect("the counter is there");
        self.counts[id].clone()
    }

    /// The tracks as Perfetto orders them, each below its parent.
    pub fn tree(&self) -> String {
        let mut text = String::new();
        self.below(None, 0, &mut text);
        text
    }

    fn below(&self, parent: Option<u64>, depth: usize, text: &mut String) {
        let mut children: Vec<(&u64, &Track)> =
            self.tracks.iter().filter(|(_, track)| track.parent == parent).collect();
        children.sort_by_key(|(_, track)| track.place);
        for (&id, track) in children {
            let unit = track.unit.as_ref().map_or_else(String::new, |unit| format!(" [{unit}]"));
            text.push_str(&format!("{}{}{unit}\n", "  ".repeat(depth), track.name));
            self.below(Some(id), depth + 1, text);
        }
    }
}
