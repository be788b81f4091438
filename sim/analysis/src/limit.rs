//! The answer to "what bound the run?": one resource, slots of rings, or a chain of ops that wait for each other.

use machine::Span;

use crate::bounds::{Bound, Bounds};
use crate::critical_path::{Category, CriticalPath};

/// What to change first to make the run shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The least time of this resource is two thirds of the run or more.
    Resource(Bound),
    /// No resource is. Credits come back for a quarter of the critical path or more: sends have all but a free slot.
    Slots,
    /// No resource is, and slots are not: ops wait for each other, and most of the critical path is of this category.
    Chain(Category),
    /// The run takes no time.
    Nothing,
}

/// The limit, with the time that it is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    pub limit: Limit,
    pub span: Span,
}

impl Limit {
    pub const fn kind(self) -> &'static str {
        match self {
            Limit::Resource(_) => "resource",
            Limit::Slots => "slots",
            Limit::Chain(_) => "chain",
            Limit::Nothing => "nothing",
        }
    }
    /// The resource, or the category of the critical path.
    pub const fn of_what(self) -> Option<&'static str> {
        match self {
            Limit::Resource(bound) => Some(bound.name()),
            Limit::Chain(category) => Some(category.name()),
            Limit::Slots | Limit::Nothing => None,
        }
    }

    pub fn of(bounds: &Bounds, path: &CriticalPath, makespan: Span) -> Limited {
        let (bound, least) = bounds.binding();
        let spans = path.by_category();
        let credit = spans.get(&Category::Credit).copied().unwrap_or_default();
        // Of equal categories the first.
        let longest = spans.into_iter().reduce(|most, next| if next.1 > most.1 { next } else { most });
        let (limit, span) = match longest {
            _ if makespan == Span::ZERO => (Limit::Nothing, Span::ZERO),
            _ if is_share(least, (2, 3), makespan) => (Limit::Resource(bound), least),
            _ if is_share(credit, (1, 4), makespan) => (Limit::Slots, credit),
            Some((category, span)) => (Limit::Chain(category), span),
            None => (Limit::Nothing, Span::ZERO),
        };
        Limited { limit, span }
    }
}

fn is_share(part: Span, (over, under): (u128, u128), whole: Span) -> bool {
    u128::from(part.fs()) * under >= u128::from(whole.fs()) * over
}

#[cfg(test)]
mod tests {
    use machine::SimTime;

    use super::*;
    use crate::critical_path::Stretch;

    fn path(lengths: &[(Category, u64)]) -> CriticalPath {
        let mut at = SimTime::ZERO;
        let stretch = |&(category, fs): &(Category, u64)| {
            let from = at;
            at += Span::from_fs(fs);
            Stretch { op: 0, category, from, to: at }
        };
        CriticalPath { stretches: lengths.iter().map(stretch).collect() }
    }

    /// At each threshold, and a femtosecond below it.
    #[test]
    fn a_resource_goes_before_slots_and_slots_before_a_chain() {
        use Category::{Compute, Credit, Message};
        let cases = [
            (200, [(Compute, 150), (Message, 150), (Credit, 0)], Limit::Resource(Bound::Link), 200),
            (199, [(Compute, 151), (Message, 149), (Credit, 0)], Limit::Chain(Compute), 151),
            (199, [(Compute, 100), (Message, 125), (Credit, 75)], Limit::Slots, 75),
            (199, [(Compute, 100), (Message, 126), (Credit, 74)], Limit::Chain(Message), 126),
            (200, [(Compute, 0), (Message, 0), (Credit, 300)], Limit::Resource(Bound::Link), 200),
            (0, [(Compute, 150), (Message, 150), (Credit, 0)], Limit::Chain(Compute), 150),
        ];
        for (link, lengths, limit, fs) in cases {
            let bounds = Bounds { link: Span::from_fs(link), ..Bounds::default() };
            let found = Limit::of(&bounds, &path(&lengths), Span::from_fs(300));
            assert_eq!(found, Limited { limit, span: Span::from_fs(fs) }, "{link}, {lengths:?}");
        }
    }

    #[test]
    fn a_run_of_no_time_has_none() {
        let found = Limit::of(&Bounds::default(), &CriticalPath::default(), Span::ZERO);
        assert_eq!(found.limit, Limit::Nothing);
    }
}
