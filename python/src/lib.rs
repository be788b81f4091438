//! The Python package's own part: recording, runs and their results. What authors see is in `kernmesh/`, which wraps it.

mod errors;
mod hbm;
mod host;
mod index;
mod interrupt;
mod judge;
mod library;
mod machine;
mod messages;
mod ops;
mod program;
mod recorder;
mod run;
mod source;
mod table;
mod tile;
mod value;
mod words;

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs one command of the `kernmesh` binary; gives its exit code.
#[pyfunction]
fn command(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| kernmesh::cli::exit_of(&[], args) as u8)
}

#[pymodule]
mod _kernmesh {
    #[pymodule_export]
    use super::command;
    #[pymodule_export]
    use super::hbm::{HbmTile, Output};
    #[pymodule_export]
    use super::library::{library, record_library};
    #[pymodule_export]
    use super::machine::Machine;
    #[pymodule_export]
    use super::messages::{
        Semaphore, barrier, busy, close_span, contribute, expect, forward, neighbour, num_ranks, open_span,
        program_id, rank, recv, recv_async, recv_into, release, semaphore, send, set_semaphore, signal,
        signal_set, take, wait, wait_eq, wait_ge,
    };
    #[pymodule_export]
    use super::ops::{
        binary, cast, compare, copy, dequantize, dot, fill, fma, full, iota, load, quantize, reduce,
        scaled_format, scan, store, sum, tile, topk, unary, where_,
    };
    #[pymodule_export]
    use super::program::Program;
    #[pymodule_export]
    use super::recorder::Recorder;
    #[pymodule_export]
    use super::run::{Run, diff, simulate};
    #[pymodule_export]
    use super::tile::{Handle, Tile};
    #[pymodule_export]
    use super::words::{Team, gather, load_box, meet, scatter, store_add, store_box, team};
}
