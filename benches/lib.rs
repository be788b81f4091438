//! Helpers of the benches.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The binary that `make bench` has built beside this one.
///
/// # Panics
/// When it is not there.
pub fn kernmesh() -> PathBuf {
    let this = std::env::current_exe().expect("a bench is a file");
    let release = this.parent().and_then(Path::parent).expect("it lies in `deps` of a profile");
    let program = release.join(format!("kernmesh{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing: `cargo build --release -p kernmesh`", program.display());
    program
}

/// The line of JSON that a program of `peers/` prints; `None` when Python or what it imports is missing. Python is
/// `python3`, or what the variable PYTHON names.
pub fn peer(script: &str, arguments: &[String]) -> Option<Value> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
    let output = Command::new(python).arg(script).args(arguments).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}
