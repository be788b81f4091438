//! The first difference in the values of two runs.

use std::collections::BTreeSet;

use oplog::Checksums;
use program::Program;

use super::pair::Pair;
use super::structures::{Change, Structure};
use super::what::What;
use super::{Spot, Values};

/// Whether values differ, and where that begins: at the first op in time, as `a` ran it, whose value differs though it
/// asks for the same; else with what differs about the outputs.
pub fn compare(pair: &Pair<'_>, structure: &Structure, left_out: bool) -> (Values, Option<Spot>) {
    let computes = |program: &Program| !program.is_timing_only() && !program.outputs.is_empty();
    if left_out {
        return (Values::LeftOut, None);
    }
    let (a, b) = match (pair.a.checksums, pair.b.checksums) {
        (Some(a), Some(b)) => (a, b),
        _ if !computes(&pair.a.log.program) && !computes(&pair.b.log.program) => return (Values::None, None),
        _ => return (Values::NotCompared, None),
    };
    match first(pair, structure, a, b) {
        Some(spot) => (Values::Different, Some(spot)),
        None => (Values::Same, None),
    }
}

fn first(pair: &Pair<'_>, structure: &Structure, a: &Checksums, b: &Checksums) -> Option<Spot> {
    // Other shapes and constants give other bytes: that is a difference in structure.
    let asks = structure.changes.iter().filter_map(Change::asks).map(|[op, _]| op);
    let asks: BTreeSet<usize> = asks.collect();
    let differs = |ops: &[usize; 2]| a.ops.get(ops[0]) != b.ops.get(ops[1]) && !asks.contains(&ops[0]);
    let first = pair.matching.pairs().filter(differs);
    if let Some(ops) = first.min_by_key(|ops| (pair.a.log.entries.start[ops[0]], *ops)) {
        return Some(pair.spot(ops, What::Value));
    }
    let what = if a.replay.data != b.replay.data {
        What::Outputs
    } else if a.replay.outputs != b.replay.outputs {
        What::OutputForms
    } else {
        return None;
    };
    Some(Spot { op: None, only_b: false, what })
}
