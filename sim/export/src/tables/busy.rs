//! Busy time of units and sequencers by op. The busy intervals of the timeline are assigned to the ops that they
//! name, so sums over ops equal the sums that a run reports.

use analysis::Timeline;
use analysis::timeline::State;
use oplog::{OpLog, UnitId};
use program::Rank;

/// By op, in fs.
pub struct Busy {
    /// Of the op's unit, when that is not the sequencer.
    pub unit: Vec<u64>,
    /// Of the rank's sequencer.
    pub sequencer: Vec<u64>,
}

impl Busy {
    /// Busy times of the ops of these ranks; others count as 0.
    pub fn of(log: &OpLog, ranks: impl Iterator<Item = Rank>) -> Busy {
        let n_ops = log.entries.done.len();
        let mut busy = Busy { unit: vec![0; n_ops], sequencer: vec![0; n_ops] };
        let timeline = Timeline::of(log);
        for (unit, intervals) in ranks.flat_map(|rank| timeline.rank(rank)) {
            let of_op = if unit == UnitId::SEQUENCER { &mut busy.sequencer } else { &mut busy.unit };
            for interval in intervals.iter().filter(|interval| interval.state == State::Busy) {
                let op = interval.op.expect("a unit is busy with an op");
                of_op[op as usize] += (interval.to - interval.from).fs();
            }
        }
        busy
    }
}
