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

use machine::{Machine, PeId, Span};
use program::{Layout, Program, UnitKind, cost};

use links::Links;
use memory::Memories;
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
        let subject = Subject { program, machine, placement, layout };
        let (gemm, math) = compute(program, machine);
        let (mut memories, mut links) = (Memories::of(&subject), Links::of(machine));
        links.add_operands(&subject);
        let mut latencies = latency::MessageLatencies::of(&subject);
        subject.for_each_transfer(|transfer| {
            memories.add(&transfer);
            links.add(&transfer);
            latencies.add(&transfer);
        });
        let (memory, link) = (memories.busiest(), links.busiest());
        Bounds { gemm, math, memory, link, latency: latency::longest(&subject, latencies) }
    }

    /// The largest first; of equal ones, in the order of [`Bound`].
    pub fn ranked(&self) -> [(Bound, Span); 5] {
        let mut all = [
            (Bound::Gemm, self.gemm),
            (Bound::Math, self.math),
            (Bound::Memory, self.memory),
            (Bound::Link, self.link),
            (Bound::Latency, self.latency),
        ];
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

/// What the busiest GEMM unit and the busiest math unit have to do.
fn compute(program: &Program, machine: &Machine) -> (Span, Span) {
    let spec = machine.spec();
    let (mut gemm, mut math) = (Span::ZERO, Span::ZERO);
    for rank in &program.ranks {
        let (mut of_gemm, mut of_math) = (Span::ZERO, Span::ZERO);
        for op in &rank.ops {
            let Some(cycles) = cost::compute(spec, rank, op) else { continue };
            let unit = if op.unit() == UnitKind::Gemm { &mut of_gemm } else { &mut of_math };
            *unit += spec.clock.pe_fs.span(cycles);
        }
        (gemm, math) = (gemm.max(of_gemm), math.max(of_math));
    }
    (gemm, math)
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
