//! Row of the table: a reference, and our measurement beside it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A row, as JSON has it. Keys are added, never renamed or removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub what: String,
    pub unit: Text,
    pub reference: Reference,
    /// Null when it is not modelled.
    pub ours: Option<f64>,
    /// Of ours from the reference, in percent of the reference.
    pub difference: Option<f64>,
    /// Ours must equal the reference, or be as near as `within` says.
    pub held: bool,
    /// In percent; 0 is equal.
    pub within: f64,
    /// Null of a row that is not held.
    pub pass: Option<bool>,
    pub source: Text,
    /// Why a row is not held, or not modelled.
    pub note: Text,
}

pub type Text = Cow<'static, str>;

/// A number, or a statement where the source prints no number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reference {
    Number(f64),
    Printed(Text),
}

/// Source and unit of some references, and how near rows must be to them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    /// Paper, document or program; or the formula.
    pub source: Text,
    pub unit: Text,
    /// Percent within which rows are held to their references; 0 is equal. Absent where rows are only shown.
    pub within: Option<f64>,
    /// Why rows are not held.
    #[serde(default)]
    pub note: Text,
}

impl Origin {
    /// A formula that rows must equal.
    pub const fn exact(unit: &'static str, source: &'static str) -> Origin {
        Origin {
            source: Text::Borrowed(source),
            unit: Text::Borrowed(unit),
            within: Some(0.0),
            note: Text::Borrowed(""),
        }
    }
    /// A formula whose misses are shown and do not fail.
    pub const fn shown(unit: &'static str, source: &'static str, note: &'static str) -> Origin {
        Origin {
            source: Text::Borrowed(source),
            unit: Text::Borrowed(unit),
            within: None,
            note: Text::Borrowed(note),
        }
    }
    /// The same source, with rows shown, for that reason.
    pub fn noted(&self, note: &Text) -> Origin {
        Origin { within: None, note: note.clone(), ..self.clone() }
    }

    pub fn row(&self, what: impl Into<String>, reference: f64, ours: f64) -> Row {
        let difference = (ours - reference) / reference * 100.0;
        Row {
            what: what.into(),
            unit: self.unit.clone(),
            reference: Reference::Number(reference),
            ours: Some(ours),
            difference: Some(difference),
            held: self.within.is_some(),
            within: self.within.unwrap_or(0.0),
            pass: self.within.map(|percent| difference.abs() <= percent),
            source: self.source.clone(),
            note: self.note.clone(),
        }
    }
    /// A row that is held to a statement.
    pub fn statement(&self, what: impl Into<String>, printed: Text, ours: f64, pass: bool) -> Row {
        Row {
            reference: Reference::Printed(printed),
            difference: None,
            held: true,
            pass: Some(pass),
            ..self.row(what, f64::NAN, ours)
        }
    }
}

impl Row {
    pub fn misses(&self) -> bool {
        self.pass == Some(false)
    }
    pub fn is_modelled(&self) -> bool {
        self.ours.is_some()
    }
}
