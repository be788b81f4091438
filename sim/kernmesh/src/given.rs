//! Inputs that were given to a run, and whether a replay gets the same ones.

use oplog::{GivenInput, OpLog};
use program::Program;
use replay::HostValues;

use crate::error::Error;

/// Digests of given inputs, for the log.
pub fn given(program: &Program, inputs: &HostValues) -> Vec<GivenInput> {
    let known = program.inputs.iter().filter_map(|input| Some((input, inputs.get(&input.name)?)));
    known.map(|(input, value)| GivenInput::of(input, &value.bytes)).collect()
}

/// The names of inputs whose values are not those that the run was given; none when the run drew its inputs.
pub fn others<'a>(log: &'a OpLog, inputs: &HostValues) -> Vec<&'a str> {
    let now = given(&log.program, inputs);
    let recorded = log.id.inputs.iter();
    recorded.filter(|input| !now.contains(input)).map(|input| &*input.name).collect()
}

/// Error for a log whose inputs were given and are missing now.
pub fn missing(log: &OpLog) -> Error {
    let names: Vec<&str> = log.id.inputs.iter().map(|input| &*input.name).collect();
    let problem = format!("the run was given {}, and its log does not hold their values", quoted(&names));
    let seed = log.id.seed;
    Error::input(
        problem,
        "--tensors",
        format!("give them again with --tensors, or draw others from seed {seed} with --seeded"),
    )
}

/// `` `a`, `b` ``
pub fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
