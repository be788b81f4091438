//! No unexplained gaps: busy and stalled intervals tile the whole timeline of every unit, in every run.

use analysis::Timeline;
use analysis::timeline::State;
use machine::SimTime;
use oplog::OpLog;
use program::Rank;

use crate::harness::{Case, fits, runs};
use crate::random;

/// Walks every unit's intervals and checks them against the log's own entries.
pub fn check(log: &OpLog, name: &str) {
    let (timeline, makespan, firsts) = (Timeline::of(log), log.makespan(), log.first_ops());
    for rank in 0..log.program.n_ranks() {
        for (unit, intervals) in timeline.rank(Rank(rank)) {
            let mut at = SimTime::ZERO;
            for interval in &intervals {
                assert!(
                    interval.from == at && interval.from < interval.to,
                    "{name}: rank{rank} {unit} at {at:?}"
                );
                at = interval.to;
            }
            assert_eq!(at, makespan, "{name}: rank{rank} {unit} ends early");
            if unit.index() == 0 {
                continue;
            }
            // Busy time is what the ops took, less the waits recorded within them.
            let busy: u64 =
                intervals.iter().filter(|i| i.state == State::Busy).map(|i| (i.to - i.from).fs()).sum();
            let ops = firsts[rank as usize]..firsts[rank as usize + 1];
            let ops = ops.filter(|&op| log.entries.unit[op] == unit);
            let took: u64 = ops.map(|op| (log.entries.done[op] - log.entries.start[op]).fs()).sum();
            let global = |op: u32| log.entries.unit[op as usize] == unit;
            let mine = |op: u32| (firsts[rank as usize]..firsts[rank as usize + 1]).contains(&(op as usize));
            let inside = log
                .stalls
                .iter()
                .filter(|s| mine(s.op) && global(s.op) && s.from >= log.entries.start[s.op as usize]);
            let waited: u64 = inside.map(|stall| (stall.to - stall.from).fs()).sum();
            assert_eq!(busy, took - waited, "{name}: rank{rank} {unit}");
        }
    }
}

#[test]
fn every_unit_of_every_kernel_is_busy_or_says_why_not() {
    for words in runs() {
        for machine in ["sip", "tiny"].into_iter().filter(|machine| fits(words, machine)) {
            check(&Case::of(words).on(machine).run().expect("a run").timed.log, words);
        }
    }
}

#[test]
fn every_unit_of_random_programs_is_busy_or_says_why_not() {
    for seed in 0..200 {
        println!("seed {seed}");
        for log in random::runs(seed) {
            check(&log, &format!("seed {seed} on {}", log.machine.spec().name));
        }
    }
}
