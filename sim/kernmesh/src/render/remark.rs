//! Remarks on a program and its tensors, one sentence each.

use program::program::HostTensor;

use super::number::grouped;
use crate::remarks::Remark;

/// Names in a sentence.
const SHOWN: usize = 6;

pub fn remark(remark: &Remark) -> String {
    match remark {
        Remark::NotJudged { outputs, why } => {
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            format!("the values are not judged{why}; to have them judged, give {}", wanted(outputs, true))
        }
        Remark::AlsoNotJudged { outputs } => {
            let names = names(outputs.iter().map(|output| &*output.name));
            format!("{names} {} not judged: give {}", are(outputs.len()), wanted(outputs, false))
        }
        Remark::NaiveNotUsed { output, kernel } => {
            format!("the naive computation of `{output}` in the file is not used: `{kernel}` has its own")
        }
        Remark::NotUsed { file, tensors } => {
            let names = names(tensors.iter().map(String::as_str));
            format!(
                "{names} of {file} {} not used: the program has no input of that name",
                are(tensors.len())
            )
        }
        Remark::NotRead { input } => format!("no op reads input `{input}`"),
        Remark::NotTaken { input, elements, of, first } => {
            let (elements, of) = (grouped(*elements), grouped(*of));
            format!("no rank takes {elements} of {of} elements of input `{input}`, first {}", place(first))
        }
    }
}

/// `[1, 0, 5]`
pub fn place(index: &[u64]) -> String {
    format!("{index:?}")
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{rest}", shown.join(", "))
}

/// The tensors that would judge these outputs, all of the program's or some.
fn wanted(outputs: &[HostTensor], all: bool) -> String {
    let tensors = match outputs {
        [only] if all => format!("a tensor `expected` of shape {:?}", only.shape),
        [only] => format!("a tensor `expected.{}` of shape {:?}", only.name, only.shape),
        several => {
            let named: Vec<String> = several.iter().map(|it| format!("expected.{}", it.name)).collect();
            format!("tensors {}", names(named.iter().map(String::as_str)))
        }
    };
    format!("{tensors} in the file of --tensors")
}
