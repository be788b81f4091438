//! The repository as text: what the tidy rules look at. Rules get a tree and not the disk, so that a canary
//! can plant a breach in a tree of its own.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file; `path` counts from the root of the repository and is written with `/`.
#[derive(Clone, Debug)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }
    pub fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
    }
    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
    /// The folder it lies in; empty at the root.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// Files in the order of their paths.
#[derive(Clone, Debug)]
pub struct Tree {
    pub files: Vec<File>,
}

impl Tree {
    /// The repository, without what git ignores. Binary files, such as pictures, have no text.
    pub fn of_repository() -> Tree {
        let mut tree = Tree { files: Vec::new() };
        read_folder(&root(), "", &mut tree.files);
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree
    }
    pub fn planted(files: &[(&str, &str)]) -> Tree {
        Tree { files: files.iter().map(|(path, text)| File::new(path, text)).collect() }
    }
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
    /// Whether a file or a folder has this path.
    pub fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = |file: &File| file.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        path.is_empty() || self.get(path).is_some() || self.files.iter().any(inside)
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests lie in a folder of the repository")
        .to_owned()
}

/// What is built, or made by runs.
const SKIPPED: [&str; 3] = [".git", "out", "target"];

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a folder can be listed").path();
        let name = entry.file_name().and_then(|name| name.to_str()).expect("file names are UTF-8");
        let path = format!("{prefix}{name}");
        if entry.is_dir() {
            if !SKIPPED.contains(&name) {
                read_folder(&entry, &format!("{path}/"), files);
            }
        } else {
            files.push(File { path, text: fs::read_to_string(&entry).unwrap_or_default() });
        }
    }
}
