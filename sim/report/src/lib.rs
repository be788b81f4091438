//! The report: one HTML file that shows a run, whole and without a network.
//!
//! [`page()`] makes it of an op log and of what is known about it besides ([`Shown`]), and [`page_against`] of two logs
//! and their difference. The modules say what is shown: `model` puts them together, each of its parts counts whole
//! femtoseconds and bytes, and divides nothing. The page itself (`assets/`) draws them.

mod against;
mod answer;
mod column;
mod kinds;
mod labels;
mod lanes;
mod lines;
mod lod;
mod memory;
mod mesh;
mod model;
mod ops;
mod page;
mod predecessors;
mod rings;
mod roofline;
mod ticks;
mod wrong;

use std::collections::BTreeMap;

use analysis::memory::Copies;
use analysis::{Busiest, CriticalPath};
use diagnostic::Diagnostic;
use oplog::{Digest, Digests, OpLog, Verdict};
use order::Dependencies;

pub use against::Against;
use lanes::MOST_INTERVALS;
pub use wrong::{Said, Told};

/// Facts of a run beside its log.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The program that writes the page, and its version.
    pub writer: String,
    pub digests: Digests,
    /// The digest of the outputs, when values were computed.
    pub data: Option<Digest>,
    pub verdict: Option<Verdict>,
    /// What a terminal says of a verdict that fails.
    pub told: Option<Told>,
    pub findings: Vec<Diagnostic>,
    /// Whether the findings are all there can be: values were computed, too.
    pub computed: bool,
    pub busiest: Busiest,
    pub critical: CriticalPath,
    /// What the memories hold twice.
    pub copies: Copies,
    /// Those of the log's program as it is laid out.
    pub dependencies: &'a Dependencies,
    /// Texts of source lines that can be read, by `file:line`.
    pub excerpts: BTreeMap<String, String>,
}

/// The page of a run: the same bytes for the same log and the same excerpts.
pub fn page(log: &OpLog, shown: &Shown<'_>) -> String {
    page_of_at_most(log, shown, None, MOST_INTERVALS)
}

/// The page of a run and of one that it is compared with.
pub fn page_against(log: &OpLog, shown: &Shown<'_>, against: &Against<'_>) -> String {
    page_of_at_most(log, shown, Some(against), MOST_INTERVALS)
}

/// As [`page()`] and [`page_against`], with the most intervals of units that are shown one by one. Of a run with more, the page shows what
/// each unit did in pieces of time, and has no single ops.
pub fn page_of_at_most(
    log: &OpLog,
    shown: &Shown<'_>,
    against: Option<&Against<'_>>,
    intervals: usize,
) -> String {
    let model = model::Model::of(log, shown, intervals);
    let other = against.map(|against| against::Other::of(&model, against, intervals));
    page::page(&model, other.as_ref())
}
