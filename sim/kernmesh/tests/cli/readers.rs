//! Other programs that read files of kernmesh: Python with `perfetto`, `duckdb` and `jsonschema-rs`, installed by
//! `make out/readers`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::room::{Room, said};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The output of a script of `tests/readers/` in a room.
pub fn read_by(script: &str, room: &Room, args: &[&str]) -> String {
    let python = env::var_os("READERS")
        .map_or_else(|| Path::new(HERE).join("../../out/readers/bin/python3"), PathBuf::from);
    assert!(
        python.exists(),
        "{} is missing: run `make out/readers` once, or set READERS to a Python with the same packages",
        python.display()
    );
    let script = Path::new(HERE).join("tests/readers").join(script);
    let output = Command::new(python).arg(script).args(args).current_dir(room.path("")).output();
    let said = said(output.expect("Python runs"));
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
}
