//! Text for people, at most 100 columns wide where it is ours to break.

mod columns;
mod diff;
mod error;
mod finding;
mod number;
mod paint;
mod refusal;
mod summary;

pub use columns::{columns, wrapped};
pub use diff::diff;
pub use error::error;
pub use number::{bytes, grouped};
pub use paint::Paint;
pub use summary::summary;
