//! `kernmesh` with one more kernel: every command knows it.

mod smooth;

use std::process::ExitCode;

use kernmesh::kernels::Kernel;

static KERNELS: [Kernel; 1] = [smooth::KERNEL];

fn main() -> ExitCode {
    kernmesh::cli::main_with(&KERNELS, std::env::args_os())
}
