//! A row of the table: a number that others print or a formula gives, and ours beside it.

use serde::Serialize;

/// As JSON has it. Keys are added, never renamed or removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub what: String,
    pub unit: &'static str,
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
    pub source: &'static str,
    /// Why a row is not held, or not modelled.
    pub note: &'static str,
}

/// A number, or what is printed where there are many.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reference {
    Number(f64),
    Printed(&'static str),
}

impl Row {
    /// A row that must equal its reference.
    pub fn exact(what: String, unit: &'static str, reference: f64, ours: f64, source: &'static str) -> Row {
        let pass = Some(ours.to_bits() == reference.to_bits());
        let row = Row::shown(what, unit, reference, ours, source, "");
        Row { held: true, pass, ..row }
    }
    /// A row that must be as near as `within` percent.
    pub fn near(
        what: String,
        unit: &'static str,
        reference: f64,
        ours: f64,
        within: f64,
        source: &'static str,
    ) -> Row {
        let row = Row::shown(what, unit, reference, ours, source, "");
        let pass = row.difference.map(|percent| percent.abs() <= within);
        Row { held: true, within, pass, ..row }
    }
    /// A row whose reference is a statement, which holds of ours or not.
    pub fn judged(
        what: String,
        unit: &'static str,
        printed: &'static str,
        ours: f64,
        dependencies: bool,
        source: &'static str,
    ) -> Row {
        let row = Row::not_modelled(&what, unit, printed, source, "");
        Row { ours: Some(ours), held: true, pass: Some(dependencies), ..row }
    }
    /// A row whose miss is shown and does not fail.
    pub fn shown(
        what: String,
        unit: &'static str,
        reference: f64,
        ours: f64,
        source: &'static str,
        note: &'static str,
    ) -> Row {
        let difference = Some((ours - reference) / reference * 100.0);
        Row {
            what,
            unit,
            reference: Reference::Number(reference),
            ours: Some(ours),
            difference,
            held: false,
            within: 0.0,
            pass: None,
            source,
            note,
        }
    }
    /// A row that the model, or a kernel, cannot express yet.
    pub fn not_modelled(
        what: &str,
        unit: &'static str,
        printed: &'static str,
        source: &'static str,
        note: &'static str,
    ) -> Row {
        Row {
            what: what.to_owned(),
            unit,
            reference: Reference::Printed(printed),
            ours: None,
            difference: None,
            held: false,
            within: 0.0,
            pass: None,
            source,
            note,
        }
    }

    pub fn misses(&self) -> bool {
        self.pass == Some(false)
    }
    pub fn is_modelled(&self) -> bool {
        self.ours.is_some()
    }
}
