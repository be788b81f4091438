//! The kernels that a backend is judged by: every listed one that computes, small, in each dtype and topology.

use std::collections::BTreeMap;

use kernels::{Recorded, Texts};
use machine::Machine;
use serde::Serialize;

use super::{Checked, Options, Subject};
use crate::error::Error;
use crate::simulate::{Tensors, time};
use gpu::Device;

/// Kernels and their parameters, as `kernmesh run` takes them.
pub const SUITE: [&str; 15] = [
    "gemm ranks=4 m=33 n=29 k=41",
    "gemm ranks=3 m=17 n=9 k=24 dtype=f32 topology=ring",
    "gemm ranks=3 m=17 n=9 k=24 dtype=bf16",
    "gemm ranks=2 m=16 n=16 k=24 dtype=f8e4m3",
    "gemm ranks=2 m=16 n=16 k=24 dtype=f8e5m2",
    "mesh_mlo ranks=5 heads=6 kv_heads=2 head_dim=16 kv_len=53 kv_block=8",
    "mesh_mlo ranks=4 heads=4 kv_heads=4 head_dim=16 kv_len=53 dtype=bf16 topology=ring packed=true slots=1",
    "mesh_mlo ranks=3 heads=4 kv_heads=2 head_dim=16 kv_len=40 dtype=f32 wire_dtype=f16",
    "mesh_kv ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 causal=true",
    "mesh_kv ranks=3 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 dtype=f32 slots=2",
    "mesh_flat ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 slice=8 wire_dtype=f16",
    "llama70b_prefill_single",
    "llama70b_prefill_multi",
    "llama70b_decode_single",
    "llama70b_decode_multi",
];

/// What came of one kernel.
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
    SUITE.into_iter().map(|words| (words.to_owned(), checked(words))).collect()
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
    let mut split = words.split(' ');
    let kernel = kernels::find(split.next().unwrap_or_default())?;
    let given: Texts = split
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let Recorded { program, reference, .. } = kernel.record(&given)?;
    let timed = time(program, &Machine::preset("sip")?, options.seed)?;
    let subject = Subject { timed: &timed, reference: reference.as_ref(), tensors: &Tensors::default() };
    subject.check(backend, device, options, &|_| {})
}
