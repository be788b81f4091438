//! Text for people, at most 100 columns wide where it is ours to break.

mod check;
mod columns;
mod deadlock;
mod diff;
mod error;
mod excerpt;
mod explanation;
mod finding;
mod number;
mod paint;
mod probe;
mod refusal;
mod summary;
mod traffic;
mod validation;

pub use check::{checked, plan};
#[cfg(test)]
pub use columns::WIDTH;
pub use columns::{columns, wrapped};
pub use diff::diff;
pub use error::error;
pub use excerpt::{Excerpt, excerpt_of};
pub use explanation::explanation;
pub use finding::findings;
pub use number::{bytes, grouped};
pub use paint::Paint;
pub use probe::probed;
pub use summary::{summary, whatif};
pub use validation::validation;
