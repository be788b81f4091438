//! Rows of an output that a reference computes. A row is the last axis.

use std::borrow::Cow;

/// All rows, or some of them. The values of a row do not depend on the others that are computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    All,
    /// In ascending order, each once.
    Some(Vec<usize>),
}

impl Rows {
    /// The rows of an output that has so many.
    pub(crate) fn of(&self, rows: usize) -> Cow<'_, [usize]> {
        match self {
            Rows::All => Cow::Owned((0..rows).collect()),
            Rows::Some(some) => Cow::Borrowed(some),
        }
    }

    /// The shape of these rows of an output of that shape.
    pub(crate) fn shape(&self, whole: &[usize]) -> Vec<usize> {
        match self {
            Rows::All => whole.to_vec(),
            Rows::Some(some) => vec![some.len(), whole.last().copied().unwrap_or(1)],
        }
    }
}
