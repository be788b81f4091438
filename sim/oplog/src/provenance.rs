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
    /// Wrong elements that are off by little more than they may be, where others are off by far more: no part has them.
    pub off_by_little: u64,
    /// The worst elements, each of another part.
    pub elements: Vec<Traced>,
    /// Parts of inputs that reach no output.
    pub unused: Vec<Region>,
    /// How many more there are.
    pub more_unused: u64,
    /// Whether masks and zeros were known: a product with 0 and the branch that `where` leaves out then take nothing.
    /// Without, they take both operands.
    pub by_value: bool,
}

/// Wrong elements that one rank wrote to one share of an output.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WrongPart {
    /// The rank that wrote them; null for elements that nothing wrote.
    pub rank: Option<u32>,
    /// Of its ops the one that wrote the worst of them.
    pub op: Option<u32>,
    /// Source line of that op.
    pub source: Option<String>,
    /// The smallest box of the output that holds them.
    pub ranges: Ranges,
    pub wrong: u64,
    /// Elements of the box.
    pub of: u64,
    /// What their values are, held against what is expected.
    pub likeness: Vec<Likeness>,
}

/// What wrong values are, by the two tensors alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Likeness {
    /// All have one value.
    Constant { value: f64 },
    /// Each is infinite, and what is expected is larger than any number of the output's dtype.
    Overflow { dtype: String, largest: f64 },
    /// Each is so many times what is expected.
    Factor { factor: f64 },
    /// Each row of the last axis is so many times what is expected, a factor of its own: as of a divisor of the row. The
    /// least and the largest.
    RowFactors { rows: u64, least: f64, most: f64 },
    /// Each is what is expected, and so much more.
    Offset { by: f64 },
    /// So many have the values that are expected so far along each axis.
    Elsewhere { shift: Vec<i64>, elements: u64 },
    /// In square tiles of so many rows, which the box is made of, the last two axes are exchanged.
    Transposed { tile: u64 },
    /// Each is a number of this dtype, which is coarser than the output's.
    Numbers { dtype: String, error: f64 },
    /// The errors, relative to the values, are as large as those of rounding to this dtype.
    Rounding { dtype: String, error: f64 },
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
    /// The closest element of the output that is right; null where there is none, or a reference was compared.
    pub beside: Option<Beside>,
    /// Against what the reference depends on, or what elements that are right take, and how often others take the same.
    pub differences: Vec<Difference>,
    /// Without a reference: what it is made of otherwise than elements that are right, where no value confirms that this
    /// is the mistake. Empty where there are differences.
    pub perhaps: Vec<Difference>,
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
    /// The oracle is a tensor and no function; elements that are right were compared.
    Beside,
    /// The oracle is a tensor and no function, and no element is right.
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
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Taken {
    #[serde(flatten)]
    pub region: Region,
    /// Ways along which the element is linear in each element of the box; 0 when all ways go through a function, such
    /// as an exponential or a maximum.
    pub times: u32,
    /// Change of the element by a change of 1 of an input, along the ways that count; null where it is not one number
    /// for the whole box, or not known.
    pub weight: Option<f64>,
    /// What the box gives along them: sum of weight × value. Null where it is not known.
    pub gives: Option<f64>,
}

/// An element of the same output that is right.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Beside {
    pub index: Vec<u64>,
    pub taken: Vec<Taken>,
    /// How many more there are.
    pub more_taken: u64,
}

/// A mistake in what an element is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Difference {
    /// One box is taken in place of another of the same shape, or of that with its last two axes exchanged.
    Displaced { taken: Region, meant: Region },
    /// The reference depends on it, and the element does not take it.
    Missing { region: Region },
    /// The element takes it, and the reference does not depend on it.
    Foreign { region: Region },
    /// It is taken more often than is usual.
    Repeated { region: Region, times: u32, usual: u32 },
    /// What it gives is so many times what it gives the reference.
    Weighed { region: Region, ratio: f64 },
    /// The element is what the reference gives where all of an input is multiplied by this.
    Scaled { input: String, by: f64 },
    /// A box is taken, and another of its shape reaches no output.
    Neglected { taken: Region, unused: Region },
    /// The error is so many times what the box gives, with its weight and however often it is taken: 1 where it is not to
    /// be taken, 2 where its sign is wrong, −1 where it is not taken, with the weight of the box beside it that is.
    Error { region: Region, times: i32 },
}

impl Region {
    /// Whether two boxes of one input have an element together.
    pub fn meets(&self, other: &Region) -> bool {
        self.ranges.iter().zip(&other.ranges).all(|(a, b)| a[0] < b[1] && b[0] < a[1])
    }
}

impl Difference {
    /// The box that it is about; of two, the one that is taken.
    pub fn region(&self) -> Option<&Region> {
        match self {
            Difference::Displaced { taken: region, .. }
            | Difference::Neglected { taken: region, .. }
            | Difference::Missing { region }
            | Difference::Foreign { region }
            | Difference::Repeated { region, .. }
            | Difference::Weighed { region, .. }
            | Difference::Error { region, .. } => Some(region),
            Difference::Scaled { .. } => None,
        }
    }

    /// The input that it is about.
    pub fn input(&self) -> &str {
        match (self, self.region()) {
            (Difference::Scaled { input, .. }, _) => input,
            (_, region) => region.map_or("", |region| &region.input),
        }
    }
}
