//! Levels of detail: what a unit did in equal pieces of the run, for views in which a pixel is many intervals.

use analysis::Interval;

use crate::lanes::{Activity, is_shown_as_stall};

/// The pieces of the coarsest level; each finer one has four times as many.
const COARSEST: usize = 256;
/// The finest level has at least this many intervals a piece: a finer view is drawn from the intervals.
const PER_PIECE: usize = 8;

/// A piece of a unit's time: what it did most, and the shares of 255 in which it was busy, and stalled. Shares are
/// rounded up, so that a sliver is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub busy: Activity,
    pub busy_share: u8,
    pub stall: Activity,
    pub stall_share: u8,
}

/// Numbers of pieces of the levels that a lane of `n` intervals has, the coarsest first.
pub fn levels(n: usize, is_whole: bool) -> Vec<usize> {
    let finest = n / PER_PIECE;
    let mut levels: Vec<usize> = Vec::new();
    let mut pieces = COARSEST;
    while pieces <= finest || (is_whole && levels.is_empty()) {
        levels.push(pieces);
        pieces *= 4;
    }
    levels
}

/// `labelled` are the intervals that tile the run, each with its activity.
pub fn pieces(labelled: &[(Interval, Activity)], n: usize, makespan: u64) -> Vec<Piece> {
    let bound = |piece: usize| (u128::from(makespan) * piece as u128 / n as u128) as u64;
    let mut at = 0;
    let piece = |piece| {
        let (from, to) = (bound(piece), bound(piece + 1));
        while at < labelled.len() && labelled[at].0.to.fs() <= from {
            at += 1;
        }
        let within = labelled[at..].iter().take_while(|(interval, _)| interval.from.fs() < to);
        let lengths = within.map(|(interval, activity)| {
            (*activity, interval.to.fs().min(to).saturating_sub(interval.from.fs().max(from)))
        });
        summed(lengths, to - from)
    };
    (0..n).map(piece).collect()
}

fn summed(lengths: impl Iterator<Item = (Activity, u64)>, whole: u64) -> Piece {
    let mut of_activity = [0u64; Activity::COUNT];
    lengths.for_each(|(activity, length)| of_activity[activity.index()] += length);
    let most = |activities: &mut dyn Iterator<Item = Activity>| {
        let (mut total, mut best, mut longest) = (0, Activity::default(), 0);
        for activity in activities {
            let length = of_activity[activity.index()];
            total += length;
            if length > longest {
                (best, longest) = (activity, length);
            }
        }
        (best, share(total, whole))
    };
    let (busy, busy_share) = most(&mut Activity::all().filter(|activity| activity.is_busy()));
    let (stall, stall_share) = most(&mut Activity::all().filter(|activity| is_shown_as_stall(*activity)));
    Piece { busy, busy_share, stall, stall_share }
}

fn share(part: u64, whole: u64) -> u8 {
    if whole == 0 { 0 } else { (u128::from(part) * 255).div_ceil(u128::from(whole)) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::timeline::State;
    use machine::SimTime;
    use oplog::StallReason;

    fn run(lengths: &[(u64, Activity)]) -> Vec<(Interval, Activity)> {
        let mut at = 0;
        let piece = |&(length, activity): &(u64, Activity)| {
            let from = SimTime::from_fs(at);
            at += length;
            (Interval { from, to: SimTime::from_fs(at), state: State::Busy, op: None }, activity)
        };
        lengths.iter().map(piece).collect()
    }

    #[test]
    fn pieces_add_up_what_lies_in_them() {
        let (gemm, idle) = (Activity(1), Activity::stalled(StallReason::Idle));
        let (operand, credit) =
            (Activity::stalled(StallReason::Operand), Activity::stalled(StallReason::Credit));
        let lane = run(&[(30, gemm), (12, credit), (38, operand), (19, idle), (1, gemm)]);
        let all = pieces(&lane, 2, 100);
        assert_eq!(all[0], Piece { busy: gemm, busy_share: 153, stall: credit, stall_share: 102 });
        assert_eq!(all[1], Piece { busy: gemm, busy_share: 6, stall: operand, stall_share: 153 });
        assert_eq!(pieces(&lane, 1, 100)[0].stall, operand);
    }

    #[test]
    fn only_long_lanes_have_levels() {
        for (n, is_whole, expected) in [
            (0, false, vec![]),
            (2047, false, vec![]),
            (2048, false, vec![256]),
            (10, true, vec![256]),
            (8192, false, vec![256, 1024]),
        ] {
            assert_eq!(levels(n, is_whole), expected, "{n}");
        }
    }
}
