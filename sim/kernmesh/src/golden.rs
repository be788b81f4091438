//! A golden that a run is held to.

use analysis::diff::Difference;
use serde::Serialize;

use crate::comparison::Comparison;
use crate::error::Exit;

/// JSON output of the comparison.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Held {
    pub file: String,
    /// Whether this run is the golden from now on.
    pub blessed: bool,
    /// Null when there was no golden.
    pub difference: Option<Comparison>,
    /// Whether the run has findings or a verdict that fails, so that it cannot be accepted.
    #[serde(skip)]
    pub is_wrong: bool,
}

impl Held {
    pub fn exit(&self) -> Exit {
        match &self.difference {
            _ if self.blessed => Exit::Good,
            Some(difference) => difference.exit(),
            // The run was not accepted, because it is wrong.
            None => Exit::Found,
        }
    }

    /// Whether there is something to accept.
    pub fn differs(&self) -> bool {
        self.difference.as_ref().is_none_or(|it| it.diff.verdict != Some(Difference::Same))
    }
}
