use std::process::ExitCode;

use kernmesh::allocator::OrExit;
use kernmesh::cli::version;

#[global_allocator]
static MEMORY: OrExit = OrExit;

/// Read here and nowhere else: a new commit builds this file again, and not the crate.
#[cfg(in_git)]
const COMMIT: Option<[u8; version::DIGITS]> = version::last_commit(include_bytes!(env!("KERNMESH_GIT_LOG")));
#[cfg(not(in_git))]
const COMMIT: Option<[u8; version::DIGITS]> = None;

fn main() -> ExitCode {
    kernmesh::cli::main_of(COMMIT, std::env::args_os())
}
