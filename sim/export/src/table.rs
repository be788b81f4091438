//! A table by columns: what CSV and Parquet are written from.

use std::collections::BTreeMap;

mod csv;
#[cfg(feature = "parquet")]
mod parquet;

/// Columns of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
    /// What is true of all rows, by key.
    pub about: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub values: Values,
}

/// Whole numbers are signed and of 64 bits, so that differences of two columns never leave their type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    Whole(Vec<i64>),
    MaybeWhole(Vec<Option<i64>>),
    /// By row a place among the words, or nothing.
    Text {
        rows: Vec<Option<u32>>,
        words: Vec<String>,
    },
}

/// As a signed number; what no log can have becomes the largest.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Column {
    pub fn whole(name: &'static str, values: impl IntoIterator<Item = u64>) -> Column {
        Column { name, values: Values::Whole(values.into_iter().map(signed).collect()) }
    }
    pub fn maybe_whole(name: &'static str, values: impl IntoIterator<Item = Option<u64>>) -> Column {
        let values = values.into_iter().map(|value| value.map(signed)).collect();
        Column { name, values: Values::MaybeWhole(values) }
    }
    /// Texts that are made from keys: of one key once.
    pub fn text<K: Ord + Clone>(
        name: &'static str,
        keys: impl IntoIterator<Item = Option<K>>,
        text: impl Fn(&K) -> String,
    ) -> Column {
        let (mut places, mut words) = (BTreeMap::new(), Vec::new());
        let mut place = |key: K| {
            *places.entry(key.clone()).or_insert_with(|| {
                words.push(text(&key));
                words.len() as u32 - 1
            })
        };
        let rows = keys.into_iter().map(|key| key.map(&mut place)).collect();
        Column { name, values: Values::Text { rows, words } }
    }

    pub fn len(&self) -> usize {
        match &self.values {
            Values::Whole(values) => values.len(),
            Values::MaybeWhole(values) => values.len(),
            Values::Text { rows, .. } => rows.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
