//! Share of its peak that the busiest unit of each kind reaches, and what the rest of the run is: reasons of the unit
//! itself, and waits. They add up to the makespan.

use std::collections::BTreeMap;

use machine::{SimTime, Span};
use oplog::{OpLog, StallReason};
use program::{Rank, UnitKind};

use crate::bounds::{Asked, Bound, Busiest};
use crate::timeline::{Timeline, UnitTotals};

/// Reason of a unit for less than its peak, waits aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Places of the array, or lanes, without an operand while others have one.
    Places,
    /// Fidelity phases beyond those of the fastest dtype.
    Phases,
    /// Operands that move while nothing computes.
    Operands,
    /// The array fills and drains, or an op starts.
    Fill,
    /// Bytes of bursts that nobody asked for.
    Bursts,
    /// Less than the peak rate of the channels is sustained.
    Efficiency,
    /// Nothing is asked for, or what is asked lies uneven on the channels.
    Unasked,
}

impl Loss {
    pub const ALL: [Loss; 7] = [
        Loss::Places,
        Loss::Phases,
        Loss::Operands,
        Loss::Fill,
        Loss::Bursts,
        Loss::Efficiency,
        Loss::Unasked,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Loss::Places => "places",
            Loss::Phases => "phases",
            Loss::Operands => "operands",
            Loss::Fill => "fill",
            Loss::Bursts => "bursts",
            Loss::Efficiency => "efficiency",
            Loss::Unasked => "unasked",
        }
    }

    /// The reason in words, of a unit of this kind.
    pub const fn words(self, of: Bound) -> &'static str {
        let is_gemm = matches!(of, Bound::Gemm);
        match self {
            Loss::Places if is_gemm => "empty places of the array",
            Loss::Places => "empty lanes",
            Loss::Phases => "fidelity phases",
            Loss::Operands => "operands moving",
            Loss::Fill if is_gemm => "array fill and drain",
            Loss::Fill => "op starts",
            Loss::Bursts => "parts of bursts",
            Loss::Efficiency => "efficiency",
            Loss::Unasked => "nothing asked",
        }
    }
}

/// The run as one unit has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peak {
    pub bound: Bound,
    /// The rank of a GEMM or math unit.
    pub rank: Option<Rank>,
    /// The work of the run at the peak rate of the unit: as a share of the run, the share of its peak.
    pub reached: Span,
    /// The rest that the unit itself is the reason for; none is zero.
    pub lost: BTreeMap<Loss, Span>,
    /// The rest in which it has no op; none is zero.
    pub waits: BTreeMap<StallReason, Span>,
}

impl Peak {
    /// The makespan, as all parts add up.
    pub fn total(&self) -> Span {
        [self.reached]
            .into_iter()
            .chain(self.lost.values().copied())
            .chain(self.waits.values().copied())
            .sum()
    }
}

/// Of every resource that has a rate and something to do: the busiest, by the same count as [`crate::Bounds`].
pub fn peaks(log: &OpLog, busiest: &Busiest) -> Vec<Peak> {
    let makespan = log.makespan() - SimTime::ZERO;
    let timeline = Timeline::of(log);
    let units = [(Bound::Gemm, UnitKind::Gemm, busiest.gemm), (Bound::Math, UnitKind::Math, busiest.math)];
    let units = units.map(|(bound, kind, asked)| of_unit(&timeline, bound, kind, asked));
    let memory = busiest.memory;
    let memory = [
        (Loss::Bursts, rest(memory.bursts, memory.at_peak)),
        (Loss::Efficiency, rest(memory.least, memory.bursts)),
        (Loss::Unasked, rest(makespan, memory.least)),
    ];
    let link = busiest.bounds.link;
    let all = units.into_iter().chain([
        of_server(Bound::Memory, busiest.memory.at_peak, &memory),
        of_server(Bound::Link, link, &[(Loss::Unasked, rest(makespan, link))]),
    ]);
    all.filter(|peak| busiest.bounds.of_resource(peak.bound) > Span::ZERO).collect()
}

fn of_unit(timeline: &Timeline, bound: Bound, kind: UnitKind, asked: Asked) -> Peak {
    let totals = totals(timeline, asked.rank, kind);
    // A log of another program may say that a unit was busy for less than its ops take.
    let mut left = totals.busy;
    let mut taken = |span: Span| {
        let span = span.min(left);
        left = rest(left, span);
        span
    };
    let reached = taken(asked.at_peak);
    let [places, phases, operands, fill] =
        [asked.places, asked.phases, asked.operands, asked.fill].map(&mut taken);
    // Where all that happens in a PE shares its TCM, operands may wait for it.
    let operands = operands + left;
    let lost =
        [(Loss::Places, places), (Loss::Phases, phases), (Loss::Operands, operands), (Loss::Fill, fill)];
    let mut peak = of_server(bound, reached, &lost);
    (peak.rank, peak.waits) = (Some(asked.rank), totals.stalled);
    peak.waits.retain(|_, span| *span > Span::ZERO);
    peak
}

/// Busy and stalled time of the one unit of a kind that a rank has.
fn totals(timeline: &Timeline, rank: Rank, kind: UnitKind) -> UnitTotals {
    let mut units = timeline.rank(rank).into_iter();
    let own = units.find(|(unit, _)| unit.kind() == kind);
    own.map_or_else(UnitTotals::default, |(_, intervals)| UnitTotals::of(&intervals))
}

fn of_server(bound: Bound, reached: Span, lost: &[(Loss, Span)]) -> Peak {
    let lost = lost.iter().copied().filter(|(_, span)| *span > Span::ZERO).collect();
    Peak { bound, rank: None, reached, lost, waits: BTreeMap::new() }
}

fn rest(whole: Span, part: Span) -> Span {
    Span::from_fs(whole.fs().saturating_sub(part.fs()))
}

#[cfg(test)]
#[path = "peak_tests.rs"]
mod tests;
