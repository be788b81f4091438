//! Where the values of two runs part.

use super::{Pair, Spot};
use crate::checksums::Checksums;

/// The first op in time, as `a` ran it, whose value differs; else what differs about the outputs.
pub fn first(pair: &Pair<'_>, a: &Checksums, b: &Checksums) -> Option<Spot> {
    let differs = |op: &super::Same| a.ops.get(op.global[0]) != b.ops.get(op.global[1]);
    let first =
        pair.ops().filter(differs).min_by_key(|op| (pair.a.entries.start[op.global[0]], op.rank, op.index));
    if let Some(op) = first {
        return Some(pair.spot(op, "its value differs; it is the first that does".to_owned()));
    }
    let what = if a.replay.data != b.replay.data {
        "the outputs differ, and no op that both logs have made another value"
    } else if a.replay.outputs != b.replay.outputs {
        "the outputs have other names or shapes"
    } else {
        return None;
    };
    Some(Spot { op: None, what: what.to_owned() })
}
