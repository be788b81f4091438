//! A program that has been checked against a machine, with everything Phase 1 needs to run it.

use std::sync::Arc;

use machine::{Machine, PeId};
use order::Dependencies;
use program::{Layout, Program};

/// Result of [`crate::verify()`]: a program that is accepted and has addresses.
#[derive(Clone, Debug)]
pub struct Verified {
    pub program: Arc<Program>,
    pub machine: Machine,
    /// The PE of each rank.
    pub placement: Vec<PeId>,
    pub layout: Arc<Layout>,
    pub dependencies: Dependencies,
}
