//! Levels of detail: what a unit did in equal pieces of the run, for views in which a pixel is many intervals.

use oplog::timeline::Interval;

use crate::lanes::{Code, is_shown_as_stall};

/// The pieces of the coarsest level; each finer one has four times as many.
const COARSEST: usize = 256;
/// The finest level has at least this many intervals a piece: a finer view is drawn from the intervals.
const PER_PIECE: usize = 8;

/// A piece of a unit's time: what it did most, and the shares of 255 in which it was busy, and stalled. Shares are
/// rounded up, so that a sliver is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub busy: Code,
    pub busy_share: u8,
    pub stall: Code,
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

/// `coded` are the intervals that tile the run, each with its code.
pub fn pieces(coded: &[(Interval, Code)], n: usize, makespan: u64) -> Vec<Piece> {
    let bound = |piece: usize| (u128::from(makespan) * piece as u128 / n as u128) as u64;
    let mut at = 0;
    let piece = |piece| {
        let (from, to) = (bound(piece), bound(piece + 1));
        while at < coded.len() && coded[at].0.to.fs() <= from {
            at += 1;
        }
        let within = coded[at..].iter().take_while(|(interval, _)| interval.from.fs() < to);
        let lengths = within.map(|(interval, code)| {
            (*code, interval.to.fs().min(to).saturating_sub(interval.from.fs().max(from)))
        });
        summed(lengths, to - from)
    };
    (0..n).map(piece).collect()
}

fn summed(lengths: impl Iterator<Item = (Code, u64)>, whole: u64) -> Piece {
    let mut of_code = [0u64; Code::COUNT];
    lengths.for_each(|(code, length)| of_code[code.index()] += length);
    let most = |codes: &mut dyn Iterator<Item = Code>| {
        let (mut total, mut best, mut longest) = (0, Code::default(), 0);
        for code in codes {
            let length = of_code[code.index()];
            total += length;
            if length > longest {
                (best, longest) = (code, length);
            }
        }
        (best, share(total, whole))
    };
    let (busy, busy_share) = most(&mut Code::all().filter(|code| code.is_busy()));
    let (stall, stall_share) = most(&mut Code::all().filter(|code| is_shown_as_stall(*code)));
    Piece { busy, busy_share, stall, stall_share }
}

fn share(part: u64, whole: u64) -> u8 {
    if whole == 0 { 0 } else { (u128::from(part) * 255).div_ceil(u128::from(whole)) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use machine::SimTime;
    use oplog::StallReason;
    use oplog::timeline::State;

    fn run(lengths: &[(u64, Code)]) -> Vec<(Interval, Code)> {
        let mut at = 0;
        let piece = |&(length, code): &(u64, Code)| {
            let from = SimTime::from_fs(at);
            at += length;
            (Interval { from, to: SimTime::from_fs(at), state: State::Busy, op: None }, code)
        };
        lengths.iter().map(piece).collect()
    }

    #[test]
    fn pieces_add_up_what_lies_in_them() {
        let (gemm, idle) = (Code(1), Code::stalled(StallReason::Idle));
        let (operand, credit) = (Code::stalled(StallReason::Operand), Code::stalled(StallReason::Credit));
        let lane = run(&[(30, gemm), (10, credit), (40, operand), (19, idle), (1, gemm)]);
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
