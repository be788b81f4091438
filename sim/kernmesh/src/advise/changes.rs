//! The changes that are tried: those of the machine's own keys, and those of the parameters that the kernel reads.

use std::mem::discriminant;

use kernels::{Kernel, Recorded, Texts};
use machine::{Keys, Machine};

use super::{Change, Subject};
use crate::error::Error;
use crate::panics::in_kernel;

/// A change, and what the kernel records with it; `None` when only the machine changes.
pub struct Candidate {
    pub change: Change,
    pub recorded: Option<Recorded>,
}

/// Every change of this subject: of the machine first, then of the kernel.
///
/// # Errors
/// [`Error::Kernel`] for parameters that do not work.
pub fn candidates(subject: &Subject, machine: &Machine) -> Result<Vec<Candidate>, Error> {
    let values = machine.values();
    let of_machine = machine.neighbours().into_iter().map(|keys| {
        let was = keys.keys().filter_map(|key| Some((key.clone(), values.get(key)?.clone())));
        let change = subject.change(Texts::new(), keys.clone(), was.collect());
        Candidate { change, recorded: None }
    });
    let mut all: Vec<Candidate> = of_machine.collect();
    if let Some((kernel, given)) = &subject.origin {
        all.extend(of_parameters(subject, kernel, given)?);
    }
    Ok(all)
}

/// Values next to those that the kernel reads, where it then computes the same. A value that it does not take is no
/// change.
fn of_parameters(subject: &Subject, kernel: &'static Kernel, given: &Texts) -> Result<Vec<Candidate>, Error> {
    let (_, read) = in_kernel(kernel.name, || kernel.record_and_read(given))?;
    let mut candidates = Vec::new();
    for (name, (value, domain)) in &read.0 {
        for neighbour in domain.neighbours(value) {
            let set = Texts::from([((*name).to_owned(), neighbour)]);
            let mut params = given.clone();
            params.extend(set.clone());
            let Some(recorded) = same_work(&subject.recorded, kernel, &params) else { continue };
            let was = [((*name).to_owned(), value.clone())].into();
            let change = subject.change(set, Keys::new(), was);
            candidates.push(Candidate { change, recorded: Some(recorded) });
        }
    }
    Ok(candidates)
}

/// What the kernel records with these parameters, if it computes the same from the same tensors. Where no reference
/// says what it computes, it must run the same ops on a network of the same model.
fn same_work(before: &Recorded, kernel: &'static Kernel, params: &Texts) -> Option<Recorded> {
    // The reference costs less than a recording, and tells most changes of the problem.
    let reference = in_kernel(kernel.name, || kernel.reference(params)).ok()?;
    if before.reference.is_some() && reference != before.reference {
        return None;
    }
    let after = in_kernel(kernel.name, || kernel.record(params)).ok()?;
    let (old, new) = (&before.program, &after.program);
    let network = |recorded: &Recorded| recorded.machine.as_ref().map(|it| discriminant(&it.noc.model()));
    let same_ops = || {
        let ops = old.ranks.iter().map(|rank| &rank.ops).eq(new.ranks.iter().map(|rank| &rank.ops));
        ops && network(before) == network(&after)
    };
    let same = old.inputs == new.inputs
        && old.outputs == new.outputs
        && after.reference == before.reference
        && (before.reference.is_some() || same_ops());
    same.then_some(after)
}

impl Subject {
    fn change(&self, set: Texts, machine_set: Keys, was: Texts) -> Change {
        let mut params = self.origin.as_ref().map(|(_, given)| given.clone()).unwrap_or_default();
        params.extend(set.clone());
        let mut keys = self.setup.keys.clone();
        keys.extend(machine_set.clone());
        let options = |option: &'static str, all: Texts| {
            all.into_iter().flat_map(move |(key, value)| [option.to_owned(), format!("{key}={value}")])
        };
        let run = self.words.iter().cloned();
        let run = run.chain(options("--set", params)).chain(options("--machine-set", keys));
        Change { set, machine_set, was, run: run.collect() }
    }
}
