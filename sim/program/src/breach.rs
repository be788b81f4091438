//! Rules of operands that an op breaks, with the repair in the words of `tl`.

use std::fmt;

use crate::dtype::DType;
use crate::op::{BinaryFn, Constant};
use crate::scaled::ScaledFormat;
use crate::view::{Dims, Message};

/// `operand` is the field of the op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    NotInHbm {
        operand: &'static str,
    },
    ReadsHbm {
        operand: &'static str,
    },
    WritesHbm {
        operand: &'static str,
    },
    SendsHbm,
    SlotNotInTcm {
        operand: &'static str,
        message: Message,
    },
    WritesSlot {
        operand: &'static str,
        message: Message,
    },
    SendsMessage {
        message: Message,
    },
    NotAMessage {
        operand: &'static str,
    },
    /// A receive names its message by a view of all of it.
    NotWhole {
        message: Message,
    },
    WritesTwice {
        operand: &'static str,
        strides: Dims,
        shape: Dims,
    },
    NoMessages {
        of: Collective,
    },
    RingTwice {
        of: Collective,
    },
    ViewCount {
        messages: usize,
        views: usize,
    },
    Member {
        message: Message,
        is: (Dims, DType),
        x: (Dims, DType),
    },
    Broadcast {
        operand: &'static str,
        from: Dims,
        to: Dims,
    },
    Shape {
        from: Dims,
        to: Dims,
    },
    DType {
        from: DType,
        to: DType,
    },
    /// What an op makes or takes has one dtype.
    Fixed {
        what: &'static str,
        is: DType,
        wanted: DType,
    },
    /// The dtype that it is stored or computed in does not hold it.
    Constant {
        operand: &'static str,
        value: Constant,
        dtype: DType,
    },
    DotAxes {
        a: Dims,
        b: Dims,
        c: Dims,
    },
    DotShapes {
        a: Dims,
        b: Dims,
        c: Dims,
    },
    DotOperands {
        a: DType,
        b: DType,
        c: DType,
    },
    DotAccumulator {
        acc: DType,
        of_integers: bool,
    },
    /// Elements and scales of other shapes than those of what they are unpacked to.
    Blocks {
        format: ScaledFormat,
        x: Dims,
        scales: Dims,
        to: Dims,
    },
    /// No unit computes on it.
    HostOnly {
        dtype: DType,
    },
    /// An operand that may be below 0, beside a u32.
    Signs {
        dtype: DType,
    },
    Reduced {
        axis: usize,
        x: Dims,
        kept: Dims,
        to: Dims,
    },
    SumAccumulator {
        dtype: DType,
        acc: DType,
    },
    /// A function of integers alone has an operand of floats.
    NotIntegers {
        f: &'static str,
        operand: &'static str,
    },
    /// The second operand of `pow` is no constant that it takes.
    Exponent {
        of_integers: bool,
    },
    /// A reduction that cannot go on from a result: of messages, or of the beginnings of an axis.
    Folds {
        f: &'static str,
    },
    Axis {
        axis: usize,
        shape: Dims,
    },
}

/// An op with several messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Collective {
    Multicast,
    Reduction,
}

impl Breach {
    /// Whether shapes or dtypes do not agree.
    pub const fn is_mismatch(&self) -> bool {
        match self {
            Breach::Member { .. }
            | Breach::Broadcast { .. }
            | Breach::Shape { .. }
            | Breach::DType { .. }
            | Breach::Fixed { .. }
            | Breach::Constant { .. }
            | Breach::DotAxes { .. }
            | Breach::DotShapes { .. }
            | Breach::DotOperands { .. }
            | Breach::DotAccumulator { .. }
            | Breach::Blocks { .. }
            | Breach::HostOnly { .. }
            | Breach::Signs { .. }
            | Breach::Reduced { .. }
            | Breach::SumAccumulator { .. }
            | Breach::NotIntegers { .. }
            | Breach::Exponent { .. }
            | Breach::Axis { .. } => true,
            Breach::NotInHbm { .. }
            | Breach::ReadsHbm { .. }
            | Breach::WritesHbm { .. }
            | Breach::SendsHbm
            | Breach::SlotNotInTcm { .. }
            | Breach::WritesSlot { .. }
            | Breach::SendsMessage { .. }
            | Breach::NotAMessage { .. }
            | Breach::NotWhole { .. }
            | Breach::WritesTwice { .. }
            | Breach::NoMessages { .. }
            | Breach::RingTwice { .. }
            | Breach::Folds { .. }
            | Breach::ViewCount { .. } => false,
        }
    }

