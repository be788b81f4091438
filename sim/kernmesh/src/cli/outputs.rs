//! Targets of results, checked before anything runs.

use std::path::Path;

use serde::Serialize;

use super::Terminal;
use crate::error::Error;
use crate::target::{Staged, Target};

/// A file that an option names.
pub type Named<'a> = (&'static str, &'a Path);

/// Checks the files that options ask for: each can be written, and no two uses share one.
///
/// # Errors
/// [`Error::Input`] names the options that are in each other's way.
pub fn targets<const N: usize>(
    outputs: [Option<Named<'_>>; N],
    inputs: &[Option<Named<'_>>],
) -> Result<[Option<Target>; N], Error> {
    let mut checked: Vec<(&str, Target)> = Vec::new();
    let mut targets = [const { None }; N];
    for (slot, output) in targets.iter_mut().zip(outputs) {
        let Some((option, path)) = output else { continue };
        let target = Target::at(path)?;
        if let Some((other, _)) = checked.iter().find(|(_, earlier)| earlier.same(&target)) {
            return Err(twice(other, option, path));
        }
        if let Some((other, _)) = inputs.iter().flatten().find(|(_, input)| target.is(input)) {
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
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&b, b"here").unwrap();
        let check = |out, log, input| {
            targets([Some(("--out", out)), Some(("--log", log))], &[Some(("--tensors", input))])
        };
        for (out, log, input, problem) in [
            (&a, &a, &b, "--out and --log are the same file"),
            (&a, &b, &b, "--tensors and --log are the same file"),
        ] {
            assert_eq!(check(out, log, input).unwrap_err().to_string(), problem);
        }
        let [out, log] = check(&a, &folder.path().join("c"), &b).unwrap();
        assert!(out.is_some() && log.is_some());
    }

    #[test]
    fn a_dash_is_standard_output() {
        assert!(Json::of(Some(Path::new("-"))).is_stdout());
        assert!(Json::of(Some(Path::new("-"))).file().is_none());
        assert!(Json::of(None).file().is_none());
        assert_eq!(Json::of(Some(Path::new("a"))).file(), Some(("--json", Path::new("a"))));
    }
}
