//! Expected outputs in a file of tensors: `expected` of a program with one output, else `expected.NAME`; and beside each,
//! as `naive` or `naive.NAME`, what a plain computation in the program's precision gives.

use std::collections::BTreeMap;

use machine::{closest, same_word};
use ndarray::ArrayD;
use program::program::HostTensor;
use program::{DType, Program};
use replay::HostValue;
use replay::verdict::{Measure, Tolerance};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::error::Error;
use crate::tensors::{TensorFile, dtype_of, integers};

pub(crate) const EXPECTED: &str = "expected";
pub(crate) const NAIVE: &str = "naive";

/// What outputs should be, by name, and what is allowed beside rounding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    pub outputs: BTreeMap<String, Expected>,
    /// Of outputs without a naive computation.
    pub tolerance: Tolerance,
}

/// What one output should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub oracle: Wide,
    pub naive: Option<Wide>,
}

impl Expected {
    /// What the errors of its output are held to.
    pub(crate) fn measure(&self, tolerance: Tolerance) -> Measure<'_> {
        match &self.naive {
            Some(naive) => Measure::Naive { naive: &naive.values, oracle: &self.oracle.values },
            None => Measure::Tolerance(tolerance),
        }
    }
}

/// A tensor of any dtype in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide {
    pub values: ArrayD<f64>,
    /// Dtype that the values were rounded to; `None` for f64 and for exact integers.
    pub dtype: Option<DType>,
}

/// Name of a tensor that says something of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct About<'a> {
    word: &'static str,
    /// `None` for the only output.
    output: Option<&'a str>,
}

impl TensorFile {
    /// The expected outputs of a program, as far as the file has them.
    ///
    /// # Errors
    /// [`Error::Input`] for a name that is that of no output or stands for several, another shape, and a naive
    /// computation of an output without `expected`.
    pub fn expected(&self, program: &Program) -> Result<BTreeMap<String, Expected>, Error> {
        let file = self.file();
        let mut found: BTreeMap<(&str, &str), Wide> = BTreeMap::new();
        for name in file.names().into_iter().filter(|name| !is_input(program, name)) {
            let Some(about) = About::of(name) else {
                self.refuse_misspelt(name, program)?;
                continue;
            };
            let output = self.output(name, about, program)?;
            let tensor = file.tensor(name).expect("the file has the names that it lists");
            self.origin().same_shape(name, tensor.shape(), output)?;
            let twice = found.insert((about.word, &output.name), self.wide(name, &tensor)?).is_some();
            if twice {
                let problem = format!("output `{}` has `{}` twice", output.name, about.word);
                return Err(self.origin().refuse(problem, "keep one of them"));
            }
        }
        let mut expected = BTreeMap::new();
        for output in &program.outputs {
            let mut take = |word| found.remove(&(word, output.name.as_str()));
            match (take(EXPECTED), take(NAIVE)) {
                (Some(oracle), naive) => {
                    expected.insert(output.name.clone(), Expected { oracle, naive });
                }
                (None, Some(_)) => return Err(self.naive_alone(&output.name, program)),
                (None, None) => {}
            }
        }
        Ok(expected)
    }

