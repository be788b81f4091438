//! Share of its peak that a unit reaches, as JSON has it.

use std::collections::BTreeMap;

use analysis::{Bound, Loss, Peak};
use machine::Span;
use serde::Serialize;

/// The run as the busiest unit of one kind has it, in femtoseconds that add up to the makespan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PeakShare {
    /// `gemm`, `math`, `memory` or `link`.
    pub bound: &'static str,
    /// The rank of a GEMM or math unit; null of others.
    pub rank: Option<u32>,
    /// The work of the run at the peak rate of the unit.
    pub reached_fs: u64,
    /// The rest that the unit itself is the reason for, by reason.
    pub lost_fs: BTreeMap<&'static str, u64>,
    /// The rest in which a GEMM or math unit has no op, by the reason of the stall.
    pub waits_fs: BTreeMap<&'static str, u64>,
}

impl PeakShare {
    pub fn of(peak: &Peak) -> PeakShare {
        let Peak { bound, rank, reached, lost, waits } = peak;
        PeakShare {
            bound: bound.name(),
            rank: rank.map(|rank| rank.0),
            reached_fs: reached.fs(),
            lost_fs: lost.iter().map(|(loss, span)| (loss.name(), Span::fs(*span))).collect(),
            waits_fs: waits.iter().map(|(reason, span)| (reason.name(), Span::fs(*span))).collect(),
        }
    }

    /// A reason of the unit, in words of its kind.
    pub fn said(&self, loss: &str) -> &'static str {
        let of = Bound::ALL.into_iter().find(|bound| bound.name() == self.bound);
        let loss = Loss::ALL.into_iter().find(|it| it.name() == loss);
        of.zip(loss).map_or("nothing asked", |(of, loss)| loss.words(of))
    }
}
