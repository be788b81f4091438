//! `kernmesh` with one more kernel: every command knows it.

mod smooth;

use std::process::ExitCode;

use kernmesh::allocator::OrExit;
use kernmesh::kernels::Kernel;

/// Memory that cannot be had is an error with exit code 2.
#[global_allocator]
static MEMORY: OrExit = OrExit;

static KERNELS: [Kernel; 1] = [smooth::KERNEL];

fn main() -> ExitCode {
    kernmesh::cli::main_with(&KERNELS, std::env::args_os())
}
