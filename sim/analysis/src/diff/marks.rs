//! Marks of ops, for a view of both runs.

use super::flights::flights;
use super::pair::Pair;
use super::shifts::Shift;
use super::structures::{Change, Structure};

/// Difference of an op from the matched op of the other log: the first of these that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Mark {
    /// It asks for the same, and takes as long, or is a wait.
    #[default]
    Same,
    /// The other log does not have it.
    Only,
    /// It asks for something else.
    Changed,
    /// It is in another place among the ops of its rank.
    Moved,
    /// It asks for the same, but reads or waits for other ops.
    Rewired,
    /// It takes another time on its unit.
    Takes,
    /// Its message, or the credit that it returns, is under way for another time.
    Flight,
}

impl Mark {
    pub const ALL: [Mark; 7] =
        [Mark::Same, Mark::Only, Mark::Changed, Mark::Moved, Mark::Rewired, Mark::Takes, Mark::Flight];

    pub const fn name(self) -> &'static str {
        match self {
            Mark::Same => "same",
            Mark::Only => "only",
            Mark::Changed => "changed",
            Mark::Moved => "moved",
            Mark::Rewired => "rewired",
            Mark::Takes => "takes",
            Mark::Flight => "flight",
        }
    }
}

/// By global number of an op.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub a: Vec<Mark>,
    pub b: Vec<Mark>,
    /// By op of `a`: which op of `b` it is.
    pub to_b: Vec<Option<u32>>,
}

impl Marks {
    pub(super) fn of(pair: &Pair<'_>, structure: &Structure, shifts: &[Shift]) -> Marks {
        let mut marks = Marks {
            a: vec![Mark::Same; pair.ops_a.len()],
            b: vec![Mark::Same; pair.ops_b.len()],
            to_b: (0..pair.ops_a.len()).map(|op| pair.matching.to_b(op).map(|op| op as u32)).collect(),
        };
        let flying = pair.matching.pairs().filter(|&ops| !flights(pair, ops).is_empty());
        flying.for_each(|ops| marks.put(ops, Mark::Flight));
        shifts.iter().filter(|shift| shift.by_itself).for_each(|shift| marks.put(shift.ops, Mark::Takes));
        for &change in &structure.changes {
            match change {
                Change::OnlyA(op) => marks.a[op] = Mark::Only,
                Change::OnlyB(op) => marks.b[op] = Mark::Only,
                Change::Moved(ops) => marks.put(ops, Mark::Moved),
                Change::Asks(ops) => marks.put(ops, Mark::Changed),
                Change::Reads(ops) => marks.put(ops, Mark::Rewired),
            }
        }
        marks
    }

    fn put(&mut self, [a, b]: [usize; 2], mark: Mark) {
        (self.a[a], self.b[b]) = (mark, mark);
    }
}
