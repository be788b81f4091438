//! Text for people, at most 100 columns wide where it is ours to break.

mod advice;
mod at_defaults;
mod check;
mod columns;
mod deadlock;
mod diff;
mod error;
mod explanation;
mod finding;
mod golden;
mod likeness;
mod lines;
mod machine_keys;
mod memories;
mod number;
mod paint;
mod peak;
mod probe;
mod provenance;
mod refusal;
mod remark;
pub mod review;
mod shows;
mod summary;
mod topology;
mod traffic;
mod validation;
pub mod verdict;

pub use advice::advice;
pub use at_defaults::at_defaults;
pub use check::{checked, plan};
#[cfg(test)]
pub use columns::WIDTH;
pub use columns::{columns, wrapped};
pub use diff::{diff, diff_in_words};
pub use error::{error, headline};
pub use explanation::{explanation, symptom};
pub use finding::findings;
pub use golden::{golden, golden_verdict};
pub use lines::{blanked, lines, one_line};
pub use machine_keys::keys;
#[cfg(test)]
pub use machine_keys::keys_markdown;
pub use memories::{memories, twice_note};
pub use number::{bytes, grouped};
pub use paint::Paint;
pub use probe::probed;
#[cfg(test)]
pub use provenance::provenance;
pub use provenance::why;
pub use remark::remark;
pub use shows::{Shows, end_of, verdict_of};
pub use summary::{change, summary, whatif};
pub use topology::topology;
pub use validation::validation;
