//! The single changes that are tried.

use diagnostic::{Code, Diagnostic, Draft, Patch};
use kernels::{Kernel, Recorded, Texts};
use machine::{Machine, QueueModel, Sync};
use program::Program;
use verify::{Refusal, auto_sync};

use super::Subject;
use crate::error::Error;
use crate::findings;
use crate::panics::in_kernel;
use crate::simulate::Simulation;

/// A change as text, with the changed subject, or the reason why it cannot be made.
pub struct Change {
    pub said: String,
    pub made: Result<(Recorded, Machine), String>,
}

/// Every change that means something for this subject; `run` is what came of it.
pub fn changes(subject: &Subject, run: &Result<Simulation, Error>) -> Vec<Change> {
    let mut changes = match run {
        Ok(run) => repairs(subject, run),
        Err(error) => of_deadlock(subject, error),
    };
    let is_short = |error: &Error| findings::of_error(error).iter().any(|it| it.code == Code::Capacity);
    changes.extend(of_machine(subject, run.as_ref().is_err_and(is_short)));
    changes.extend(of_program(subject));
    if let Some((kernel, params)) = &subject.origin {
        changes.extend(of_parameters(subject, kernel, params));
    }
    changes
}

/// Of more repairs than these none is tried alone: one of many leaves the others' findings.
const REPAIRS: usize = 6;

/// The findings whose repair is a patch of the program.
pub fn patches(run: &Simulation) -> Vec<(&Diagnostic, &Patch)> {
    run.computed.findings.iter().filter_map(|finding| Some((finding, finding.patch.as_ref()?))).collect()
}

/// The change that makes all `n` repairs.
pub fn all_together(n: usize) -> String {
    format!("all {n} repairs together")
}

/// The subject with these patches.
pub fn repaired<'a>(subject: &Subject, said: String, patches: impl Iterator<Item = &'a Patch>) -> Change {
    let mut draft = Draft::new(&subject.recorded.program);
    patches.for_each(|patch| draft.add(patch));
    let patch = draft.done();
    changed(subject, said, |program| *program = patch.apply(program))
}

/// The repair of each finding that is a patch of the program, and all of them together.
fn repairs(subject: &Subject, run: &Simulation) -> Vec<Change> {
    let patches = patches(run);
    let one = |(finding, patch): &(&Diagnostic, &Patch)| {
        let said = format!("the repair of {}: {}", finding.code.name(), finding.repair_text());
        repaired(subject, said, std::iter::once(*patch))
    };
    let mut changes: Vec<Change> =
        if patches.len() <= REPAIRS { patches.iter().map(one).collect() } else { Vec::new() };
    if patches.len() > 1 {
        changes.push(repaired(subject, all_together(patches.len()), patches.iter().map(|it| it.1)));
    }
    changes
}

/// The repair of a deadlock, and the fewest slots that free it.
fn of_deadlock(subject: &Subject, error: &Error) -> Vec<Change> {
    let Error::Refused(Refusal { deadlock: Some(deadlock), .. }) = error else { return Vec::new() };
    let mut changes = Vec::new();
    let way_out = &deadlock.way_out;
    if !way_out.patches.is_empty() {
        let said = format!("the repair of the deadlock: {way_out}");
        changes.push(changed(subject, said, |program| *program = way_out.apply(program)));
    }
    if let Some(slots) = deadlock.smallest_slots {
        changes.push(changed(subject, format!("{slots} slots in every ring"), |program| {
            program.rings.iter_mut().for_each(|ring| ring.n_slots = slots);
        }));
    }
    changes
}

