//! The functions that the units compute.

use super::MathClass;
use crate::dtype::DType;
use crate::named::named;

named! {
    /// `y = f(x)`, to an f32 and rounded once to the dtype of `to`. Of an integer, the functions that keep integers
    /// are computed in 32 bits.
    UnaryFn {
        /// The value itself. To an integer dtype it is truncated and saturates, which is what format 1 calls `cast`.
        CastTrunc "cast_trunc",
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
        /// The sine of radians.
        Sin "sin",
        /// The cosine of radians.
        Cos "cos",
        /// All bits flipped, of bool the one; of integers alone.
        Not "not",
        /// The value itself, rounded to the dtype of `to`; to an integer dtype the nearest, of two the even one, and it
        /// saturates.
        Cast "cast",
        /// [`UnaryFn::Cast`], but to an integer dtype the largest integer that is not above x.
        CastFloor "cast_floor",
        /// [`UnaryFn::Cast`], but what is beyond the largest number of a dtype is that number, of floats and integers.
        CastSaturate "cast_saturate",
        /// [`UnaryFn::Cast`], but what an integer dtype does not hold keeps its low bits.
        CastWrap "cast_wrap",
    }

    /// `to = f(x, y)`, computed in f32 (in 32 bits, wrapping, when both are integers) and rounded once.
    BinaryFn {
        Add "add",
        Sub "sub",
        Mul "mul",
        Div "div",
        /// The larger; a NaN operand yields the other one. Format 1 calls it `maximum`.
        Maxnum "maxnum",
        /// The smaller; a NaN operand yields the other one. Format 1 calls it `minimum`.
        Minnum "minnum",
        /// The larger; a NaN operand gives NaN.
        Maximum "maximum",
        /// The smaller; a NaN operand gives NaN.
        Minimum "minimum",
        /// The remainder of `div`, with the sign of x; of integers alone, as all that follow but `pow`.
        Rem "rem",
        /// x · 2ʸ: 0 where y is not between 0 and 31.
        Shl "shl",
        /// ⌊x / 2ʸ⌋: 0 or −1, by the sign of x, where y is not between 0 and 31.
        Shr "shr",
        And "and",
        Or "or",
        Xor "xor",
        /// xʸ for a constant whole y of at most [`BinaryFn::LARGEST_EXPONENT`] in size: by squaring.
        Pow "pow",
    }

    /// `to = x ? y` as 1 or 0, in bool or u8. Any comparison with NaN is false but `Ne`.
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
        /// The largest; NaN yields to every number. Format 1 calls it `max`.
        Maxnum "maxnum",
        /// The smallest; NaN yields to every number. Format 1 calls it `min`.
        Minnum "minnum",
        /// The largest; NaN if one is.
        Max "max",
        /// The smallest; NaN if one is.
        Min "min",
        /// The product; rounded and refused as a sum is.
        Prod "prod",
        /// 1 if one is not 0, else 0; NaN is not 0.
        Any "any",
        /// 1 if none is 0, else 0.
        All "all",
        /// The first place of the largest, in i32; of the first NaN, if one is.
        Argmax "argmax",
        /// The first place of the smallest, in i32; of the first NaN, if one is.
        Argmin "argmin",
    }

    /// Units of a PE that [`super::TimeOp::Busy`] can occupy.
    BusyUnit {
        Gemm "gemm",
        Math "math",
    }
}

/// A function that keeps integers: computed in 32 bits, wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerFn {
    /// The integer itself.
    Same,
    Neg,
    Abs,
    Sign,
    Not,
    /// The integer itself, or the nearest that the dtype of `to` holds.
    Saturate,
}

impl UnaryFn {
    /// The functions that give the value itself, as the dtype of `to` holds it.
    pub const CASTS: [UnaryFn; 5] =
        [UnaryFn::Cast, UnaryFn::CastTrunc, UnaryFn::CastFloor, UnaryFn::CastSaturate, UnaryFn::CastWrap];

    /// Whether it is computed of integers alone.
    pub const fn is_of_integers_alone(self) -> bool {
        matches!(self, UnaryFn::Not)
    }

    /// What it is of an integer; `None` where it is computed in f32.
    pub const fn of_integers(self) -> Option<IntegerFn> {
        match self {
            UnaryFn::Cast
            | UnaryFn::CastTrunc
            | UnaryFn::CastFloor
            | UnaryFn::CastWrap
            | UnaryFn::Round
            | UnaryFn::Floor
            | UnaryFn::Ceil
            | UnaryFn::Trunc => Some(IntegerFn::Same),
            UnaryFn::CastSaturate => Some(IntegerFn::Saturate),
            UnaryFn::Not => Some(IntegerFn::Not),
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
            | UnaryFn::Rsqrt
            | UnaryFn::Sin
            | UnaryFn::Cos => None,
        }
    }

