//! Targets of results, checked before anything runs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Style;
use crate::error::Error;
use crate::log_file::checksums_of;
use crate::render::review::{self, Review};
use crate::target::{Staged, Target, commit, resolved};

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

/// The forms that a result can be written in, in the order in which they are written.
pub const FORMS: [&str; 3] = ["--json", "--markdown", "--junit"];

/// Where a result goes in each form, in the order of [`FORMS`]: a file, or standard output in place of the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forms<'a> {
    paths: [Option<&'a Path>; 3],
}

impl<'a> Forms<'a> {
    /// The result as JSON alone.
    pub fn json(path: Option<&'a Path>) -> Forms<'a> {
        Forms { paths: [path, None, None] }
    }

    /// # Errors
    /// [`Error::Input`] when two forms share the standard output.
    pub fn of(json: Option<&'a Path>, review: &'a ReviewArgs) -> Result<Forms<'a>, Error> {
        Forms::all([json, review.markdown.as_deref(), review.junit.as_deref()])
    }

    /// # Errors
    /// As [`Forms::of`].
    pub fn all(paths: [Option<&'a Path>; 3]) -> Result<Forms<'a>, Error> {
        if paths.into_iter().flatten().filter(|path| is_stdout(path)).count() < 2 {
            return Ok(Forms { paths });
        }
        let problem = "--json, --markdown and --junit cannot share the standard output";
        Err(Error::input(problem, "-", "name a file for all but one"))
    }

    /// Whether one of them goes to standard output.
    pub fn is_stdout(self) -> bool {
        self.paths.into_iter().flatten().any(is_stdout)
    }

    /// The files that they go to.
    pub fn files(self) -> [Option<Named<'a>>; 3] {
        let mut options = FORMS.into_iter();
        self.paths.map(|path| {
            let option = options.next().unwrap_or_default();
            path.filter(|path| !is_stdout(path)).map(|path| (option, path))
        })
    }

    /// The result in each form that is asked for: beside its file, or on standard output.
    pub fn written(
        self,
        targets: &[Option<Target>; 3],
        document: &impl Serialize,
        review: impl Fn() -> Review,
    ) -> Result<Written, Error> {
        let mut written = Written::default();
        for (at, path) in self.paths.into_iter().enumerate() {
            let Some(path) = path else { continue };
            let text = match at {
                0 => to_text(document),
                1 => review::markdown(&review()),
                _ => review::junit(&review()),
            };
            if is_stdout(path) {
                written.printed = Some(text);
            } else if let Some(target) = &targets[at] {
                written.staged.push(target.stage(text.as_bytes())?);
            }
        }
        Ok(written)
    }

    /// Writes a result that is JSON and nothing else, and says whether it went to standard output.
    ///
    /// # Errors
    /// [`Error::System`] when it cannot be written.
    pub fn document(
        self,
        file: Option<Target>,
        document: &impl Serialize,
        style: Style,
    ) -> Result<bool, Error> {
        let text = || to_text(document);
        if self.is_stdout() {
            return style.stdout().print(&text()).map(|()| true);
        }
        let staged = file.map(|file| file.stage(text().as_bytes())).transpose()?;
        commit(staged.into_iter().collect()).map(|()| false)
    }

    /// The result as JSON alone, and what goes on without it.
    pub fn split(self) -> [Forms<'a>; 2] {
        let [json, markdown, junit] = self.paths;
        [Forms { paths: [json, None, None] }, Forms { paths: [None, markdown, junit] }]
    }

    /// Passes a result on. What stopped the command is written as Markdown and JUnit XML first, so that CI has something
    /// to show. `subject` is what was to be run.
    pub fn or_told<T>(
        self,
        (command, subject): (&'static str, &str),
        targets: &[Option<Target>; 3],
        style: Style,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(error) = &result {
            let [_, reviews] = self.split();
            let told = reviews.written(targets, &(), || review::refused(command, subject, error));
            // The error that stopped the command is the one to report, whether or not this can be written.
            let _ = told.and_then(|written| written.finish(style));
        }
        result
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// A result in its forms.
#[derive(Default)]
pub struct Written {
    pub staged: Vec<Staged>,
    /// What goes to standard output in place of the text.
    pub printed: Option<String>,
}

impl Written {
    /// Gives the files their names, and prints.
    ///
    /// # Errors
    /// [`Error::System`] when that cannot be written.
    pub fn finish(self, style: Style) -> Result<bool, Error> {
        commit(self.staged)?;
        let Some(text) = self.printed else { return Ok(false) };
        style.stdout().print(&text).map(|()| true)
    }
}

/// Forms for those who review a change.
#[derive(Debug, Default, clap::Args)]
pub struct ReviewArgs {
    /// Write it as Markdown, for a pull request; `-` is standard output.
    #[arg(long, value_name = "FILE|-")]
    pub markdown: Option<PathBuf>,
    /// Write it as JUnit XML, for CI.
    #[arg(long, value_name = "FILE|-")]
    pub junit: Option<PathBuf>,
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
        let (dash, file) = (Some(Path::new("-")), Some(Path::new("a")));
        assert!(Forms::json(dash).is_stdout());
        assert!(Forms::json(dash).files()[0].is_none());
        assert!(Forms::default().files()[0].is_none());
        assert_eq!(Forms::json(file).files()[0], Some(("--json", Path::new("a"))));
        assert!(Forms::all([dash, None, dash]).is_err() && Forms::all([file, dash, None]).is_ok());
    }
}
