//! A kernel whose own code panics, in a binary of its author's: one line, with and without a backtrace asked for.

use std::process::{Command, ExitCode};

use kernmesh::kernels::{Kernel, KernelError, Recorded, Request};
use kernmesh::program::DType;
use kernmesh::program::tl::Recording;

static OWN: [Kernel; 1] = [Kernel {
    name: "mine",
    purpose: "reads an extent that its tile has not",
    params: &[],
    inputs: &[],
    record,
    reference: |_| Ok(None),
}];

fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let recorded = Recording::new(request.kernel, 1).record(|tl| {
        let tile = tl.tile([4, 4], DType::F32);
        let extent = tile.shape()[std::hint::black_box(2)];
        tl.full([extent], DType::F32, 0.0);
    });
    let program = recorded.map_err(|error| KernelError::Record { kernel: request.kernel, error })?;
    Ok(Recorded { program, reference: None, machine: None })
}

fn main() -> ExitCode {
    if std::env::var_os("AS_KERNMESH").is_some() {
        return kernmesh::cli::main_with(&OWN, std::env::args_os());
    }
    for backtrace in ["0", "1", "full"] {
        let itself = std::env::current_exe().expect("a binary has a path");
        let mut run = Command::new(itself);
        run.args(["run", "mine"]).env("AS_KERNMESH", "1").env("RUST_BACKTRACE", backtrace);
        let output = run.output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{said}");
        let start = "error: the code of kernel `mine` panics at ";
        assert!(said.starts_with(start) && said.contains("own_kernel.rs:"), "{said}");
        assert!(said.contains("index out of bounds") && said.lines().count() == 1, "{said}");
    }
    ExitCode::SUCCESS
}
