//! Tells `main.rs` where Git keeps the commit that is checked out. The binary alone reads that file, so that a new
//! commit builds the binary again and nothing else. Without Git there is nothing to tell.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rustc-check-cfg=cfg(in_git)");
    println!("cargo:rerun-if-changed=build.rs");
    let Some(folder) = git_folder() else { return };
    let (head, log) = (folder.join("HEAD"), folder.join("logs/HEAD"));
    if let (true, true, Some(path)) = (head.is_file(), log.is_file(), log.to_str()) {
        // `HEAD` changes with the branch and not with its commits; when it is gone, so is the log.
        println!("cargo:rerun-if-changed={}", head.display());
        println!("cargo:rustc-cfg=in_git");
        println!("cargo:rustc-env=KERNMESH_GIT_LOG={path}");
    }
}

/// The folder of the repository whose root is that of the workspace; in a submodule or a second work tree it lies
/// elsewhere.
fn git_folder() -> Option<PathBuf> {
    let root = Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("../..").canonicalize().ok()?;
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    root.join(text.trim().strip_prefix("gitdir: ")?).canonicalize().ok()
}
