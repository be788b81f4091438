//! Published numbers that neither the model nor a kernel can express yet.

use serde::Deserialize;

use crate::row::{Reference, Row, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unmodelled {
    rows: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    what: String,
    unit: Text,
    printed: Text,
    source: Text,
    /// Why not.
    note: Text,
}

pub fn rows() -> impl Iterator<Item = Row> {
    let Unmodelled { rows } = crate::parsed(include_str!("../data/unmodelled.toml"));
    rows.into_iter().map(|Printed { what, unit, printed, source, note }| Row {
        what,
        unit,
        reference: Reference::Printed(printed),
        ours: None,
        difference: None,
        held: false,
        within: 0.0,
        pass: None,
        source,
        note,
    })
}
