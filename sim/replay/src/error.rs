//! Errors of a replay.

use diagnostic::OpRef;

use crate::backend::ComputeError;

/// Rounded up.
fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

fn within(span: &Option<String>) -> String {
    span.as_ref().map_or_else(String::new, |span| format!(" in span `{span}`"))
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("the op log contradicts itself: {0}; record it again")]
    Log(String),
    #[error("input `{name}` is missing: the program needs {needed}; the host gave {given}")]
    MissingInput { name: String, needed: String, given: String },
    #[error(
        "input `{name}` is {given}, but the program takes {needed}: give a tensor of that shape and dtype"
    )]
    WrongInput { name: String, given: String, needed: String },
    #[error(
        "input `{name}` has {bytes} bytes, which are not a {needed}: give all of its elements, row-major"
    )]
    Bytes { name: String, bytes: usize, needed: String },
    #[error("{op:#}: {source}")]
    Op { op: Box<OpRef>, source: ComputeError },
    #[error(
        "{op:#}{}: with the values that are alive it needs {} MiB of memory, and the limit is {} MiB: raise it with `--memory`",
        within(span), mebibytes(*needs), mebibytes(*limit)
    )]
    Memory { op: Box<OpRef>, span: Option<String>, needs: u64, limit: u64 },
    #[error("{threads} replay threads could not be started: {problem}; use fewer")]
    Threads { threads: usize, problem: String },
    #[error(
        "output `{output}` has {value}, and outputs are compared as f64, which has no such number: give no `expected` of it, or store it in parts, as i32"
    )]
    NotComparable { output: String, value: i64 },
    #[error("the output is {output} and its reference {reference}: give a reference of the output's shape")]
    Reference { output: String, reference: String },
}
