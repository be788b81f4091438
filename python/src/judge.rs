//! Judgements by a reference in f64 that Python computed.

use kernmesh::oplog::{Against, Judgement};
use kernmesh::replay::HostValues;
use kernmesh::replay::verdict::{Measure, Question, Tolerance, judge};
use ndarray::ArrayD;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::errors::Fault;

/// A reference: the output's name, the shape and f64 values of the oracle and of the naive computation, and the
/// tolerances, which count where there is no naive computation.
type Values = (Vec<usize>, PyBuffer<f64>);
pub type Asked = (String, Values, Option<Values>, [f64; 2]);

/// The judgement on each output that a reference is given for, in their order.
pub fn judged(
    py: Python<'_>,
    outputs: Option<&HostValues>,
    references: Vec<Asked>,
) -> Result<Vec<Judgement>, Fault> {
    let one = |(name, oracle, naive, [rtol, atol]): Asked| {
        let Some(output) = outputs.and_then(|outputs| outputs.get(&name)) else {
            let help = "give a reference for outputs of the kernel";
            return Err(Fault::input(format!("the run has no output `{name}`"), help));
        };
        let oracle = array(py, &name, oracle)?;
        let naive = naive.map(|naive| array(py, &name, naive)).transpose()?;
        let measure = match &naive {
            Some(naive) => Measure::Naive { naive, oracle: &oracle },
            None => Measure::Tolerance(Tolerance { rtol, atol }),
        };
        let question = Question {
            name: &name,
            output,
            shape: &output.shape,
            rows: None,
            against: Against::Reference,
            oracle: &oracle,
            oracle_dtype: None,
            measure,
        };
        Ok(judge(&question).map_err(kernmesh::Error::from)?)
    };
    references.into_iter().map(one).collect()
}

fn array(py: Python<'_>, name: &str, (shape, values): Values) -> Result<ArrayD<f64>, Fault> {
    let values = values.to_vec(py)?;
    ArrayD::from_shape_vec(shape, values).map_err(|error| {
        Fault::input(format!("the reference of `{name}` is no array: {error}"), "return a NumPy array")
    })
}
