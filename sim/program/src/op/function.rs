//! The functions that the units compute.

use super::MathClass;
use crate::dtype::DType;
use crate::named::named;

named! {
    /// `y = f(x)`, to an f32 and rounded once to the dtype of `to`. Of an integer, the functions that keep integers
    /// are computed in i32.
    UnaryFn {
        /// The value itself, rounded to the dtype of `to`.
        Cast "cast",
        Neg "neg",
        Abs "abs",
        Exp "exp",
        Reciprocal "reciprocal",
        Sqrt "sqrt",
        /// 2ˣ.
        Exp2 "exp2",
        /// The natural logarithm: −inf of a zero, NaN below it.
        Log "log",
        /// The logarithm to base 2.
        Log2 "log2",
        Tanh "tanh",
        /// `1 / (1 + e⁻ˣ)`.
        Sigmoid "sigmoid",
        /// The error function, `2/√π ∫₀ˣ e^(−t²) dt`.
        Erf "erf",
        /// `1 / √x`: inf of +0, −inf of −0, NaN below it.
        Rsqrt "rsqrt",
        /// The nearest integer; of two, the even one. Zeros keep their sign, here and in the next three.
        Round "round",
        /// The largest integer that is not above x.
        Floor "floor",
        /// The smallest integer that is not below x.
        Ceil "ceil",
        /// The integer next to x towards zero.
        Trunc "trunc",
        /// −1, 0 or 1; a zero stays as it is, and so does NaN.
        Sign "sign",
    }

    /// `to = f(x, y)`, computed in f32 (in i32, wrapping, when both are integers) and rounded once.
    BinaryFn {
        Add "add",
        Sub "sub",
        Mul "mul",
        Div "div",
        /// The larger; a NaN operand yields the other one.
        Maximum "maximum",
        /// The smaller; a NaN operand yields the other one.
        Minimum "minimum",
    }

    /// `to = x ? y` as 1 or 0, in u8. Any comparison with NaN is false but `Ne`.
    CompareFn {
        Eq "eq",
        Ne "ne",
        Lt "lt",
        Le "le",
        Gt "gt",
        Ge "ge",
    }

    /// A reduction along one axis; the axis stays, with extent 1.
    ReduceFn {
        Sum "sum",
        /// The largest; NaN yields to every number.
        Max "max",
        /// The smallest; NaN yields to every number.
        Min "min",
    }

    /// Units of a PE that [`super::TimeOp::Busy`] can occupy.
    BusyUnit {
        Gemm "gemm",
        Math "math",
    }
}

/// A function that keeps integers: computed in i32, wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerFn {
    /// The integer itself.
    Same,
    Neg,
    Abs,
    Sign,
}

impl UnaryFn {
    /// What it is of an integer; `None` where it is computed in f32.
    pub const fn of_integers(self) -> Option<IntegerFn> {
        match self {
            UnaryFn::Cast | UnaryFn::Round | UnaryFn::Floor | UnaryFn::Ceil | UnaryFn::Trunc => {
                Some(IntegerFn::Same)
            }
            UnaryFn::Neg => Some(IntegerFn::Neg),
            UnaryFn::Abs => Some(IntegerFn::Abs),
            UnaryFn::Sign => Some(IntegerFn::Sign),
            UnaryFn::Exp
            | UnaryFn::Reciprocal
            | UnaryFn::Sqrt
            | UnaryFn::Exp2
            | UnaryFn::Log
            | UnaryFn::Log2
            | UnaryFn::Tanh
            | UnaryFn::Sigmoid
            | UnaryFn::Erf
            | UnaryFn::Rsqrt => None,
        }
    }

    pub const fn cost_class(self) -> MathClass {
        match self {
            UnaryFn::Cast => MathClass::Cast,
            UnaryFn::Neg
            | UnaryFn::Abs
            | UnaryFn::Round
            | UnaryFn::Floor
            | UnaryFn::Ceil
            | UnaryFn::Trunc
            | UnaryFn::Sign => MathClass::Simple,
            UnaryFn::Exp
            | UnaryFn::Exp2
            | UnaryFn::Log
            | UnaryFn::Log2
            | UnaryFn::Tanh
            | UnaryFn::Sigmoid
            | UnaryFn::Erf => MathClass::Exp,
            UnaryFn::Reciprocal => MathClass::Reciprocal,
            UnaryFn::Sqrt | UnaryFn::Rsqrt => MathClass::Sqrt,
        }
    }
}

impl BinaryFn {
    pub const fn cost_class(self) -> MathClass {
        match self {
            BinaryFn::Div => MathClass::Divide,
            BinaryFn::Add | BinaryFn::Sub | BinaryFn::Mul | BinaryFn::Maximum | BinaryFn::Minimum => {
                MathClass::Simple
            }
        }
    }
}

impl ReduceFn {
    /// The same of two elements.
    pub const fn of_two(self) -> BinaryFn {
        match self {
            ReduceFn::Sum => BinaryFn::Add,
            ReduceFn::Max => BinaryFn::Maximum,
            ReduceFn::Min => BinaryFn::Minimum,
        }
    }

    /// Whether elements are reduced in i32, and not in f32: a sum as it accumulates, the largest and the smallest as their operand is.
    pub const fn stays_integer(self, operand_is: bool, acc: DType) -> bool {
        match self {
            ReduceFn::Sum => !acc.is_float(),
            ReduceFn::Max | ReduceFn::Min => operand_is,
        }
    }
}
