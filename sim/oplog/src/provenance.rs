//! Provenance of a wrong output: where it is wrong, which inputs its worst elements are made of, and what of that the
//! reference does not take.

use serde::Serialize;

/// Index ranges of a box, one by axis: first and end.
pub type Ranges = Vec<[u64; 2]>;

/// Explanation of one judgement that fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Provenance {
    /// Wrong elements by the rank that wrote them and the share that they lie in, most first.
    pub wrong: Vec<WrongPart>,
    /// Wrong elements of parts that are not listed.
    pub not_listed: u64,
    /// The worst elements, each of another part.
    pub elements: Vec<Traced>,
    /// Parts of inputs that reach no output.
    pub unused: Vec<Region>,
    /// Whether masks and zeros were known: a product with 0 and the branch that `where` leaves out then take nothing.
    /// Without, they take both operands.
    pub by_value: bool,
}

/// Wrong elements that one rank wrote to one share of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WrongPart {
    /// The rank that wrote them; null for elements that nothing wrote.
    pub rank: Option<u32>,
    /// Source line of the op that wrote the worst of them.
    pub source: Option<String>,
    /// The smallest box of the output that holds them.
    pub ranges: Ranges,
    pub wrong: u64,
    /// Elements of the box.
    pub of: u64,
}

/// An element of an output, and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Traced {
    pub index: Vec<u64>,
    pub value: f64,
    pub oracle: f64,
    /// Parts of inputs that reach it.
    pub taken: Vec<Taken>,
    /// How many more there are.
    pub more_taken: u64,
    /// Elements of operands on the way that nothing wrote.
    pub unwritten: u64,
    /// Against what the reference depends on, and how often other elements take the same.
    pub differences: Vec<Difference>,
    pub compared: Compared,
    /// Whether the walk came to its end; if not, more inputs may reach the element.
    pub complete: bool,
}

/// Whether a slice was held against the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Compared {
    /// All inputs of floats were.
    Whole,
    /// The limit of work was reached before all inputs were compared.
    Partly,
    /// The oracle is a tensor and no function.
    NoReference,
}

/// A box of an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Region {
    pub input: String,
    pub ranges: Ranges,
    /// Ranks whose shares hold some of it.
    pub ranks: Vec<u32>,
}

/// A box of an input that reaches an element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Taken {
    #[serde(flatten)]
    pub region: Region,
    /// Ways along which the element is linear in each element of the box; 0 when all ways go through a function, such
    /// as an exponential or a maximum.
    pub times: u32,
}

/// A mistake in what an element is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Difference {
    /// One box is taken, and the reference depends on another of the same shape.
    Displaced { taken: Region, meant: Region },
    /// The reference depends on it, and the element does not take it.
    Missing { region: Region },
    /// The element takes it, and the reference does not depend on it.
    Foreign { region: Region },
    /// It is taken more often than is usual.
    Repeated { region: Region, times: u32, usual: u32 },
}