    pub const fn cost_class(self) -> MathClass {
        match self {
            UnaryFn::Cast
            | UnaryFn::CastTrunc
            | UnaryFn::CastFloor
            | UnaryFn::CastSaturate
            | UnaryFn::CastWrap => MathClass::Cast,
            UnaryFn::Neg
            | UnaryFn::Abs
            | UnaryFn::Round
            | UnaryFn::Floor
            | UnaryFn::Ceil
            | UnaryFn::Trunc
            | UnaryFn::Sign
            | UnaryFn::Not => MathClass::Simple,
            UnaryFn::Exp
            | UnaryFn::Exp2
            | UnaryFn::Log
            | UnaryFn::Log2
            | UnaryFn::Tanh
            | UnaryFn::Sigmoid
            | UnaryFn::Erf
            | UnaryFn::Sin
            | UnaryFn::Cos => MathClass::Exp,
            UnaryFn::Reciprocal => MathClass::Reciprocal,
            UnaryFn::Sqrt | UnaryFn::Rsqrt => MathClass::Sqrt,
        }
    }
}

impl BinaryFn {
    /// The largest exponent of `pow`, and less its sign the smallest.
    pub const LARGEST_EXPONENT: i32 = 1024;

    /// Whether it is computed of integers alone.
    pub const fn is_of_integers_alone(self) -> bool {
        match self {
            BinaryFn::Rem | BinaryFn::Shl | BinaryFn::Shr | BinaryFn::And | BinaryFn::Or | BinaryFn::Xor => {
                true
            }
            BinaryFn::Add
            | BinaryFn::Sub
            | BinaryFn::Mul
            | BinaryFn::Div
            | BinaryFn::Maxnum
            | BinaryFn::Minnum
            | BinaryFn::Maximum
            | BinaryFn::Minimum
            | BinaryFn::Pow => false,
        }
    }

    pub const fn cost_class(self) -> MathClass {
        match self {
            BinaryFn::Div | BinaryFn::Rem => MathClass::Divide,
            BinaryFn::Pow => MathClass::Exp,
            BinaryFn::Add
            | BinaryFn::Sub
            | BinaryFn::Mul
            | BinaryFn::Maxnum
            | BinaryFn::Minnum
            | BinaryFn::Maximum
            | BinaryFn::Minimum
            | BinaryFn::Shl
            | BinaryFn::Shr
            | BinaryFn::And
            | BinaryFn::Or
            | BinaryFn::Xor => MathClass::Simple,
        }
    }
}

impl ReduceFn {
    /// The same of two elements; `None` of what is no function of two results.
    pub const fn of_two(self) -> Option<BinaryFn> {
        match self {
            ReduceFn::Sum => Some(BinaryFn::Add),
            ReduceFn::Prod => Some(BinaryFn::Mul),
            ReduceFn::Maxnum => Some(BinaryFn::Maxnum),
            ReduceFn::Minnum => Some(BinaryFn::Minnum),
            ReduceFn::Max => Some(BinaryFn::Maximum),
            ReduceFn::Min => Some(BinaryFn::Minimum),
            ReduceFn::Any | ReduceFn::All | ReduceFn::Argmax | ReduceFn::Argmin => None,
        }
    }

    /// Whether it accumulates, step by step, in a dtype that the op names.
    pub const fn accumulates(self) -> bool {
        match self {
            ReduceFn::Sum | ReduceFn::Prod => true,
            ReduceFn::Maxnum
            | ReduceFn::Minnum
            | ReduceFn::Max
            | ReduceFn::Min
            | ReduceFn::Any
            | ReduceFn::All
            | ReduceFn::Argmax
            | ReduceFn::Argmin => false,
        }
    }

    /// The dtype that the result has, whatever the operand is, bool in place of u8 too; `None` where the op chooses.
    pub const fn gives(self) -> Option<DType> {
        match self {
            ReduceFn::Any | ReduceFn::All => Some(DType::U8),
            ReduceFn::Argmax | ReduceFn::Argmin => Some(DType::I32),
            ReduceFn::Sum
            | ReduceFn::Prod
            | ReduceFn::Maxnum
            | ReduceFn::Minnum
            | ReduceFn::Max
            | ReduceFn::Min => None,
        }
    }

    /// Whether elements are reduced as integers, and not in f32: a sum or product as it accumulates, all others as their
    /// operand is.
    pub const fn stays_integer(self, operand_is: bool, acc: DType) -> bool {
        if self.accumulates() { !acc.is_float() } else { operand_is }
    }
}
