//! Op logs on disk, and beside each the checksums of its replay.

use std::path::{Path, PathBuf};

use oplog::{Checksums, Decoded, Encoding, decode, encode};

use crate::error::Error;
use crate::simulate::Timed;
use crate::source;

/// JSON lines when the name ends in `.jsonl`, else sealed binary.
pub fn encoding(path: &Path) -> Encoding {
    let lines = path.extension().is_some_and(|extension| extension == "jsonl");
    if lines { Encoding::JsonLines } else { Encoding::Sealed }
}

pub fn to_bytes(timed: &Timed, path: &Path) -> Vec<u8> {
    encode(&timed.log, &timed.digests, encoding(path))
}

/// Reads a log in either encoding, whatever its name.
///
/// # Errors
/// [`Error::Damaged`] when its bytes are not those that were written.
pub fn read(path: &Path) -> Result<Timed, Error> {
    let bytes = source::read(path, "op log")?;
    let decoded = decode(&bytes).map_err(|source| Error::Damaged { path: path.to_owned(), source })?;
    let Decoded { log, digests, flow } = decoded;
    Ok(Timed { log, flow, digests, wall: None, dependencies: None })
}

/// Path of the checksums of a log: `run.jsonl.replay` beside `run.jsonl`.
pub fn checksums_of(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".replay");
    PathBuf::from(name)
}

/// The checksums beside a log; `None` when it was never replayed.
///
/// # Errors
/// [`Error::Damaged`] when the file is damaged or belongs to another log.
pub fn read_checksums(path: &Path, log: &Timed) -> Result<Option<Checksums>, Error> {
    let beside = checksums_of(path);
    if !beside.exists() {
        return Ok(None);
    }
    let bytes = source::read(&beside, "file of checksums")?;
    let checked = Checksums::decode(&bytes).and_then(|sums| sums.belong_to(&log.digests).map(|()| sums));
    checked.map(Some).map_err(|source| Error::Damaged { path: beside, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_the_encoding() {
        for (name, expected) in [
            ("run.jsonl", Encoding::JsonLines),
            ("run.log", Encoding::Sealed),
            ("run", Encoding::Sealed),
            (".jsonl", Encoding::Sealed),
            ("a.jsonl/run", Encoding::Sealed),
        ] {
            assert_eq!(encoding(Path::new(name)), expected, "{name}");
        }
        assert_eq!(checksums_of(Path::new("a/run.jsonl")), Path::new("a/run.jsonl.replay"));
    }
}
