//! Runs on disk, as the command line reads and writes them: for front ends that are no command.

use std::fs;
use std::path::Path;

use analysis::diff;
use oplog::Checksums;

use crate::comparison::{Compared, Comparison, compare};
use crate::error::Error;
use crate::log_file;
use crate::memory::default_limit;
use crate::simulate::{Computed, Timed};
use crate::target::{Target, commit};

/// A run of which the log, and the checksums of its replay, are known.
#[derive(Clone, Debug)]
pub struct Saved {
    pub timed: Timed,
    /// `None` when it was never replayed.
    pub checksums: Option<Checksums>,
}

impl Saved {
    /// Reads a log and the checksums beside it.
    ///
    /// # Errors
    /// [`Error`] when a file cannot be read, is damaged or needs more than half of the computer's memory.
    pub fn open(path: &Path) -> Result<Saved, Error> {
        let timed = log_file::read(path, default_limit())?;
        let checksums = log_file::read_checksums(path, &timed)?;
        Ok(Saved { timed, checksums })
    }

    fn compared(&self) -> Compared<'_> {
        Compared { timed: &self.timed, checksums: self.checksums.as_ref(), inputs: None }
    }
}

/// Compares two runs, as `kernmesh diff` does.
pub fn compare_saved(a: &Saved, b: &Saved) -> Comparison {
    compare(a.compared(), b.compared(), diff::Options::default())
}

/// Writes a log, and beside it the checksums of its replay; the name decides the encoding.
///
/// # Errors
/// [`Error`] when a file cannot be written; then nothing is.
pub fn save(timed: &Timed, computed: &Computed, path: &Path) -> Result<(), Error> {
    let beside = log_file::checksums_of(path);
    let mut staged = vec![Target::at(path)?.stage(&log_file::to_bytes(timed, path))?];
    let sums = computed.checksums.as_ref();
    staged.extend(sums.map(|sums| Target::at(&beside)?.stage(&sums.encode())).transpose()?);
    commit(staged)?;
    if sums.is_none() { forget(&beside) } else { Ok(()) }
}

/// Writes a file whole or not at all.
///
/// # Errors
/// [`Error`] when it cannot be written.
pub fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    commit(vec![Target::at(path)?.stage(contents)?])
}

/// Removes the checksums of a log that has just been replaced: they are those of another run.
///
/// # Errors
/// [`Error::System`] when they are there and stay.
pub(crate) fn forget(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            let what = "checksums of the log before".to_owned();
            Err(Error::System { action: "remove", what, path: path.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use analysis::diff::Difference;
    use machine::Machine;

    use super::*;
    use crate::simulate::{Options, simulate};

    #[test]
    fn a_saved_run_is_read_back_whole() {
        let options = Options {
            replay: replay::Options { checksums: true, ..replay::Options::default() },
            ..Options::default()
        };
        let folder = tempfile::tempdir().expect("a folder");
        let saved = ["2", "3"].map(|ranks| {
            let params = [("ranks".to_owned(), ranks.to_owned())].into();
            let recorded = kernels::find("gemm").and_then(|gemm| gemm.record(&params)).expect("a program");
            let run =
                simulate(recorded, &Machine::preset("tiny").expect("a preset"), &options).expect("a run");
            let path = folder.path().join(format!("{ranks}.oplog"));
            save(&run.timed, &run.computed, &path).expect("two files");
            let saved = Saved::open(&path).expect("a log");
            assert_eq!(saved.timed.digests, run.timed.digests);
            assert_eq!(saved.checksums, run.computed.checksums);
            // Without values, what lay beside the log is of another run.
            save(&run.timed, &Computed { checksums: None, ..run.computed }, &path).expect("a file");
            assert_eq!(Saved::open(&path).expect("a log").checksums, None);
            saved
        });
        let verdicts = [(0, 0), (0, 1)].map(|(a, b)| compare_saved(&saved[a], &saved[b]).diff.verdict);
        assert_eq!(verdicts, [Some(Difference::Same), Some(Difference::Structure)]);
    }
}
