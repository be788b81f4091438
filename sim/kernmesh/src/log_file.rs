//! Op logs on disk, and beside each the checksums of its replay.

use std::path::{Path, PathBuf};

use analysis::Bounds;
use machine::SimTime;
use oplog::{Checksums, Damage, Decoded, Encoding, Whole, encode};

use crate::error::Error;
use crate::memory;
use crate::simulate::Timed;
use crate::source;

/// JSON lines when the name ends in `.jsonl`, else sealed binary.
pub fn encoding(path: &Path) -> Encoding {
    if source::is_named(path, "jsonl") { Encoding::JsonLines } else { Encoding::Sealed }
}

pub fn to_bytes(timed: &Timed, path: &Path) -> Vec<u8> {
    encode(&timed.log, &timed.digests, encoding(path))
}

/// Reads a log in either encoding, whatever its name.
///
/// # Errors
/// [`Error::Input`] when it takes more memory than `limit`; [`Error::Damaged`] when its bytes are not those that were written.
pub fn read(path: &Path, limit: u64) -> Result<Timed, Error> {
    let bytes = source::read(path, "op log")?;
    let damaged = |source| Error::Damaged { path: path.to_owned(), source };
    let whole = Whole::of(&bytes).map_err(damaged)?;
    memory::admit_log(whole.program(), limit)?;
    let decoded = whole.decoded().map_err(damaged)?;
    let Decoded { log, digests, flow, dependencies } = decoded;
    let bounds = Bounds::of(&log.program, &log.machine, &log.placement, &log.layout);
    let run = log.makespan() - SimTime::ZERO;
    if let Some((bound, least)) = bounds.broken_by(run) {
        let (run, least, bound) = (run.fs(), least.fs(), bound.name());
        let reason = format!("the run takes {run} fs, and {bound} alone takes {least} fs on its machine");
        return Err(Error::Damaged { path: path.to_owned(), source: Damage::content("times", reason) });
    }
    Ok(Timed { log, flow, digests, dependencies })
}

const CHECKSUMS: &str = "replay";

/// Path of the checksums of a log: `run.jsonl.replay` beside `run.jsonl`.
pub fn checksums_of(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(format!(".{CHECKSUMS}"));
    PathBuf::from(name)
}

/// The log that a path of checksums lies beside.
pub fn log_of(checksums: &Path) -> Option<PathBuf> {
    checksums.extension().filter(|extension| *extension == CHECKSUMS).map(|_| checksums.with_extension(""))
}

/// The checksums beside a log; `None` when it was never replayed.
///
/// # Errors
/// [`Error::Input`] when the file is damaged, is of an earlier format, or belongs to another run.
pub fn read_checksums(path: &Path, timed: &Timed) -> Result<Option<Checksums>, Error> {
    let beside = checksums_of(path);
    if !beside.exists() {
        return Ok(None);
    }
    let bytes = source::read(&beside, "file of checksums")?;
    let decoded = Checksums::decode(&bytes);
    let checked = decoded.and_then(|sums| sums.belong_to(&timed.log, &timed.digests).map(|()| sums));
    checked.map(Some).map_err(|damage| {
        let tensors = if timed.log.id.inputs.is_empty() { "" } else { " --tensors FILE" };
        let help = format!("make them again with `kernmesh replay {}{tensors}`", path.display());
        Error::input(problem(&damage), beside.display().to_string(), help)
    })
}

fn problem(damage: &Damage) -> String {
    match damage {
        Damage::Version { found, known } => {
            format!(
                "the checksums are in format {found}, and only format {known} is read, which names the run"
            )
        }
        Damage::Foreign { .. } | Damage::At { .. } | Damage::OtherRun { .. } => damage.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use machine::Machine;
    use oplog::{Digests, RunId};

    use super::*;

    /// Sealed as it should be: only the machine says that no run is so short.
    #[test]
    fn a_log_of_impossible_times_is_damaged() {
        let recorded =
            kernels::find("gemm").and_then(|gemm| gemm.record(&Default::default())).expect("a program");
        let machine = Machine::preset("tiny").expect("a preset");
        let verified = verify::verify(recorded.program, &machine).expect("a program that can run");
        let mut log = timing::run(&verified, RunId::seeded(0)).expect("a run that ends");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.oplog");
        for (name, halvings, whole) in [("as it ran", 0, true), ("half as long, and so on", 40, false)] {
            for _ in 0..halvings {
                halve(&mut log);
            }
            std::fs::write(&path, encode(&log, &Digests::of(&log), Encoding::Sealed)).expect("a file");
            let told = read(&path, u64::MAX).map(|_| ()).map_err(|error| error.to_string());
            let is_told = |told: &String| told.starts_with("damaged at times: the run takes ");
            assert!(if whole { told.is_ok() } else { told.as_ref().is_err_and(is_told) }, "{name}: {told:?}");
        }
    }

    fn halve(log: &mut oplog::OpLog) {
        let half = |at: &mut SimTime| *at = SimTime::from_fs(at.fs() / 2);
        let entries = &mut log.entries;
        for times in [&mut entries.issue, &mut entries.start, &mut entries.done] {
            times.iter_mut().for_each(half);
        }
        for message in log.messages.iter_mut().flatten() {
            half(&mut message.filled);
            message.credit.iter_mut().for_each(half);
        }
        log.stalls.clear();
    }

    #[test]
    fn the_name_decides_the_encoding() {
        for (name, expected) in [
            ("run.jsonl", Encoding::JsonLines),
            ("RUN.JSONL", Encoding::JsonLines),
            ("run.log", Encoding::Sealed),
            ("run", Encoding::Sealed),
            (".jsonl", Encoding::Sealed),
            ("a.jsonl/run", Encoding::Sealed),
        ] {
            assert_eq!(encoding(Path::new(name)), expected, "{name}");
        }
        let (log, beside) = (Path::new("a/run.jsonl"), Path::new("a/run.jsonl.replay"));
        assert_eq!((&*checksums_of(log), log_of(beside).as_deref(), log_of(log)), (beside, Some(log), None));
    }
}
