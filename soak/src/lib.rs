//! Random programs of every kind, and what must hold of every one of them. A program of which something does not hold
//! is shrunk to a few ops.
//!
//! [`generate`] draws a program for a machine of [`machines`]; [`examine`] runs it and checks the properties;
//! [`shrink`] makes it small. `docs/soundness.md` says what a run without a failure means.

mod census;
mod edit;
mod generate;
mod machines;
mod properties;
mod shrink;
#[cfg(test)]
mod tests;

pub use census::{Census, Kind};
pub use edit::without;
pub use generate::generate;
pub use machines::{Target, machines};
pub use properties::{Depth, Failure, Seen, examine};
pub use shrink::shrink;

/// A program, and the machine it is for.
#[derive(Clone, Debug)]
pub struct Case {
    pub seed: u64,
    pub program: program::Program,
    /// Its place among [`machines`].
    pub target: usize,
}
