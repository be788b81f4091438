//! Comparison of two runs by meaning: differences in ops, values and times, the first op of each, and the causes of a
//! changed makespan. Ops are matched by content and never by position, so an inserted, removed or moved op leaves all
//! others matched.

mod cause;
mod common;
mod flights;
mod identity;
mod machines;
mod makespan;
mod marks;
mod matching;
mod pair;
mod shifts;
mod structures;
mod text;
mod times;
mod values;
pub mod what;

use diagnostic::OpRef;
use oplog::{Checksums, OpLog};
use order::Dataflow;
use serde::{Deserialize, Serialize};

pub use cause::Cause;
pub use machines::MachineChange;
pub use makespan::{MakespanChange, SourceChange};
pub use marks::{Mark, Marks};
pub use matching::Matching;
use pair::Pair;
pub use times::Within;
use what::What;

/// A log with its data flow and checksums.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub log: &'a OpLog,
    /// That of the log's program.
    pub flow: &'a Dataflow,
    /// Of a replay of the log; `None` when there was none.
    pub checksums: Option<&'a Checksums>,
}

/// The difference between logs `a` and `b`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diff {
    /// `None` when ops and times are the same, and values cannot be compared.
    pub verdict: Option<Difference>,
    pub first: First,
    /// What made the difference: other ops, then ops that take longer, each earliest first. Ops of one source line that
    /// changed alike are one cause.
    pub causes: Vec<Cause>,
    pub makespan: MakespanChange,
    /// Keys of the machine that differ.
    pub machine: Vec<MachineChange>,
    /// Kernel, seed, parameters and given inputs that differ.
    pub params: Vec<MachineChange>,
    /// Slots of rings, places of ranks and names of spans that differ.
    pub around: Vec<MachineChange>,
    pub values: Values,
    /// How many ops each kind of change has.
    pub ops: OpsChange,
    /// How many ops have other times.
    pub shifted: Shifted,
    /// How far times may lie apart and still be called the same.
    pub within_fs: u64,
}

/// The most that changed: other ops make other values and times, and other values may come of other inputs alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    Structure,
    Data,
    Timing,
    Same,
}

/// Result of comparing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Values {
    Same,
    Different,
    /// A log has no checksums.
    NotCompared,
    /// As asked for.
    LeftOut,
    /// Neither program computes any.
    None,
}

/// First difference of each kind: structure in (rank, index) order, timing and data in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct First {
    pub structure: FirstSpot,
    pub timing: FirstSpot,
    /// `None` also when the values are not known.
    pub data: FirstSpot,
}

pub type FirstSpot = Option<Spot>;

/// A difference of two logs: its op, and a description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spot {
    /// As log `a` has it, or `b` when `a` does not; absent when the difference is not of an op.
    #[serde(flatten)]
    pub op: Option<OpRef>,
    /// Whether the op is that of `b`, which alone has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_b: bool,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub what: What,
}

/// Counts of differing ops. All but `only_a` and `only_b` are in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpsChange {
    pub both: u64,
    pub only_a: u64,
    pub only_b: u64,
    /// In another place among the ops of their rank.
    pub moved: u64,
    /// That ask for something else: another shape, dtype, constant or place.
    pub changed: u64,
    /// Ops that ask for the same, but read or wait for other ops.
    pub rewired: u64,
}

/// Ops that both logs have, and that run at other times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shifted {
    pub ops: u64,
    /// Of these, those that take as long as before: others shifted them.
    pub inherited: u64,
}

/// Options of a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub within: Within,
    /// Leaves values out: then ops and times are enough for a verdict.
    pub without_values: bool,
}

/// Compares two logs.
pub fn diff(a: Side<'_>, b: Side<'_>, options: Options) -> Diff {
    diff_and_marks(a, b, options).0
}

/// As [`diff`], with a mark for each op.
pub fn diff_and_marks(a: Side<'_>, b: Side<'_>, options: Options) -> (Diff, Marks) {
    let pair = Pair::new(a, b);
    let makespans = [a.log.makespan().fs(), b.log.makespan().fs()];
    let within = options.within.of(makespans[0]);
    let structure = structures::compare(&pair);
    let (values, data) = values::compare(&pair, &structure, options.without_values);
    let first_structure = structure.first(&pair);
    let timing = times::first(&pair, first_structure.is_none(), within);
    let first = First { structure: first_structure, timing, data };
    let verdict = match (&first, values) {
        (First { structure: Some(_), .. }, _) => Some(Difference::Structure),
        (First { data: Some(_), .. }, _) => Some(Difference::Data),
        (First { timing: Some(_), .. }, _) => Some(Difference::Timing),
        (First { structure: None, timing: None, data: None }, Values::NotCompared) => None,
        (First { structure: None, timing: None, data: None }, _) => Some(Difference::Same),
    };
    let shifts = shifts::find(&pair);
    let shifted = shifts::count(&shifts);
    let causes = cause::find(&pair, &structure, &first, &shifts);
    let diff = Diff {
        verdict,
        causes,
        makespan: makespan::split(&pair, makespans, shifted.ops > 0 || first.structure.is_some()),
        machine: machines::changes(&a.log.machine, &b.log.machine),
        params: machines::params(a.log, b.log),
        around: machines::around(a.log, b.log),
        values,
        ops: structure.ops,
        shifted,
        within_fs: within,
        first,
    };
    let marks = Marks::of(&pair, &structure, &shifts);
    (diff, marks)
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "diff/edit_tests.rs"]
mod edit_tests;