    /// The breach without its message, for comparison across ranks.
    #[must_use]
    pub fn without_message(mut self) -> Breach {
        if let Breach::SlotNotInTcm { message, .. }
        | Breach::WritesSlot { message, .. }
        | Breach::SendsMessage { message }
        | Breach::NotWhole { message }
        | Breach::Member { message, .. } = &mut self
        {
            (message.ring.0, message.number) = (0, 0);
        }
        self
    }

    pub fn repair(&self) -> String {
        let fixed = match self {
            Breach::Fixed { wanted, .. } => return format!("make it {wanted}"),
            Breach::RingTwice { of } => {
                return format!("name each ring once; for one alone there is {}", of.alone());
            }
            Breach::Exponent { .. } => {
                let most = BinaryFn::LARGEST_EXPONENT;
                return format!(
                    "give a whole constant from -{most} to {most}, not below 0 for integers, or use `exp2(log2(x) * y)`"
                );
            }
            Breach::Constant { dtype, .. } if let Some([least, most]) = dtype.integers() => {
                let or = if dtype.size() == 4 { ", or `cast` the tile to f32" } else { "" };
                return format!("give an integer from {least} to {most}{or}");
            }
            Breach::Constant { value: Constant::Integer(_) | Constant::Unsigned(_), .. } => {
                "give a number that f32 holds, or compute with integer tiles"
            }
            Breach::Constant { .. } => "give a number that it holds, or use a wider float",
            Breach::NotInHbm { .. } => "`load` reads HBM, `store` writes it, `host_copy` does both",
            Breach::ReadsHbm { .. } | Breach::SendsHbm => "`load` it first",
            Breach::WritesHbm { .. } => "`store` it",
            Breach::SlotNotInTcm { .. } => {
                "receive it with `recv_into` (`recv_copy` in JSON), or place the ring's slots in TCM"
            }
            Breach::WritesSlot { .. } => "write to a tile",
            Breach::SendsMessage { .. } => "pass it on with `forward`",
            Breach::NotAMessage { .. } => "`send` a tile of this rank",
            Breach::NotWhole { .. } => "give the packed view at offset 0 of the message received",
            Breach::WritesTwice { .. } => "write to a view without broadcast",
            Breach::NoMessages { .. } => "name one message of each ring",
            Breach::ViewCount { .. } => "give one view a message, in the same order",
            Breach::Member { .. } => "give every member's tile, and the root's, one shape and dtype",
            Breach::Broadcast { .. } => "only extents of 1 and missing leading axes are repeated",
            Breach::Shape { .. } => "give both the same shape, with `slice`, `reshape` or `broadcast`",
            Breach::DType { .. } => "convert with `cast`: moves keep the dtype",
            Breach::DotAxes { .. } => "dot takes tiles of at least two axes: reshape first",
            Breach::DotShapes { .. } => {
                "dot takes [m, k] · [k, n] to [m, n], with equal axes before these: `trans` or `slice` an operand"
            }
            Breach::DotOperands { .. } => "dot takes floats to a float, and i8 and u8 to i32: `cast` them",
            Breach::DotAccumulator { of_integers: false, .. } => "accumulate in f32, f16 or bf16",
            Breach::DotAccumulator { of_integers: true, .. } => "accumulate in i32",
            Breach::Blocks { format, .. } => {
                let (per_byte, block) = (format.per_byte(), format.block());
                return format!(
                    "of a last axis of n elements, whole blocks of {block}, x has n / {per_byte} bytes and the scales n / {block}"
                );
            }
            Breach::HostOnly { dtype: DType::F64 } => {
                "declare the input as f32 or f16: an f64 is rounded to it once"
            }
            Breach::HostOnly { .. } => {
                "declare the input as i32 or u32: it takes every number that these hold"
            }
            Breach::Signs { .. } => "`cast` it to u32, or the u32 to i32",
            Breach::Reduced { .. } => "keep the axis, with extent 1",
            Breach::SumAccumulator { .. } => "accumulate floats in a float, integers in an integer",
            Breach::NotIntegers { .. } => "`cast` it to i32",
            Breach::Folds { .. } => "use sum, prod, max, min, maxnum or minnum",
            Breach::Axis { .. } => "count axes from 0",
        };
        fixed.to_owned()
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Breach::NotInHbm { operand } => write!(f, "`{operand}` is not a tensor in HBM"),
            Breach::ReadsHbm { operand } => write!(f, "`{operand}` lies in HBM, units read TCM"),
            Breach::WritesHbm { operand } => write!(f, "`{operand}` lies in HBM, units write TCM"),
            Breach::SendsHbm => f.write_str("`from` lies in HBM, a send reads TCM"),
            Breach::SlotNotInTcm { operand, message } => {
                write!(f, "`{operand}` is message {message}, whose slot is not in TCM")
            }
            Breach::WritesSlot { operand, message } => {
                write!(f, "`{operand}` is message {message}: only its producer writes into a slot")
            }
            Breach::SendsMessage { message } => write!(f, "`from` is received message {message}"),
            Breach::NotAMessage { operand } => write!(f, "`{operand}` is not a received message"),
            Breach::NotWhole { message } => {
                write!(f, "the view of a receive is not all of message {message}")
            }
            Breach::WritesTwice { operand, strides, shape } => {
                write!(f, "`{operand}` has strides {strides:?} on {shape}: it writes some bytes twice")
            }
            Breach::NoMessages { of } => write!(f, "{of} without messages"),
            Breach::RingTwice { of } => write!(f, "{of} has two messages of one ring"),
            Breach::ViewCount { messages, views } => {
                write!(f, "{messages} messages and {views} views of them")
            }
            Breach::Member { message, is, x } => {
                write!(f, "{message} is {} {}, and `x` is {} {}", is.0, is.1, x.0, x.1)
            }
            Breach::Broadcast { operand, from, to } => {
                write!(f, "`{operand}` is {from} and does not broadcast to the result, {to}")
            }
            Breach::Shape { from, to } => write!(f, "{from} does not go into {to}"),
            Breach::DType { from, to } => write!(f, "{from} does not go into {to}"),
            Breach::Fixed { what, is, wanted } => write!(f, "{what} is {is}, not {wanted}"),
            Breach::Constant { operand, value, dtype } => {
                write!(f, "`{operand}` is the constant {value}, which {dtype} does not hold")
            }
            Breach::DotAxes { a, b, c } | Breach::DotShapes { a, b, c } => {
                write!(f, "a is {a}, b is {b}, c is {c}")
            }
            Breach::DotOperands { a, b, c } => write!(f, "a is {a}, b is {b}, c is {c}"),
            Breach::DotAccumulator { acc, .. } => write!(f, "dot accumulates in {acc}"),
            Breach::Blocks { format, x, scales, to } => {
                write!(f, "{format} elements of {x} and scales of {scales} do not make {to}")
            }
            Breach::HostOnly { dtype } => {
                write!(f, "an operand is {dtype}, which units do not compute on, only move")
            }
            Breach::Signs { dtype } => {
                write!(f, "an operand is u32 and another {dtype}, which may be below 0")
            }
            Breach::Reduced { axis, x, kept, to } => {
                write!(f, "reducing axis {axis} of {x} gives {kept}, not {to}")
            }
            Breach::SumAccumulator { dtype, acc } => write!(f, "a sum of {dtype} accumulates in {acc}"),
            Breach::NotIntegers { f: name, operand } => {
                write!(f, "`{name}` takes integers, and `{operand}` is none")
            }
            Breach::Exponent { of_integers: false } => {
                f.write_str("`y` of `pow` is no whole constant that it takes")
            }
            Breach::Exponent { of_integers: true } => {
                f.write_str("`y` of `pow` on integers is no whole constant from 0 on that it takes")
            }
            Breach::Folds { f: name } => write!(f, "`{name}` does not go on from one result to the next"),
            Breach::Axis { axis, shape } => write!(f, "axis {axis} of a tile of {shape}"),
        }
    }
}

impl Collective {
    /// The op for one message.
    const fn alone(self) -> &'static str {
        match self {
            Collective::Multicast => "`send`",
            Collective::Reduction => "`recv_into` (`recv_copy` in JSON)",
        }
    }
}

impl fmt::Display for Collective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Collective::Multicast => "a multicast",
            Collective::Reduction => "a reduction",
        })
    }
}
