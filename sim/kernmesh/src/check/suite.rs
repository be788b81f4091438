//! The kernels that a backend is judged by: every listed one that computes, small, in each dtype and topology.

use std::collections::BTreeMap;

use kernels::{Recorded, Use, cases, record_words};
use machine::Machine;
use serde::Serialize;

use super::{Checked, Options, Subject};
use crate::error::Error;
use crate::panics::in_kernel;
use crate::simulate::{Tensors, time};
use gpu::Device;

/// Result of one kernel.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    Checked(Box<Checked>),
    /// The device failed, or could not run it.
    Failed {
        error: String,
    },
}

impl Outcome {
    pub fn passed(&self) -> bool {
        match self {
            Outcome::Checked(checked) => checked.passed(),
            Outcome::Failed { .. } => false,
        }
    }
}

/// Checks every kernel of the suite; one that fails does not keep the others from being checked. By its words.
pub fn check_all(backend: &'static str, device: &dyn Device, options: Options) -> BTreeMap<String, Outcome> {
    let checked = |words| match check_words(words, backend, device, options) {
        Ok(checked) => Outcome::Checked(Box::new(checked)),
        Err(error) => Outcome::Failed { error: error.to_string() },
    };
    cases(&[Use::Backend]).map(|words| (words.to_owned(), checked(words))).collect()
}

/// Checks one kernel, with its parameters in words.
///
/// # Errors
/// [`Error`] when the device fails.
pub fn check_words(
    words: &str,
    backend: &'static str,
    device: &dyn Device,
    options: Options,
) -> Result<Checked, Error> {
    let Recorded { program, reference, .. } = in_kernel(words, || record_words(words))?;
    let timed = time(program, &Machine::preset("sip")?, options.seed)?;
    let subject = Subject { timed: &timed, reference: reference.as_ref(), tensors: &Tensors::default() };
    subject.check(backend, device, options, &|_| {})
}
