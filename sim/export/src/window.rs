//! A part of a run: some ranks, for some time.

use std::collections::BTreeSet;

use machine::SimTime;
use program::Rank;

/// Part of a run to export: everything of these ranks that overlaps `from..to`. Nothing is cut: an op
/// that is under way when the window opens is exported whole, with its own times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: SimTime,
    pub to: SimTime,
    /// `None` is all.
    pub ranks: Option<BTreeSet<Rank>>,
}

impl Window {
    /// The whole run.
    pub const ALL: Window =
        Window { from: SimTime::ZERO, to: SimTime::from_fs(SimTime::MAX.fs() + 1), ranks: None };

    pub fn has_rank(&self, rank: Rank) -> bool {
        self.ranks.as_ref().is_none_or(|ranks| ranks.contains(&rank))
    }

    /// Whether something that begins and ends at these times touches the window. What ends as it opens does not, but
    /// a moment does.
    pub fn touches(&self, begin: SimTime, end: SimTime) -> bool {
        begin < self.to && (end > self.from || begin >= self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_at_its_end() {
        let at = SimTime::from_fs;
        let window = Window { from: at(10), to: at(20), ranks: Some([Rank(1)].into()) };
        for (begin, end, touches) in [
            (0, 9, false),
            (0, 10, false),
            (0, 11, true),
            (10, 10, true),
            (12, 13, true),
            (19, 30, true),
            (20, 20, false),
            (20, 30, false),
            (0, 99, true),
        ] {
            assert_eq!(window.touches(at(begin), at(end)), touches, "{begin}..{end}");
        }
        assert!(window.has_rank(Rank(1)) && !window.has_rank(Rank(0)));
        assert!(Window::ALL.touches(SimTime::MAX, SimTime::MAX) && Window::ALL.has_rank(Rank(9)));
    }
}
