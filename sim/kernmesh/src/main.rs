use std::process::ExitCode;

fn main() -> ExitCode {
    kernmesh::cli::main(std::env::args_os())
}
