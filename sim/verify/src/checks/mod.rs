//! The verifier: whether a program can run on a machine, decided before anything runs. No program that JSON can
//! express makes it panic: references and sizes are checked first, and the later checks rely on them.

mod host;
mod lay_out;
mod limits;
mod messages;
mod order;
mod queues;
mod references;
mod refusal;
mod regions;
mod slots;
mod stuck;
mod tables;

use std::sync::Arc;

use ::order::Dependencies;
use diagnostic::Fault;
use machine::{Machine, MachineError, PeId, place};
use program::{Layout, Op, OpIndex, Program, Rank};

pub use refusal::Refusal;
pub use slots::smallest_slots;

use crate::Verified;
use crate::counts::counted;
use crate::plan::Shortage;
use lay_out::{Ready, Unfit, lay_out};
use messages::Sent;
pub(crate) use refusal::Reasons;

#[cfg(test)]
mod tests;

/// Sizes above this are refused, so that sums of sizes stay far from wrapping.
const MOST_BYTES: u64 = 1 << 53;

/// Checks that a program can run on a machine, and gives it addresses.
///
/// # Errors
/// All separate reasons against it: broken references alone, else what is wrong with its ops and
/// messages, else what is too large for the machine, else why it cannot finish.
pub fn verify(program: impl Into<Arc<Program>>, machine: &Machine) -> Result<Verified, Refusal> {
    verify_judged(program, machine, &|_| Some(true), &|| {})
}

/// Whether a changed program that finishes is right in what the verifier does not check; `None` when it is too large to
/// say.
pub type Judge<'a> = &'a dyn Fn(&Program) -> Option<bool>;

/// As [`verify()`]. Of a program that cannot finish, only those repairs are told that `judge` accepts. Calls
/// `planning` when the checks that need no addresses are done.
///
/// # Errors
/// As [`verify()`].
pub fn verify_judged(
    program: impl Into<Arc<Program>>,
    machine: &Machine,
    judge: Judge<'_>,
    planning: &dyn Fn(),
) -> Result<Verified, Refusal> {
    let mut program = program.into();
    let placement = match check_alone(&program, machine) {
        Ok(Checked { placement, counted }) => {
            program = counted.map_or(program, Arc::new);
            placement
        }
        Err(refusal) => {
            let deadlock = stuck::beside(&refusal, &program, machine, judge).map(Box::new);
            return Err(Refusal { deadlock, ..refusal });
        }
    };
    planning();
    match lay_out(&program, machine, &placement) {
        Ok(Ready { layout, dependencies }) => {
            let (layout, machine) = (Arc::new(layout), machine.clone());
            Ok(Verified { program, machine, placement, layout, dependencies })
        }
        Err(Unfit::Short(shortages)) => {
            let mut reasons = Reasons::of(&program);
            for Shortage { place, op, fault } in shortages {
                match op {
                    Some((rank, op)) => reasons.op_at(rank, op, fault, place),
                    None => reasons.at(place, fault),
                }
            }
            Err(reasons.refusal().expect_err("a program that does not fit has a reason"))
        }
        Err(Unfit::Stuck(stuck)) => Err(stuck::refusal(&stuck, &program, machine, &placement, judge)),
    }
}

/// As [`verify()`], for a program that has addresses: its PEs, and the order of its ops at these addresses. `addressed`
/// looks at the addresses once nothing else is wrong with the program; it refuses those that the program cannot have.
///
/// # Errors
/// As [`verify()`], or that of `addressed`.
pub fn verify_laid_out<E: From<Refusal>>(
    program: &Program,
    machine: &Machine,
    layout: &Layout,
    addressed: impl FnOnce() -> Result<(), E>,
) -> Result<Dependencies, E> {
    let Checked { placement, counted } = check_alone(program, machine)?;
    if counted.is_some_and(|counted| counted != *program) {
        let mut reasons = Reasons::of(program);
        reasons.program(Fault::CountsOfOther {});
        reasons.refusal()?;
    }
    addressed()?;
    lay_out::finishes(program, machine, layout)
        .map_err(|stuck| stuck::refusal(&stuck, program, machine, &placement, &|_| Some(true)).into())
}

/// Whether every tile, view, tensor, ring and op that the program names exists. Of a program that breaks this, nothing
/// else can be asked.
pub fn references_hold(program: &Program) -> bool {
    check_references(program).is_ok()
}

fn check_references(program: &Program) -> Result<Reasons<'_>, Refusal> {
    let mut reasons = Reasons::of(program);
    tables::check(program, &mut reasons);
    reasons.refusal()?;
    references::check(program, &mut reasons);
    reasons.refusal()?;
    Ok(reasons)
}

/// A program of which only the addresses are open.
struct Checked {
    /// The PE of each rank.
    placement: Vec<PeId>,
    /// The program with its counts, if it has semaphores that do more than grow.
    counted: Option<Program>,
}

/// Everything that does not depend on addresses.
fn check_alone(program: &Program, machine: &Machine) -> Result<Checked, Refusal> {
    let mut reasons = check_references(program)?;

    let sent = Sent::by_all(program, &mut reasons);
    regions::check(program, &sent, &mut reasons);
    messages::check(program, &sent, &mut reasons);
    order::check(program, &mut reasons);
    queues::check(program, machine, &mut reasons);
    host::check(program, &mut reasons);
    let placement = place(machine, program.n_ranks(), program.rank_axis).unwrap_or_else(|error| {
        reasons.program(too_many_ranks(error));
        Vec::new()
    });
    reasons.refusal()?;
    limits::check(program, machine, &mut reasons);
    reasons.refusal()?;
    let counted = counted(program, machine, &mut reasons);
    reasons.refusal()?;
    Ok(Checked { placement, counted })
}

fn too_many_ranks(error: MachineError) -> Fault {
    match error {
        MachineError::TooManyRanks { ranks, machine, axis, room, repair } => {
            Fault::Ranks { ranks, machine, axis, room, repair }
        }
        MachineError::Syntax { .. } | MachineError::Value { .. } | MachineError::Unknown { .. } => {
            unreachable!("a machine that exists has places: {error}")
        }
    }
}

/// Every op with its rank and index.
fn ops(program: &Program) -> impl Iterator<Item = (Rank, OpIndex, &Op)> {
    program.ranks.iter().enumerate().flat_map(|(rank, rank_program)| {
        let rank = Rank(rank as u32);
        rank_program.ops.iter().enumerate().map(move |(op, it)| (rank, OpIndex(op as u32), it))
    })
}
