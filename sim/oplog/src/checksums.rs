//! Checksums of a replay: the digest of its outputs and a checksum for every op, in a sealed file beside the log. Two
//! such files show the first op whose value differs.

use program::program::HostTensor;
use serde::{Deserialize, Serialize};

use crate::columns::{from_postcard, put_postcard};
use crate::damage::Damage;
use crate::digest::{self, Digest, Digests};
use crate::log::OpLog;
use crate::seal::{self, Mark, Sealing};
use crate::varint::{Cursor, Read, put};
use crate::verdict::Verdict;

pub const MARK: Mark = Mark { bytes: *b"\x89kmsums\0", version: 4, what: "the checksums of a replay" };

const REPLAY: u8 = 1;
const OPS: u8 = 2;

#[derive(Clone, Debug, PartialEq)]
pub struct Checksums {
    pub replay: Replay,
    /// By global op: the first 8 bytes of BLAKE3 of the bytes it produced ([`crate::digest::checksum`]);
    /// `None` for an op that produces none.
    pub ops: Vec<Option<[u8; 8]>>,
}

/// Options and result of a replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The run whose values these are: see [`crate::digest::run`].
    pub run: Digest,
    /// Its ops and times, to say what another run has else.
    pub log: Digests,
    /// How reads were resolved: `identity`, `hardware` or `shape`.
    pub read_rule: String,
    /// Of all outputs: see [`crate::digest::data`].
    pub data: Digest,
    pub outputs: Vec<HostTensor>,
    /// `None` for a program without a reference, and when none was asked for.
    pub verdict: Option<Verdict>,
}

impl Checksums {
    pub fn encode(&self) -> Vec<u8> {
        let mut file = Sealing::new(&MARK, 1024 + 9 * self.ops.len());
        file.section(REPLAY, |out| put_postcard(out, &self.replay));
        file.section(OPS, |out| {
            put(out, self.ops.len() as u64);
            for checksum in &self.ops {
                out.push(u8::from(checksum.is_some()));
                out.extend(checksum.iter().flatten());
            }
        });
        file.finish(self.ops.len() as u64)
    }

    /// # Errors
    /// [`Damage`] when the bytes are not those that were written.
    pub fn decode(file: &[u8]) -> Result<Checksums, Damage> {
        let (sections, count) = seal::open(file, &MARK, name)?;
        let [replay, ops] = &sections[..] else {
            return Err(Damage::content("sections", format!("{} sections in place of 2", sections.len())));
        };
        for (position, (section, kind)) in [(replay, REPLAY), (ops, OPS)].into_iter().enumerate() {
            if section.kind != kind {
                let found = name(position, section.kind);
                return Err(Damage::byte(
                    section.offset,
                    name(position, kind),
                    format!("found instead: {found}"),
                ));
            }
        }
        let at =
            |section: &seal::Section<'_>, reason| Damage::byte(section.offset, name(0, section.kind), reason);
        let checksums = Checksums {
            replay: from_postcard(replay.payload).map_err(|reason| at(replay, reason))?,
            ops: read_ops(ops.payload).map_err(|reason| at(ops, reason))?,
        };
        // A content has one encoding, and the count in the footer is part of it.
        if count != checksums.ops.len() as u64 || checksums.encode() != file {
            return Err(Damage::content("file", "not the canonical encoding of this content"));
        }
        Ok(checksums)
    }

    /// Whether these are the checksums of the run of this log; `digests` must be the log's own.
    ///
    /// # Errors
    /// [`Damage::OtherRun`] says what differs.
    pub fn belong_to(&self, log: &OpLog, digests: &Digests) -> Result<(), Damage> {
        let Replay { run, log: of, .. } = &self.replay;
        for (which, theirs, ours) in [
            ("ops", of.structure, digests.structure),
            ("times", of.timing, digests.timing),
            ("seed, inputs or parameters", *run, digest::run(log, digests)),
        ] {
            if theirs != ours {
                return Err(Damage::OtherRun { which, theirs: theirs.to_string(), ours: ours.to_string() });
            }
        }
        Ok(())
    }
}

fn name(position: usize, kind: u8) -> String {
    match kind {
        REPLAY => "replay".to_owned(),
        OPS => "ops".to_owned(),
        _ => format!("section {position}"),
    }
}

fn read_ops(bytes: &[u8]) -> Read<Vec<Option<[u8; 8]>>> {
    let mut cursor = Cursor::new(bytes);
    let n = cursor.length(1)?;
    let mut ops = Vec::with_capacity(n);
    for _ in 0..n {
        ops.push(match cursor.byte()? {
            0 => None,
            1 => Some(cursor.array()?),
            other => return Err(format!("{other} does not say whether an op has a checksum")),
        });
    }
    cursor.end()?;
    Ok(ops)
}

#[cfg(test)]
#[path = "checksums_tests.rs"]
mod tests;