/// The same program on a machine that differs in one rule of order.
fn of_machine(subject: &Subject, lacks_room: bool) -> Vec<Change> {
    let with = |said: &str, machine: Result<Machine, machine::MachineError>| Change {
        said: said.to_owned(),
        made: machine.map(|machine| (subject.recorded.clone(), machine)).map_err(|error| error.to_string()),
    };
    let machine = &subject.machine;
    let mut changes: Vec<Change> = lacks_room
        .then(|| with("twice the memory of each PE, TCM and HBM", doubled(machine)))
        .into_iter()
        .collect();
    match machine.queue() {
        Some(queue) => {
            if queue.model == QueueModel::Overlap {
                let serial = machine.with_queue_model(QueueModel::Serial);
                changes.push(with("command buffers run one after another (`queue.model = serial`)", serial));
            }
            if !queue.tracked {
                changes.push(with(
                    "queues order conflicting passes (`queue.tracked = true`)",
                    machine.with_tracked(true),
                ));
            }
        }
        None if machine.spec().sync == Sync::Explicit => {
            changes.push(with(
                "the sequencer holds ops back (`--sync interlocked`)",
                machine.with_sync(Sync::Interlocked),
            ));
        }
        None => {}
    }
    changes
}

fn doubled(machine: &Machine) -> Result<Machine, machine::MachineError> {
    let mut spec = machine.spec().clone();
    for bytes in [&mut spec.pe.tcm_bytes.0, &mut spec.hbm.bytes_per_pe.0] {
        *bytes = bytes.saturating_mul(2);
    }
    Machine::new(spec)
}

/// The program with one thing changed that needs no new recording.
fn of_program(subject: &Subject) -> Vec<Change> {
    let program = &subject.recorded.program;
    let mut changes = Vec::new();
    if !program.rings.is_empty() {
        changes.push(changed(subject, "twice as many slots in every ring".to_owned(), |program| {
            program.rings.iter_mut().for_each(|ring| ring.n_slots = ring.n_slots.saturating_mul(2));
        }));
    }
    let fixed = |program: &Program| {
        program.ranks.iter().flat_map(|rank| &rank.buffers).any(|buffer| buffer.at.is_some())
    };
    if fixed(program) {
        changes.push(changed(
            subject,
            "a place of its own for every tile (no `tile_at`)".to_owned(),
            |program| {
                program
                    .ranks
                    .iter_mut()
                    .flat_map(|rank| &mut rank.buffers)
                    .for_each(|buffer| buffer.at = None);
            },
        ));
    }
    if subject.machine.spec().sync == Sync::Explicit && subject.machine.queue().is_none() {
        changes.push(Change {
            said: "waits where an interlocked sequencer would hold (`--auto-sync`)".to_owned(),
            made: auto_sync(program, &subject.machine)
                .map(|program| (Recorded { program, ..subject.recorded.clone() }, subject.machine.clone()))
                .map_err(|refusal| refusal.to_string()),
        });
    }
    changes
}

fn changed(subject: &Subject, said: String, change: impl FnOnce(&mut Program)) -> Change {
    let mut recorded = subject.recorded.clone();
    change(&mut recorded.program);
    Change { said, made: Ok((recorded, subject.machine.clone())) }
}

/// Values of a built-in kernel's parameters that are worth a try: wider numbers, other routes and messages.
const PARAMETERS: [(&str, &str); 6] = [
    ("wire_dtype", "f32"),
    ("dtype", "f32"),
    ("packed", "true"),
    ("packed", "false"),
    ("topology", "line"),
    ("waits", "hand"),
];

fn of_parameters(subject: &Subject, kernel: &'static Kernel, params: &Texts) -> Vec<Change> {
    let known = |name: &str| kernel.params.iter().any(|param| param.name == name);
    let tried = PARAMETERS.into_iter().filter(|&(name, value)| {
        let now = subject.recorded.program.params.get(name).map(String::as_str);
        known(name) && now != Some(value)
    });
    tried
        .map(|(name, value)| {
            let mut params = params.clone();
            params.insert(name.to_owned(), value.to_owned());
            Change {
                said: format!("`--set {name}={value}`"),
                made: in_kernel(kernel.name, || kernel.record(&params))
                    .map(|recorded| (recorded, subject.machine.clone()))
                    .map_err(|error| error.to_string()),
            }
        })
        .collect()
}
