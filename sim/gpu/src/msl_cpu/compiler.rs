//! The system's C++ compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::Checks;
use super::source::{self, Files, MAIN};
use crate::device::DeviceError;

const COMPILER: &str = "g++";
/// Exact arithmetic: no contraction, literals as MSL reads them. Nobody promised the compiler that the words of a
/// buffer have one type.
const FLAGS: [&str; 6] =
    ["-std=c++17", "-O2", "-ffp-contract=off", "-fsingle-precision-constant", "-fno-strict-aliasing", "-w"];
/// naga writes arrays of unknown length as arrays of one element.
const SANITIZE: [&str; 4] =
    ["-g", "-fsanitize=address,undefined", "-fno-sanitize=bounds,object-size", "-fno-sanitize-recover=all"];

/// The first line of what the compiler says of itself.
pub(super) fn version() -> Result<String, DeviceError> {
    let said = run(Command::new(COMPILER).arg("--version"))?;
    Ok(String::from_utf8_lossy(&said.stdout).lines().next().unwrap_or_default().to_owned())
}

/// The program, from `folder` if it was made before.
pub(super) fn compile(folder: &Path, checks: Checks) -> Result<PathBuf, DeviceError> {
    let files = source::files()?;
    let flags = flags(checks);
    let made = folder.join(format!("kernmesh-msl-cpu-{}", key(&files, &flags)?));
    if made.exists() {
        return Ok(made);
    }
    // Staged, so that a program is never seen half-written, also when several tests make it at a time.
    let staged = tempfile::tempdir_in(folder).map_err(|error| fault(folder, "cannot be written", &error))?;
    let program = compile_in(staged.path(), &files, &flags)?;
    fs::rename(&program, &made).map_err(|error| fault(&made, "cannot be written", &error))?;
    Ok(made)
}

fn flags(checks: Checks) -> Vec<&'static str> {
    let mut flags = FLAGS.to_vec();
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("fma") {
        // Without it `fma` is a call, which is exact too, and slow.
        flags.push("-mfma");
    }
    match checks {
        Checks::None => (),
        Checks::Sanitized => flags.extend(SANITIZE),
    }
    flags
}

/// Names a program by all that it is made of.
fn key(files: &Files, flags: &[&str]) -> Result<String, DeviceError> {
    let mut all = blake3::Hasher::new();
    for text in files.iter().flat_map(|(path, text)| [path, text]).map(String::as_str) {
        all.update(text.as_bytes()).update(&[0]);
    }
    all.update(flags.join(" ").as_bytes()).update(version()?.as_bytes());
    Ok(all.finalize().to_hex()[..16].to_owned())
}

fn compile_in(folder: &Path, files: &Files, flags: &[&str]) -> Result<PathBuf, DeviceError> {
    for (path, text) in files {
        let path = folder.join(path);
        let write =
            || fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| fs::write(&path, text));
        write().map_err(|error| fault(&path, "cannot be written", &error))?;
    }
    let program = folder.join("program");
    let compiled =
        run(Command::new(COMPILER).current_dir(folder).args(flags).args(["-I.", MAIN, "-o", "program"]))?;
    if compiled.status.success() {
        return Ok(program);
    }
    let why = String::from_utf8_lossy(&compiled.stderr).into_owned();
    Err(DeviceError::Shader { family: "MSL of all families".to_owned(), why })
}

pub(super) fn run(command: &mut Command) -> Result<Output, DeviceError> {
    command.output().map_err(|error| DeviceError::Missing {
        what: "C++ compiler".to_owned(),
        why: format!("`{COMPILER}` does not run: {error}"),
        instead: "install g++".to_owned(),
    })
}

fn fault(path: &Path, what: &str, error: &std::io::Error) -> DeviceError {
    DeviceError::Fault { place: path.display().to_string(), what: format!("{what}: {error}") }
}
