//! A kernel as it is without parameters: what each may be, what then runs, and how many ranks the machine takes. The
//! answers are those of the kernel and of the checks before a run, and no list of their own.

use diagnostic::Diagnostic;
use kernels::{Kernel, Recorded, Texts};
use machine::{Machine, MachineError, place};
use serde::Serialize;

use crate::error::Error;
use crate::panics::in_kernel;
use crate::render::headline;

/// A trial with more ops than these would keep a reader waiting.
const MOST_OPS: u64 = 1 << 20;

/// JSON output of `kernmesh list KERNEL`. Keys are added, never renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AtDefaults {
    pub name: &'static str,
    pub purpose: &'static str,
    pub params: Vec<Parameter>,
    /// What is recorded without parameters.
    pub runs: Runs,
    /// How many ranks run with all else as it is; null of a kernel that has no `ranks`.
    pub ranks: Option<Ranks>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    pub name: &'static str,
    /// As the kernel describes it.
    pub default: &'static str,
    /// What that comes to when no parameter is given.
    pub value: Option<String>,
    /// Allowed values, in words; null of one that is not read then.
    pub values: Option<String>,
    pub doc: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Runs {
    pub machine: String,
    /// Whether the kernel brings its machine along.
    pub own_machine: bool,
    pub ranks: u32,
    pub ops: u64,
    pub messages: u64,
    /// Why the machine does not take it; null where it does.
    pub refused: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ranks {
    /// Most ranks that both the kernel and the machine take.
    pub most: u32,
    /// Why there are no more; null when that is the kernel's own limit.
    pub limit: Option<String>,
    /// Numbers that were recorded and verified: powers of two, and the most.
    pub run: Vec<u32>,
    /// Of those, the ones that were refused, and why.
    pub refused: Vec<Refused>,
    /// The least number that was not tried, because its program is long.
    pub untried_from: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    pub ranks: u32,
    pub reason: String,
}

impl AtDefaults {
    /// # Errors
    /// [`Error`] when the kernel cannot be recorded without parameters.
    pub fn of(kernel: &'static Kernel, machine: &Machine) -> Result<AtDefaults, Error> {
        let (recorded, read) = in_kernel(kernel.name, || kernel.record_and_read(&Texts::new()))?;
        let param = |param: &kernels::Param| {
            let read = read.0.get(param.name);
            Parameter {
                name: param.name,
                default: param.default,
                value: read.map(|(value, _)| value.clone()),
                values: read.map(|(_, domain)| domain.to_string()),
                doc: param.doc,
            }
        };
        let machine = machine_of(&recorded, machine)?;
        let program = &recorded.program;
        let ops = program.ranks.iter().flat_map(|rank| &rank.ops);
        let runs = Runs {
            machine: machine.spec().name.clone(),
            own_machine: recorded.machine.is_some(),
            ranks: program.n_ranks(),
            ops: program.n_ops() as u64,
            messages: ops.map(|op| op.sends().len() as u64).sum(),
            refused: verify::verify(program.clone(), &machine).err().map(|refusal| first(&refusal)),
        };
        let range = read.0.get("ranks").and_then(|(_, domain)| domain.range());
        let ranks = range.map(|(least, most)| Ranks::of(kernel, &recorded, &machine, (least, most)));
        let params = kernel.params.iter().map(param).collect();
        Ok(AtDefaults { name: kernel.name, purpose: kernel.purpose, params, runs, ranks })
    }
}

impl Ranks {
    fn of(
        kernel: &'static Kernel,
        recorded: &Recorded,
        machine: &Machine,
        (least, most): (u32, u32),
    ) -> Ranks {
        // A machine that is made for the ranks has room for all of them.
        let placed = match &recorded.machine {
            Some(_) => Ok(Vec::new()),
            None => place(machine, most, recorded.program.rank_axis),
        };
        let (most, limit) = match placed {
            Ok(_) => (most, None),
            Err(error @ MachineError::TooManyRanks { room, .. }) => (room, Some(error.to_string())),
            Err(error) => (most, Some(error.to_string())),
        };
        let mut ranks = Ranks { most, limit, run: Vec::new(), refused: Vec::new(), untried_from: None };
        let powers = (0..u32::BITS).map(|bits| 1 << bits).filter(|n| (least..most).contains(n));
        let mut last: Option<(u32, u64)> = None;
        for n in powers.chain([most]) {
            // With twice the ranks there are at most four times the ops: every rank hears from every other.
            let grown =
                last.map_or(0, |(before, ops)| ops.saturating_mul(u64::from(n / before.max(1)).pow(2)));
            if grown > MOST_OPS {
                ranks.untried_from = Some(n);
                break;
            }
            match tried(kernel, machine, n) {
                Ok(ops) => {
                    ranks.run.push(n);
                    last = Some((n, ops));
                }
                Err(error) => ranks.refused.push(Refused { ranks: n, reason: reason(&error) }),
            }
        }
        ranks
    }
}

/// The ops of a program with so many ranks, when it may run.
fn tried(kernel: &'static Kernel, machine: &Machine, ranks: u32) -> Result<u64, Error> {
    let given = [("ranks".to_owned(), ranks.to_string())].into();
    let recorded = in_kernel(kernel.name, || kernel.record(&given))?;
    let machine = machine_of(&recorded, machine)?;
    let ops = recorded.program.n_ops() as u64;
    verify::verify(recorded.program, &machine)?;
    Ok(ops)
}

/// What is wrong, in one sentence: of a refused program its first reason.
fn reason(error: &Error) -> String {
    if let Error::Refused(refusal) = error { first(refusal) } else { headline(error) }
}

fn first(refusal: &verify::Refusal) -> String {
    refusal.reasons.first().map_or_else(|| refusal.to_string(), Diagnostic::message)
}

/// The kernel's own machine, or the one that is asked for.
fn machine_of(recorded: &Recorded, machine: &Machine) -> Result<Machine, Error> {
    Ok(recorded.machine.clone().map(Machine::new).transpose()?.unwrap_or_else(|| machine.clone()))
}
