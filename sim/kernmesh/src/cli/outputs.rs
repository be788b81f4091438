//! Targets of results, checked before anything runs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Terminal;
use crate::error::Error;
use crate::log_file::checksums_of;
use crate::target::{Staged, Target, resolved};

/// A file that an option names.
pub type Named<'a> = (&'static str, &'a Path);

/// A file that a command reads.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    File(&'static str, &'a Path),
    /// An op log: the checksums beside it belong to it, whether they are there or not.
    Log(&'static str, &'a Path),
}

impl Input<'_> {
    /// Its files, each with what it is called. Beside a link, and beside what it leads to, lie different checksums.
    fn files(self) -> Vec<(String, PathBuf)> {
        match self {
            Input::File(name, path) => vec![(name.to_owned(), path.to_owned())],
            Input::Log(name, path) => {
                let itself = resolved(path).unwrap_or_else(|_| path.to_owned());
                let sums = [path, &itself].map(checksums_of);
                let sums = sums.into_iter().map(|sums| (format!("the checksums of {name}"), sums));
                [(name.to_owned(), path.to_owned())].into_iter().chain(sums).collect()
            }
        }
    }
}

/// Checks the files that options ask for: each can be written, and no two uses share one.
///
/// # Errors
/// [`Error::Input`] names the options that are in each other's way.
pub fn targets<const N: usize>(
    outputs: [Option<Named<'_>>; N],
    inputs: &[Option<Input<'_>>],
) -> Result<[Option<Target>; N], Error> {
    let inputs: Vec<_> = inputs.iter().flatten().flat_map(|input| input.files()).collect();
    let mut checked: Vec<(&str, Target)> = Vec::new();
    let mut targets = [const { None }; N];
    for (slot, output) in targets.iter_mut().zip(outputs) {
        let Some((option, path)) = output else { continue };
        let target = Target::at(path)?;
        if let Some((other, _)) = checked.iter().find(|(_, earlier)| earlier.same(&target)) {
            return Err(twice(other, option, path));
        }
        if let Some((other, _)) = inputs.iter().find(|(_, input)| target.is(input)) {
            return Err(twice(other, option, path));
        }
        checked.push((option, target.clone()));
        *slot = Some(target);
    }
    Ok(targets)
}

fn twice(first: &str, second: &str, path: &Path) -> Error {
    let problem = format!("{first} and {second} are the same file");
    Error::input(problem, path.display().to_string(), "give each a file of its own")
}

/// Target of JSON: a file, or standard output in place of the text.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a> {
    path: Option<&'a Path>,
}

impl<'a> Json<'a> {
    pub fn of(path: Option<&'a Path>) -> Json<'a> {
        Json { path }
    }
    pub fn is_stdout(self) -> bool {
        self.path == Some(Path::new("-"))
    }
    /// The file, when it is one.
    pub fn file(self) -> Option<Named<'a>> {
        self.path.filter(|_| !self.is_stdout()).map(|path| ("--json", path))
    }
    /// The document beside its file, when there is one.
    ///
    /// # Errors
    /// [`Error::System`] when it cannot be written.
    pub fn stage(self, document: &impl Serialize, file: Option<&Target>) -> Result<Option<Staged>, Error> {
        file.map(|target| target.stage(to_text(document).as_bytes())).transpose()
    }
    /// The document on standard output, when that is where it goes.
    ///
    /// # Errors
    /// [`Error::System`] when it cannot be written.
    pub fn print(self, document: &impl Serialize) -> Result<(), Error> {
        if self.is_stdout() { Terminal::stdout().print(&to_text(document)) } else { Ok(()) }
    }
}

pub fn to_text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("our documents have only string keys");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_used_twice_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("sub")).unwrap();
        for name in ["in", "run.log"] {
            std::fs::write(path(name), b"here").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("run.log", path("link.log")).unwrap();
        let check = |out: &str, json: &str, log: &str| {
            let (out, json, input, log) = (path(out), path(json), path("in"), path(log));
            let inputs = [Some(Input::File("--tensors", &input)), Some(Input::Log("LOG", &log)), None];
            targets([Some(("--out", &*out)), None, Some(("--json", &*json))], &inputs).map(drop)
        };
        for (out, json, log, first) in [
            ("a", "a", "run.log", "--out and --json"),
            ("a", "sub/../a", "run.log", "--out and --json"),
            ("a", "in", "run.log", "--tensors and --json"),
            ("run.log", "a", "run.log", "LOG and --out"),
            ("a", "run.log.replay", "sub/../run.log", "the checksums of LOG and --json"),
            ("a", "link.log", "run.log", "LOG and --json"),
            ("a", "run.log.replay", "link.log", "the checksums of LOG and --json"),
            ("link.log.replay", "a", "link.log", "the checksums of LOG and --out"),
            ("a", "none.log.replay", "none.log", "the checksums of LOG and --json"),
        ] {
            let said = check(out, json, log).unwrap_err().to_string();
            assert_eq!(said, format!("{first} are the same file"), "{out}, {json}, {log}");
        }
        check("a", "b", "run.log").unwrap();
        check("in.replay", "run.log.json", "run.log").unwrap();
    }

    #[test]
    fn a_dash_is_standard_output() {
        assert!(Json::of(Some(Path::new("-"))).is_stdout());
        assert!(Json::of(Some(Path::new("-"))).file().is_none());
        assert!(Json::of(None).file().is_none());
        assert_eq!(Json::of(Some(Path::new("a"))).file(), Some(("--json", Path::new("a"))));
    }
}
