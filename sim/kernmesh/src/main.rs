use std::process::ExitCode;

use kernmesh::allocator::OrExit;

#[global_allocator]
static MEMORY: OrExit = OrExit;

fn main() -> ExitCode {
    kernmesh::cli::main(std::env::args_os())
}