    /// Tensors that are no inputs of the program and say nothing of its outputs.
    pub fn unused(&self, program: &Program) -> Vec<String> {
        let file = self.file();
        let unused = |name: &&str| !is_input(program, name) && About::of(name).is_none();
        let mut names: Vec<String> = file.names().into_iter().filter(unused).map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    fn output<'p>(
        &self,
        name: &str,
        about: About<'_>,
        program: &'p Program,
    ) -> Result<&'p HostTensor, Error> {
        let names: Vec<&str> = program.outputs.iter().map(|output| output.name.as_str()).collect();
        match (about.output, &program.outputs[..]) {
            (None, [output]) => Ok(output),
            (None, outputs) => {
                let problem =
                    format!("`{name}` is compared with one output, and the program has {}", outputs.len());
                let named: Vec<String> = names.iter().map(|it| format!("`{}.{it}`", about.word)).collect();
                let help = if named.is_empty() {
                    "take the tensor out of the file".to_owned()
                } else {
                    format!("name the output: {}", named.join(", "))
                };
                Err(self.origin().refuse(problem, &help))
            }
            (Some(of), outputs) => outputs.iter().find(|output| output.name == of).ok_or_else(|| {
                let help = match closest(of, &names) {
                    Some(near) => format!("did you mean `{}.{near}`?", about.word),
                    None => format!("outputs are {}", names.join(", ")),
                };
                self.origin().refuse(format!("`{name}` names no output of the program"), &help)
            }),
        }
    }

    /// A run whose `expected` is misspelt would not be judged, and nobody would know; one whose `naive` is would be judged
    /// by another rule. A word that only resembles them is a tensor of its own.
    fn refuse_misspelt(&self, name: &str, program: &Program) -> Result<(), Error> {
        let of = |word: &'static str| {
            let named = program.outputs.iter().map(move |output| format!("{word}.{}", output.name));
            (program.outputs.len() == 1).then(|| word.to_owned()).into_iter().chain(named)
        };
        let known: Vec<String> = of(EXPECTED).chain(of(NAIVE)).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        // `native` and `respected` are other words.
        let begins = ["expect", "naiv"].iter().any(|start| name.to_lowercase().starts_with(start));
        // A dot separates, as the other signs do that words are joined by.
        let joined = |text: &str| text.replace('.', "_");
        let joints: Vec<String> = known.iter().map(|it| joined(it)).collect();
        let joints: Vec<&str> = joints.iter().map(String::as_str).collect();
        let near = same_word(&joined(name), &joints).filter(|_| begins);
        match near.and_then(|near| known.iter().find(|it| joined(it) == near)) {
            Some(near) => {
                let problem = format!("tensor `{name}` is no input of the program");
                Err(self.origin().refuse(problem, &format!("did you mean `{near}`?")))
            }
            None => Ok(()),
        }
    }

    fn naive_alone(&self, output: &str, program: &Program) -> Error {
        let name =
            if program.outputs.len() == 1 { EXPECTED.to_owned() } else { format!("{EXPECTED}.{output}") };
        let problem =
            format!("the file has a naive computation of output `{output}` and not what is expected");
        self.origin().refuse(problem, &format!("add `{name}`, or take the naive computation out"))
    }

    fn wide(&self, name: &str, tensor: &TensorView<'_>) -> Result<Wide, Error> {
        let (values, dtype) = if tensor.dtype() == Dtype::F64 {
            let numbers = tensor.data().as_chunks::<8>().0;
            (numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(), None)
        } else if let Some(dtype) = dtype_of(tensor.dtype()).filter(|dtype| !dtype.is_host_only()) {
            let shape = tensor.shape().iter().map(|&n| n as u32).collect();
            (HostValue { shape, dtype, bytes: tensor.data().to_vec() }.wide(), Some(dtype))
        } else if let Some(integers) = integers(tensor) {
            if let Some(fine) = integers.iter().find(|&&value| value as f64 as i128 != value) {
                let problem = format!(
                    "tensor `{name}` has {fine}, and values are compared as f64, which has no such number"
                );
                return Err(self
                    .origin()
                    .refuse(problem, "keep whole numbers that are compared within ±2^53"));
            }
            (integers.into_iter().map(|value| value as f64).collect(), None)
        } else {
            let problem = format!("tensor `{name}` is {}, which is not compared", tensor.dtype());
            return Err(self
                .origin()
                .refuse(problem, "give it as f64: x.astype(np.float64) in numpy, x.double() in torch"));
        };
        let values = ArrayD::from_shape_vec(tensor.shape().to_vec(), values);
        Ok(Wide { values: values.expect("a safetensors file has all elements of its tensors"), dtype })
    }
}

impl About<'_> {
    fn of(name: &str) -> Option<About<'_>> {
        [EXPECTED, NAIVE].into_iter().find_map(|word| {
            let rest = name.strip_prefix(word)?;
            match rest.strip_prefix('.') {
                Some(output) => Some(About { word, output: Some(output) }),
                None => rest.is_empty().then_some(About { word, output: None }),
            }
        })
    }
}

/// A program may have inputs of these names.
fn is_input(program: &Program, name: &str) -> bool {
    program.inputs.iter().any(|input| input.name == name)
}

#[cfg(test)]
#[path = "expected_tests.rs"]
mod tests;
