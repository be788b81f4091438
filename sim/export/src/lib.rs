//! Op logs for other programs: [`perfetto()`] for people who look, and tables for people who ask: [`Table::to_csv`]
//! and, with the feature `parquet`, `Table::to_parquet`.
//!
//! Everything here is a function from a log to bytes, the same bytes for the same log.

mod chosen;
mod perfetto;
mod shapes;
mod spans;
mod table;
mod tables;
mod window;

#[cfg(test)]
mod samples;

pub use chosen::{Chosen, LeftOut};
pub use perfetto::{Perfetto, joined, perfetto, title};
pub use table::{Column, Table, Values};
pub use tables::{messages, ops, stalls};
pub use window::Window;
