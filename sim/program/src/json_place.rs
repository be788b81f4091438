//! Location and description of an error in a program's JSON, in the terms of programs.

use std::fmt;

use machine::fault::Fault;
use machine::{plain, unknown};
use serde_path_to_error::{Path, Segment};

use crate::refused;

/// Lists whose entries have a name: `rank 2`, and not `ranks[2]`.
const LISTS: [&str; 11] = [
    "ranks", "ops", "views", "buffers", "sources", "spans", "rings", "tensors", "inputs", "outputs", "files",
];

/// Parts of a place, from the program inwards.
pub(crate) struct Place(Vec<Part>);

enum Part {
    /// Name of the list's entries, and which.
    Entry(&'static str, usize),
    OpKind(String),
    Key(String),
}

/// `rank 2, op 17 (dot), `accumulate``. A key that is unknown is left to the message.
pub(crate) fn place(path: &Path, fault: Option<&Fault>) -> Place {
    let (mut parts, mut key) = (Vec::new(), String::new());
    let mut segments = path.iter().peekable();
    while let Some(segment) = segments.next() {
        let dot = if key.is_empty() { "" } else { "." };
        match segment {
            Segment::Enum { variant }
                if key.is_empty() && matches!(parts.last(), Some(Part::Entry("op", _))) =>
            {
                parts.push(Part::OpKind(variant.clone()));
            }
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                let list = LISTS.into_iter().find(|list| key.is_empty() && list == name);
                match (list, segments.peek()) {
                    (Some(list), Some(&&Segment::Seq { index })) => {
                        parts.push(Part::Entry(&list[..list.len() - 1], index));
                        segments.next();
                    }
                    (Some(_) | None, _) => key.push_str(&format!("{dot}{name}")),
                }
            }
            Segment::Seq { index } => key.push_str(&format!("[{index}]")),
            Segment::Unknown => {}
        }
    }
    if let Some(Fault::UnknownKey(word, _)) = fault {
        key = key.strip_suffix(word.as_str()).unwrap_or(&key).trim_end_matches('.').to_owned();
    }
    if !key.is_empty() {
        parts.push(Part::Key(key));
    }
    Place(parts)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match part {
                Part::Entry(name, index) => write!(f, "{comma}{name} {index}"),
                Part::OpKind(kind) => write!(f, " ({kind})"),
                Part::Key(key) => write!(f, "{comma}`{key}`"),
            }?;
        }
        Ok(())
    }
}

/// What is wrong, with the nearest word where one is unknown; what the reader says where no word is at fault.
pub(crate) fn message(error: &serde_json::Error, fault: Option<Fault>, place: &Place) -> String {
    let is_op = matches!(place.0.last(), Some(Part::Entry("op", _)));
    match fault {
        Some(Fault::Missing(key)) => format!("the key `{key}` is missing: add it"),
        Some(Fault::UnknownKey(key, known)) => match refused::key(&key) {
            Some(why) => format!("there is no key `{key}`: {why}"),
            None => unknown("key", &key, known),
        },
        Some(Fault::UnknownValue(op, known)) if is_op => match refused::op(&op) {
            Some(why) => format!("there is no op `{op}`: {why}"),
            None => unknown("op", &op, known),
        },
        Some(Fault::UnknownValue(value, known)) => unknown("value", &value, known),
        None if is_op && !error.is_eof() => "an op is an object with one key, its kind".to_owned(),
        None => {
            let said = error.to_string();
            // The place is said once, in front.
            plain(said.rsplit_once(" at line ").map_or(&*said, |(said, _)| said))
                .replace("a table", "an object")
        }
    }
}

/// What is wrong with a word that other languages write in JSON: Python's json has `NaN` and `Infinity`.
pub(crate) fn foreign(text: &str, error: &serde_json::Error) -> Option<String> {
    let line = text.lines().nth(error.line().checked_sub(1)?)?;
    let at = error.column().checked_sub(1).filter(|at| line.is_char_boundary(*at))?;
    let in_word = |c: char| c.is_ascii_alphabetic() || "+-".contains(c);
    let start = line[..at].rfind(|c| !in_word(c)).map_or(0, |before| before + 1);
    let word = line.get(start..)?.split(|c| !in_word(c)).next()?;
    let name = word.trim_start_matches('+').trim_start_matches('-').to_lowercase();
    let right = match &*name {
        "nan" => "\"nan\"",
        "inf" | "infinity" if word.starts_with('-') => "\"-inf\"",
        "inf" | "infinity" => "\"inf\"",
        "true" => "true",
        "false" => "false",
        "none" | "undefined" | "null" => {
            return Some(format!("`{word}` is no value here: leave the key out"));
        }
        _ => return None,
    };
    let quoted = right.starts_with('"');
    let whose = if quoted { ", and only a constant may be it: there" } else { ":" };
    (word != right).then(|| format!("JSON has no `{word}`{whose} write {right}"))
}

/// The column, in characters, at which the word begins that ends at byte `column` of a line; both from 1.
pub(crate) fn start_of_word(text: &str, line: usize, column: usize) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let mut end = column.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let before = &line[..end];
    let start = match before.strip_suffix('"') {
        Some(string) => string.rfind('"').unwrap_or(end.saturating_sub(1)),
        None => before.trim_end_matches(|c: char| c.is_alphanumeric() || "+-._".contains(c)).len(),
    };
    // What ends in no word stands where it ends.
    let start = if start == end { end.saturating_sub(1) } else { start };
    column.min(1 + line.get(..start).unwrap_or_default().chars().count())
}
