//! Checksum mismatches between two replays of one log: the intended value of every op, and the value that the
//! memories of this run would have given.

use oplog::digest::hex;
use program::{OpIndex, Rank};
use replay::ReadRule;
use serde::Serialize;

use crate::error::Error;
use crate::simulate::{Options, Simulation, inputs};

/// An op that wrote other bits in the two replays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChecksumMismatch {
    pub rank: u32,
    pub index: u32,
    pub op: String,
    /// `file:line:column`, or empty.
    pub source: String,
    /// Checksums in hex.
    pub meant: String,
    pub found: String,
}

/// All of them, in the order in which the ops began.
///
/// # Errors
/// As [`crate::compute`].
pub fn mismatches(run: &Simulation, options: &Options) -> Result<Vec<ChecksumMismatch>, Error> {
    let log = &run.timed.log;
    let given = inputs(log, &options.tensors)?;
    let sums = |rule| -> Result<_, Error> {
        let options = replay::Options { rule, checksums: true, observes: false, ..options.replay };
        Ok(replay::run(log, &given, options)?.checksums.unwrap_or_default())
    };
    let (meant, found) = (sums(ReadRule::Identity)?, sums(ReadRule::Hardware)?);
    let mut differing: Vec<(usize, (Rank, OpIndex))> =
        log.ops().enumerate().filter(|&(at, _)| meant.get(at) != found.get(at)).collect();
    differing.sort_by_key(|&(at, place)| (log.entries.start[at], place));
    let text = |sum: Option<&Option<[u8; 8]>>| {
        sum.copied().flatten().map_or_else(|| "nothing".to_owned(), |sum| hex(&sum))
    };
    let mismatch = |(at, (rank, index)): (usize, (Rank, OpIndex))| ChecksumMismatch {
        rank: rank.0,
        index: index.0,
        op: log.program.op(rank, index).kind().to_owned(),
        source: log.program.source(rank, index).unwrap_or_default(),
        meant: text(meant.get(at)),
        found: text(found.get(at)),
    };
    Ok(differing.into_iter().map(mismatch).collect())
}
