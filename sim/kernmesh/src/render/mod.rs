//! Text for people, at most 100 columns wide where it is ours to break.

mod columns;
mod diff;
mod error;
mod finding;
mod number;
mod paint;
mod summary;

pub use columns::columns;
pub use diff::diff;
pub use error::error;
pub use paint::Paint;
pub use summary::summary;
