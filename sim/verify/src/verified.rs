//! A program that has been checked against a machine, with everything Phase 1 needs to run it.

use std::sync::Arc;

use machine::{Machine, PeId};
use order::Holds;
use program::{Layout, Program};

/// What [`crate::verify()`] makes of a program: it will not be refused, and it has addresses.
#[derive(Clone, Debug)]
pub struct Verified {
    pub program: Arc<Program>,
    pub machine: Machine,
    /// The PE of each rank.
    pub placement: Vec<PeId>,
    pub layout: Arc<Layout>,
    pub holds: Holds,
}
