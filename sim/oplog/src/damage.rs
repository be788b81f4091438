//! Errors of reading a log.

use std::fmt;

/// Place of damage in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Of JSON lines, counted from 1.
    Line(usize),
    /// Of a sealed file, counted from 0, with the section it lies in.
    Byte { offset: usize, section: String },
    /// The file is whole, but it does not make sense here.
    Content(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Byte { offset, section } => write!(f, "byte {offset} ({section})"),
            Place::Content(what) => f.write_str(what),
        }
    }
}

/// Error of reading a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("not {expected}: it begins neither with `{{\"kernmesh\":` nor with the mark of a sealed file")]
    Foreign { expected: &'static str },
    #[error(
        "this is version {found} of the format and this program reads version {known}: use the kernmesh that wrote it"
    )]
    Version { found: u64, known: u64 },
    #[error("damaged at {place}: {reason}; make it again, or take another copy")]
    At { place: Place, reason: String },
    #[error("the checksums are of another run, with other {which} ({theirs}, not {ours})")]
    OtherRun { which: &'static str, theirs: String, ours: String },
}

impl Damage {
    pub fn line(line: usize, reason: impl Into<String>) -> Damage {
        Damage::At { place: Place::Line(line), reason: reason.into() }
    }
    pub fn byte(offset: usize, section: impl Into<String>, reason: impl Into<String>) -> Damage {
        Damage::At { place: Place::Byte { offset, section: section.into() }, reason: reason.into() }
    }
    pub fn content(place: impl Into<String>, reason: impl Into<String>) -> Damage {
        Damage::At { place: Place::Content(place.into()), reason: reason.into() }
    }
}
