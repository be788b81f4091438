//! Lower bounds of a program on a machine: what no order of its ops and no luck can beat. They show what binds.
//!
//! Each looks at one resource as if everything else took no time, so each errs low, and a run that is faster than one
//! of them is a bug of the engine. Bytes and cycles are those that the engine charges; what it charges a little
//! differently from run to run (the bursts of packets that split one, the last cycle of a transfer) counts as little
//! as it can be.

mod latency;
mod links;
mod memory;
pub mod transfers;

use machine::{Clock, Cycles, Machine, PeId, Span};
use program::cost::Spent;
use program::{Layout, Program, Rank, UnitKind, cost};

use links::Links;
pub use links::{Server, Way};
use memory::Memories;
pub use memory::MemoryAsked;
pub use transfers::Subject;

/// The least time of each resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The GEMM unit with the most work.
    pub gemm: Span,
    /// The math unit with the most work.
    pub math: Span,
    /// The memory with the most bytes to read and write.
    pub memory: Span,
    /// The link or port with the most bytes to carry, shared TCMs among them.
    pub link: Span,
    /// The longest chain of messages that depend on each other.
    pub latency: Span,
}

/// A resource that bounds a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    Gemm,
    Math,
    Memory,
    Link,
    Latency,
}

impl Bound {
    pub const ALL: [Bound; 5] = [Bound::Gemm, Bound::Math, Bound::Memory, Bound::Link, Bound::Latency];

    pub const fn name(self) -> &'static str {
        match self {
            Bound::Gemm => "gemm",
            Bound::Math => "math",
            Bound::Memory => "memory",
            Bound::Link => "link",
            Bound::Latency => "latency",
        }
    }
}

impl Bounds {
    /// The bounds of a verified program as it is placed and laid out.
    pub fn of(program: &Program, machine: &Machine, placement: &[PeId], layout: &Layout) -> Bounds {
        Busiest::of(program, machine, placement, layout).bounds
    }

    pub const fn of_resource(&self, bound: Bound) -> Span {
        match bound {
            Bound::Gemm => self.gemm,
            Bound::Math => self.math,
            Bound::Memory => self.memory,
            Bound::Link => self.link,
            Bound::Latency => self.latency,
        }
    }

    /// The largest first; of equal ones, in the order of [`Bound`].
    pub fn ranked(&self) -> [(Bound, Span); 5] {
        let mut all = Bound::ALL.map(|bound| (bound, self.of_resource(bound)));
        all.sort_by_key(|&(bound, span)| (std::cmp::Reverse(span), bound));
        all
    }

    /// The bound that a run of this length breaks, if any: no machine of this kind makes it.
    pub fn broken_by(&self, run: Span) -> Option<(Bound, Span)> {
        Some(self.binding()).filter(|&(_, least)| run < least)
    }

    /// The largest: no run is shorter.
    pub fn binding(&self) -> (Bound, Span) {
        self.ranked()[0]
    }
}

/// The resources that set the bounds, with what is asked of them.
#[derive(Clone, Copy, Debug)]
pub struct Busiest {
    pub bounds: Bounds,
    pub gemm: Asked,
    pub math: Asked,
    pub memory: MemoryAsked,
    /// The link, port or shared TCM with the most to carry.
    pub link: Option<Server>,
}

/// What is asked of a GEMM or math unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub rank: Rank,
    /// The work, at the peak rate.
    pub at_peak: Span,
    /// Places of the array, or lanes, that take no operand while others do.
    pub places: Span,
    pub phases: Span,
    pub operands: Span,
    pub fill: Span,
}

impl Asked {
    /// What all ops of the unit take.
    pub fn total(&self) -> Span {
        [self.at_peak, self.places, self.phases, self.operands, self.fill].into_iter().sum()
    }

    fn add(&mut self, spent: &Spent, clock: Clock) {
        let at_peak = spent.at_peak(clock);
        let span = |cycles| clock.span(Cycles(cycles));
        self.at_peak += at_peak;
        self.places += Span::from_fs(span(spent.places).fs() - at_peak.fs());
        self.phases += span(spent.phases);
        self.operands += span(spent.operands);
        self.fill += span(spent.fill);
    }
}

impl Busiest {
    /// As [`Bounds::of`].
    pub fn of(program: &Program, machine: &Machine, placement: &[PeId], layout: &Layout) -> Busiest {
        let subject = Subject { program, machine, placement, layout };
        let [gemm, math] = compute(program, machine);
        let (mut memories, mut links) = (Memories::of(&subject), Links::of(machine));
        links.add_operands(&subject);
        let mut latencies = latency::MessageLatencies::of(&subject);
        subject.for_each_transfer(|transfer| {
            memories.add(&transfer);
            links.add(&transfer);
            latencies.add(&transfer);
        });
        let memory = memories.busiest();
        let (link, server) = links.busiest();
        let latency = latency::longest(&subject, latencies);
        let bounds = Bounds { gemm: gemm.total(), math: math.total(), memory: memory.least, link, latency };
        Busiest { bounds, gemm, math, memory, link: server }
    }
}

/// What the busiest GEMM unit and the busiest math unit have to do.
fn compute(program: &Program, machine: &Machine) -> [Asked; 2] {
    let spec = machine.spec();
    let mut most = [Asked::default(); 2];
    for (rank, of_rank) in (0u32..).map(Rank).zip(&program.ranks) {
        let mut asked = [Asked { rank, ..Asked::default() }; 2];
        for op in &of_rank.ops {
            let Some(spent) = cost::spent(spec, of_rank, op) else { continue };
            asked[usize::from(op.unit() != UnitKind::Gemm)].add(&spent, spec.clock.pe_fs);
        }
        for (most, asked) in most.iter_mut().zip(asked) {
            if asked.total() > most.total() {
                *most = asked;
            }
        }
    }
    most
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
