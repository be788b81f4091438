//! Tables of a run by columns, for Arrow.

use kernmesh::export::{self, Chosen, Column, Values, Window};
use kernmesh::oplog::OpLog;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::Fault;

/// A column: its name; whole numbers as i64, or of texts their places among the words; by row whether there is one, where
/// some have none; and the words of texts.
type Columns<'py> = (&'static str, Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>, Option<Vec<String>>);

/// What is true of all rows, by key, and the columns.
pub type Table<'py> = (Vec<(&'static str, String)>, Vec<Columns<'py>>);

pub fn table_of<'py>(py: Python<'py>, log: &OpLog, name: &str) -> Result<Table<'py>, Fault> {
    let table = match name {
        "ops" => export::ops,
        "messages" => export::messages,
        "stalls" => export::stalls,
        other => {
            let problem = format!("no table is called `{other}`");
            return Err(Fault::input(problem, "it is \"ops\", \"messages\" or \"stalls\""));
        }
    };
    let made = py.detach(|| table(&Chosen::of(log, &Window::ALL)));
    Ok((made.about, made.columns.into_iter().map(|column| column_of(py, column)).collect()))
}

fn column_of(py: Python<'_>, Column { name, values }: Column) -> Columns<'_> {
    let numbers = |values: &mut dyn Iterator<Item = i64>| {
        let bytes: Vec<u8> = values.flat_map(i64::to_le_bytes).collect();
        PyBytes::new(py, &bytes)
    };
    let there = |values: &mut dyn Iterator<Item = bool>| {
        let bytes: Vec<u8> = values.map(u8::from).collect();
        PyBytes::new(py, &bytes)
    };
    match values {
        Values::Whole(values) => (name, numbers(&mut values.into_iter()), None, None),
        Values::MaybeWhole(values) => {
            let valid = there(&mut values.iter().map(Option::is_some));
            (name, numbers(&mut values.into_iter().map(Option::unwrap_or_default)), Some(valid), None)
        }
        Values::Text { rows, words } => {
            let valid = there(&mut rows.iter().map(Option::is_some));
            let places = rows.into_iter().map(|row| i64::from(row.unwrap_or_default()));
            (name, numbers(&mut { places }), Some(valid), Some(words))
        }
    }
}
