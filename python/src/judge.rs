//! Verdicts by a reference in f64 that Python computed.

use kernmesh::oplog::Verdict;
use kernmesh::replay::{self, HostValues};
use ndarray::ArrayD;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::errors::Fault;

/// A reference: the output's name, the shape and f64 values of the oracle and of the naive computation, and the
/// tolerances.
type Values = (Vec<usize>, PyBuffer<f64>);
pub type Judgement = (String, Values, Option<Values>, [f64; 2]);

/// The verdict on each output that a reference is given for, in their order.
pub fn judged(
    py: Python<'_>,
    outputs: Option<&HostValues>,
    references: Vec<Judgement>,
) -> Result<Vec<(String, Verdict)>, Fault> {
    let one = |(name, oracle, naive, [rtol, atol]): Judgement| {
        let Some(output) = outputs.and_then(|outputs| outputs.get(&name)) else {
            let help = "give a reference for outputs of the kernel";
            return Err(Fault::input(format!("the run has no output `{name}`"), help));
        };
        let oracle = array(py, &name, oracle)?;
        let naive = naive.map(|naive| array(py, &name, naive)).transpose()?;
        let largest = oracle.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max);
        let against = naive.as_ref().unwrap_or(&oracle).view();
        let verdict = replay::judge(output, oracle.view(), against).map_err(kernmesh::Error::from)?;
        Ok((name, within(verdict, atol + rtol * largest, naive.is_some())))
    };
    references.into_iter().map(one).collect()
}

/// The verdict with a tolerance beside the error of a naive computation, which may be missing.
fn within(verdict: Verdict, tolerance: f64, has_naive: bool) -> Verdict {
    let Verdict { max_abs, naive_max_abs, ulp, rule, .. } = &verdict;
    // What is not finite was given an error as large as any.
    let allowed = 2.0 * naive_max_abs + ulp + tolerance;
    let pass = verdict.pass || (*max_abs < f64::MAX && *naive_max_abs < f64::MAX && *max_abs <= allowed);
    let rule = if has_naive { rule.clone() } else { rule.replace("2 × naive_max_abs + ", "") };
    let rule = if tolerance > 0.0 { format!("{rule} + {tolerance:e}") } else { rule };
    Verdict { pass, rule, ..verdict }
}

fn array(py: Python<'_>, name: &str, (shape, values): Values) -> Result<ArrayD<f64>, Fault> {
    let values = values.to_vec(py)?;
    ArrayD::from_shape_vec(shape, values).map_err(|error| {
        Fault::input(format!("the reference of `{name}` is no array: {error}"), "return a NumPy array")
    })
}
