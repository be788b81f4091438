//! A directory of its own for every test, and the binary run in it.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;
use tempfile::TempDir;

/// A kernel that runs in an instant.
pub const GEMM: [&str; 11] =
    ["gemm", "--machine", "tiny", "--set", "ranks=2", "--set", "m=8", "--set", "n=8", "--set", "k=256"];

pub struct Room {
    folder: TempDir,
}

pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Room {
    pub fn new() -> Room {
        Room { folder: tempfile::tempdir().unwrap() }
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }
    /// Names and contents of everything here.
    pub fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default())
            })
            .collect();
        all.sort();
        all
    }
    pub fn names(&self) -> Vec<String> {
        self.contents().into_iter().map(|(name, _)| name).collect()
    }
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kernmesh"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
    pub fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }
    /// A run of a small gemm with more arguments.
    pub fn gemm(&self, more: &[&str]) -> Said {
        self.run(&[&["run"], &GEMM[..], more].concat())
    }
    /// As [`Room::gemm`], with the result as JSON.
    pub fn gemm_json(&self, more: &[&str]) -> Value {
        let said = self.gemm(&[more, &["--json", "-"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
    }
    /// A safetensors file of f32 whose values count up.
    pub fn tensors(&self, name: &str, tensors: &[(&str, &[usize])]) {
        self.tensors_from(name, 0, &[], tensors);
    }
    /// As [`Room::tensors`], and `others`, whose values count up from another number.
    pub fn tensors_from(
        &self,
        name: &str,
        first: usize,
        others: &[(&str, &[usize])],
        tensors: &[(&str, &[usize])],
    ) {
        let others = others.iter().map(|&(name, shape)| (name, shape, counting(first, shape)));
        let all = tensors.iter().map(|&(name, shape)| (name, shape, counting(0, shape))).chain(others);
        let bytes: Vec<(&str, &[usize], Vec<u8>)> = all.collect();
        let views = bytes
            .iter()
            .map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
        self.write(name, safetensors::serialize(views, None).unwrap());
    }
}

/// Small whole numbers, which every float dtype holds.
fn counting(first: usize, shape: &[usize]) -> Vec<u8> {
    let n: usize = shape.iter().product();
    (first..first + n).flat_map(|i| ((i % 5) as f32 - 2.0).to_le_bytes()).collect()
}

pub fn said(output: Output) -> Said {
    Said {
        code: output.status.code().expect("the binary ends by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
