//! Reads of a replay whose bytes depend on the order of ops. They say nothing about that order.

use program::Space;

use crate::Diagnostic;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations {
    /// Whether the replay computed outputs. Else no value was compared.
    pub have_values: bool,
    pub list: Vec<Observation>,
}

/// Reads of one kind, by ops of the same source lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The first few.
    pub reads: Vec<ObservedRead>,
    /// Whether one of them has other values; `None` when that is not known.
    pub value_differed: Option<bool>,
    /// What it is unless a hazard explains it. `None` when the memories held the intended bytes, and only another
    /// order of the writers would leave others.
    pub unexplained: Option<Diagnostic>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRead {
    /// Global numbers of the reader, and of the writers of intended, found and possible bytes.
    pub ops: Vec<u32>,
    pub space: Space,
    /// From the first of these bytes to the last, as addresses in `space`.
    pub bytes: [u64; 2],
}

impl ObservedRead {
    /// The number of the host, as a reader of outputs.
    pub const HOST: u32 = u32::MAX;
}

impl Observation {
    /// The finding for an observation that no hazard explains.
    pub fn finding(&self) -> Option<Diagnostic> {
        let found = self.unexplained.clone()?;
        Some(Diagnostic { value_differed: self.value_differed, ..found })
    }
}
