//! Memory that the ops of one rank write.

use program::{Layout, Program, Rank, Space};

/// The memory beside a rank's TCM that its ops write, in joined ranges that cover every byte written.
pub struct Written {
    /// Ascending and disjoint, by space.
    ranges: Vec<(Space, u64, u64)>,
}

impl Written {
    pub fn by(program: &Program, layout: &Layout, rank: Rank) -> Written {
        let of = program.rank(rank);
        let writes = of.ops.iter().filter_map(|op| op.access().write);
        let mut all: Vec<(Space, u64, u64)> = Vec::new();
        for view in writes.map(|view| &of.views[view.index()]) {
            let (space, base) = layout.locate(program, rank, view);
            if !is_own(space) {
                all.push((space, base + view.offset, base.saturating_add(view.end())));
            }
        }
        all.sort_unstable();
        let mut ranges: Vec<(Space, u64, u64)> = Vec::new();
        for (space, start, end) in all {
            match ranges.last_mut() {
                Some(last) if last.0 == space && last.2 >= start => last.2 = last.2.max(end),
                _ => ranges.push((space, start, end)),
            }
        }
        Written { ranges }
    }

    /// Whether an op of the rank may write some of these bytes.
    pub fn may_hold(&self, space: Space, start: u64, end: u64) -> bool {
        let before = self.ranges.partition_point(|range| (range.0, range.1) < (space, end));
        is_own(space) || self.ranges[..before].last().is_some_and(|last| last.0 == space && last.2 > start)
    }
}

/// A TCM is written everywhere: nothing is saved by asking.
fn is_own(space: Space) -> bool {
    match space {
        Space::Tcm(_) => true,
        Space::Sram(_) | Space::Hbm(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_meet_are_one() {
        let (hbm, sram) = (Space::Hbm(Rank(0)), Space::Sram(0));
        let written = Written { ranges: vec![(sram, 0, 4), (hbm, 64, 128), (hbm, 256, 260)] };
        for (space, start, end, expected) in [
            (hbm, 0, 64, false),
            (hbm, 0, 65, true),
            (hbm, 127, 200, true),
            (hbm, 128, 256, false),
            (hbm, 300, 400, false),
            (hbm, 0, 1000, true),
            (sram, 2, 3, true),
            (sram, 4, 300, false),
            (Space::Hbm(Rank(1)), 64, 128, false),
            (Space::Tcm(Rank(0)), 0, 1, true),
        ] {
            assert_eq!(written.may_hold(space, start, end), expected, "{space:?} {start}..{end}");
        }
    }
}
