//! Facts about a program and its given tensors that are no mistake and may be meant otherwise.

use std::collections::BTreeSet;

use kernels::Reference;
use program::program::HostTensor;
use program::{Base, Program, View};
use replay::inputs::share;

use crate::expected::Expectations;
use crate::tensors::TensorFile;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// No reference and no expected tensor judges these outputs, and why there is no reference.
    NotJudged { outputs: Vec<HostTensor>, why: String },
    /// Outputs that nothing judges beside others that are judged.
    AlsoNotJudged { outputs: Vec<HostTensor> },
    /// A kernel has a naive computation of its own.
    NaiveNotUsed { output: String, kernel: String },
    /// Tensors of the file that nothing asks for.
    NotUsed { file: String, tensors: Vec<String> },
    /// An input that no op reads.
    NotRead { input: String },
    /// Elements of an input that no tensor of the program holds.
    NotTaken { input: String, elements: u64, of: u64, first: Vec<u64> },
}

/// What a run of a program is given.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub program: &'a Program,
    /// Why there is none, beside it.
    pub reference: Result<Option<&'a Reference>, &'a str>,
    pub expected: &'a Expectations,
    pub file: Option<&'a TensorFile>,
    /// Whether values are to be judged.
    pub judges: bool,
}

impl Given<'_> {
    pub fn remarks(&self) -> Vec<Remark> {
        let Given { program, reference, file, .. } = *self;
        let mut remarks = Vec::new();
        if program.is_timing_only() {
            return remarks;
        }
        remarks.extend(self.not_judged());
        remarks.extend(self.naive_not_used());
        let unused = file.map(|file| (file, file.unused(program))).filter(|(_, tensors)| !tensors.is_empty());
        remarks
            .extend(unused.map(|(file, tensors)| Remark::NotUsed { file: file.name().to_owned(), tensors }));
        // A built-in kernel reads what it takes.
        if reference.is_err() {
            remarks.extend(not_read(program));
            remarks.extend(program.inputs.iter().enumerate().filter_map(|it| not_taken(program, it)));
        }
        remarks
    }

    fn not_judged(&self) -> Option<Remark> {
        let own = self.reference.ok().flatten().map(|reference| reference.output);
        let outputs = self.program.outputs.iter();
        let is_judged = |output: &&HostTensor| {
            own == Some(&*output.name) || self.expected.outputs.contains_key(&output.name)
        };
        let (judged, others): (Vec<&HostTensor>, Vec<&HostTensor>) = outputs.partition(is_judged);
        let outputs: Vec<HostTensor> = others.into_iter().cloned().collect();
        if !self.judges || outputs.is_empty() {
            return None;
        }
        if !judged.is_empty() {
            return Some(Remark::AlsoNotJudged { outputs });
        }
        let why = self.reference.err().unwrap_or_default().to_owned();
        Some(Remark::NotJudged { outputs, why })
    }

    fn naive_not_used(&self) -> Option<Remark> {
        let own = self.reference.ok().flatten()?;
        self.expected.outputs.get(own.output)?.naive.as_ref()?;
        Some(Remark::NaiveNotUsed { output: own.output.to_owned(), kernel: own.kernel.to_owned() })
    }
}

fn not_read(program: &Program) -> Vec<Remark> {
    let mut read = BTreeSet::new();
    for rank in &program.ranks {
        let views = rank.ops.iter().flat_map(|op| op.access().reads());
        // A program that is not verified yet may name what is not there.
        for view in views.filter_map(|view| rank.views.get(view.index())) {
            let Base::Tensor(tensor) = view.base else { continue };
            let given = program.tensors.get(tensor.index()).and_then(|tensor| tensor.role.given());
            read.extend(given.map(|(of, _)| of as usize));
        }
    }
    let inputs = program.inputs.iter().enumerate().filter(|(number, _)| !read.contains(number));
    inputs.map(|(_, input)| Remark::NotRead { input: input.name.clone() }).collect()
}

/// The elements that no share has. Nothing is said of an input without any: no op reads it.
fn not_taken(program: &Program, (number, input): (usize, &HostTensor)) -> Option<Remark> {
    let mut taken: Vec<(u64, u64)> = Vec::new();
    for tensor in &program.tensors {
        let Some((of, start)) = tensor.role.given() else { continue };
        if of as usize != number {
            continue;
        }
        let share = share(&[], &input.shape, start, &tensor.shape, input.dtype)?;
        let base = Base::Tensor(program::TensorId(0));
        let (offset, shape, strides) = (share.offset, share.shape, share.strides);
        let rows = View { base, offset, shape, strides, dtype: input.dtype }.rows();
        rows.for_each(|start| taken.push((start, start + rows.run())));
    }
    taken.sort_unstable();
    let (mut at, mut missing, mut first) = (0, 0, None);
    for (start, end) in taken.iter().copied().chain([(input.bytes(), input.bytes())]) {
        if start > at {
            missing += start - at;
            first = first.or(Some(at));
        }
        at = at.max(end);
    }
    let size = input.dtype.size();
    let first = first.filter(|_| !taken.is_empty())?;
    Some(Remark::NotTaken {
        input: input.name.clone(),
        elements: missing / size,
        of: input.elements(),
        first: index(first / size, &input.shape),
    })
}

fn index(mut flat: u64, shape: &[u32]) -> Vec<u64> {
    let mut index = vec![0; shape.len()];
    for (index, &extent) in index.iter_mut().zip(shape).rev() {
        let extent = u64::from(extent.max(1));
        *index = flat % extent;
        flat /= extent;
    }
    index
}
