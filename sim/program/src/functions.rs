//! The functions that the units compute.

use serde::{Deserialize, Serialize};

/// `y = f(x)`, computed in f32 and rounded once to the dtype of `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnaryFn {
    /// The value itself, rounded to the dtype of `to`.
    Cast,
    Neg,
    Abs,
    Exp,
    Reciprocal,
    Sqrt,
}

/// `to = f(x, y)`, computed in f32 (in i32, wrapping, when both are integers) and rounded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BinaryFn {
    Add,
    Sub,
    Mul,
    Div,
    /// The larger; a NaN operand yields the other one.
    Maximum,
    /// The smaller; a NaN operand yields the other one.
    Minimum,
}

/// `to = x ? y` as 1 or 0, in u8. Any comparison with NaN is false but `Ne`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CompareFn {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A reduction along one axis; the axis stays, with extent 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReduceFn {
    Sum,
    Max,
}

/// Units of a PE that [`crate::Op::Busy`] can occupy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BusyUnit {
    Gemm,
    Math,
}

impl UnaryFn {
    pub const fn name(self) -> &'static str {
        match self {
            UnaryFn::Cast => "cast",
            UnaryFn::Neg => "neg",
            UnaryFn::Abs => "abs",
            UnaryFn::Exp => "exp",
            UnaryFn::Reciprocal => "reciprocal",
            UnaryFn::Sqrt => "sqrt",
        }
    }
}

impl BinaryFn {
    pub const fn name(self) -> &'static str {
        match self {
            BinaryFn::Add => "add",
            BinaryFn::Sub => "sub",
            BinaryFn::Mul => "mul",
            BinaryFn::Div => "div",
            BinaryFn::Maximum => "maximum",
            BinaryFn::Minimum => "minimum",
        }
    }
}
