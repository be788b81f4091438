//! `--validate`: Metal reads its switches when a process makes its first device, so the program starts itself again.

use std::env;
use std::process::Command;

use gpu::device::METAL_VALIDATION;

use crate::check::Backend;
use crate::error::{Error, Exit};

/// Whether the switches are still to be set.
///
/// # Errors
/// [`Error::Input`] for a backend that has none.
pub fn wanted(backend: Backend) -> Result<bool, Error> {
    if backend == Backend::Metal {
        return Ok(METAL_VALIDATION.iter().any(|(name, value)| env::var_os(name) != Some(value.into())));
    }
    let problem = format!("{backend} has no validation of its own");
    Err(Error::input(problem, "--validate", "leave it out, or use --backend metal"))
}

/// Runs this command again with the switches set, and returns its exit code.
///
/// # Errors
/// [`Error::System`] when the program cannot be started.
pub fn restarted() -> Result<Exit, Error> {
    let program = env::current_exe().unwrap_or_default();
    let again = Command::new(&program).args(env::args_os().skip(1)).envs(METAL_VALIDATION).status();
    let status = again.map_err(|source| Error::System {
        action: "start",
        what: "program again, with Metal's validation on".to_owned(),
        path: program,
        source,
    })?;
    Ok(match status.code() {
        Some(0) => Exit::Good,
        Some(2) => Exit::Refused,
        // Metal ends a program whose calls it refuses.
        Some(_) | None => Exit::Found,
    })
}
