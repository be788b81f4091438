//! References in Python as expected tensors, and notes and judgements by them.

use kernmesh::oplog::{Judgement, Verdict};
use kernmesh::program::Program;
use kernmesh::remarks::{Given, Remark};
use kernmesh::replay::verdict::Tolerance;
use kernmesh::{Expectations, Expected, Wide, in_lines, why};
use ndarray::ArrayD;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use serde_json::Value;

use crate::errors::Fault;

/// A reference: the output's name, and the shape and f64 values of the oracle and of the naive computation.
type Values = (Vec<usize>, PyBuffer<f64>);
pub type Asked = (String, Values, Option<Values>);

/// What the outputs of a program should be.
pub fn expectations(
    py: Python<'_>,
    program: &Program,
    references: Vec<Asked>,
    [rtol, atol]: [f64; 2],
) -> Result<Expectations, Fault> {
    let mut expected = Expectations { tolerance: Tolerance { rtol, atol }, ..Expectations::default() };
    for (name, oracle, naive) in references {
        if !program.outputs.iter().any(|output| output.name == name) {
            let known: Vec<&str> = program.outputs.iter().map(|output| &*output.name).collect();
            let help = format!("the kernel has {}", known.join(", "));
            return Err(Fault::input(format!("the reference gives `{name}`, which is no output"), help));
        }
        let oracle = array(py, &name, oracle)?;
        let naive = naive.map(|naive| array(py, &name, naive)).transpose()?;
        expected.outputs.insert(name, Expected { oracle, naive });
    }
    Ok(expected)
}

fn array(py: Python<'_>, name: &str, (shape, values): Values) -> Result<Wide, Fault> {
    let values = ArrayD::from_shape_vec(shape, values.to_vec(py)?).map_err(|error| {
        Fault::input(format!("the reference of `{name}` is no array: {error}"), "return a NumPy array")
    })?;
    Ok(Wide { values, dtype: None })
}

/// The judgements as JSON, and of the one that fails by most why it does.
pub fn told(verdict: &Verdict) -> String {
    let mut why = why(verdict);
    let one = |judgement: &Judgement| {
        let mut told = serde_json::to_value(judgement).expect("judgements have a JSON form");
        told["text"] = in_lines(judgement).into();
        told["may_be_rounding"] = judgement.may_be_rounding().into();
        told["elements"] = judgement.elements().into();
        told["beyond"] = judgement.beyond().into();
        let is_told = !judgement.pass && std::ptr::eq(judgement, verdict.leading());
        let why = if is_told { why.take() } else { None };
        told["why"] = why.unwrap_or_default().into();
        told
    };
    Value::Array(verdict.judgements.iter().map(one).collect()).to_string()
}

/// The judgements of a run by its kernel's own reference, as JSON.
pub fn told_of(verdict: Option<&Verdict>) -> String {
    verdict.map_or_else(|| "[]".to_owned(), told)
}

/// What the program or its references may not have meant.
pub fn notes(program: &Program, expected: &Expectations) -> Vec<String> {
    let judges = !expected.outputs.is_empty();
    let given = Given { program, reference: Err(""), expected, file: None, judges };
    let said = |remark: &Remark| match remark {
        Remark::AlsoNotJudged { outputs } => {
            let names: Vec<String> = outputs.iter().map(|output| format!("`{}`", output.name)).collect();
            Some(format!("{} not judged: the reference returns nothing for it", names.join(", ")))
        }
        Remark::NotRead { input } => Some(format!("no op reads the input `{input}`")),
        Remark::NotTaken { input, elements, of, first } => {
            Some(format!("no rank takes {elements} of {of} elements of the input `{input}`, first {first:?}"))
        }
        // Of files, and of kernels that are built in.
        Remark::NotJudged { .. } | Remark::NaiveNotUsed { .. } | Remark::NotUsed { .. } => None,
    };
    given.remarks().iter().filter_map(said).collect()
}
