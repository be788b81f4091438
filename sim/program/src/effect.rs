//! What an op does to data: it computes, it folds messages, it moves bytes, or it does nothing. Whoever cares for one
//! of them asks here, and need not list the others.

use crate::constant::Constant;
use crate::dtype::DType;
use crate::functions::{BinaryFn, CompareFn, ReduceFn, UnaryFn};
use crate::op::{Op, Operand, Reduction};
use crate::view::{Message, ViewId};

/// What an op does to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<'a> {
    Compute(Compute),
    /// Several messages become one tile: see [`Reduction`].
    Fold(&'a Reduction),
    /// The bytes of a view go to another of the same shape and dtype.
    Move {
        from: ViewId,
        to: Target<'a>,
    },
    /// It touches no values: it waits, signals, or is about time alone.
    Nothing,
}

/// Where bytes are moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    View(ViewId),
    /// The slots of the messages that the op sends, each packed.
    Slots(&'a [Message]),
}

/// The ops that compute, with the fields that they have as an [`Op`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compute {
    Dot { a: ViewId, b: ViewId, c: ViewId, accumulate: bool, acc: DType },
    Unary { f: UnaryFn, x: ViewId, to: ViewId },
    Binary { f: BinaryFn, x: Operand, y: Operand, to: ViewId },
    Compare { f: CompareFn, x: Operand, y: Operand, to: ViewId },
    Where { mask: ViewId, x: Operand, y: Operand, to: ViewId },
    Reduce { f: ReduceFn, axis: u8, x: ViewId, to: ViewId, acc: DType, wrap: bool },
    Fill { value: Constant, to: ViewId },
    Iota { axis: u8, start: i32, step: i32, to: ViewId },
}

impl Op {
    /// What the op does to data.
    pub const fn effect(&self) -> Effect<'_> {
        let compute = match *self {
            Op::Dot { a, b, c, accumulate, acc } => Compute::Dot { a, b, c, accumulate, acc },
            Op::Unary { f, x, to } => Compute::Unary { f, x, to },
            Op::Binary { f, x, y, to } => Compute::Binary { f, x, y, to },
            Op::Compare { f, x, y, to } => Compute::Compare { f, x, y, to },
            Op::Where { mask, x, y, to } => Compute::Where { mask, x, y, to },
            Op::Reduce { f, axis, x, to, acc, wrap } => Compute::Reduce { f, axis, x, to, acc, wrap },
            Op::Fill { value, to } => Compute::Fill { value, to },
            Op::Iota { axis, start, step, to } => Compute::Iota { axis, start, step, to },
            Op::Load { from, to }
            | Op::Store { from, to }
            | Op::Copy { from, to }
            | Op::HostCopy { from, to }
            | Op::RecvCopy { view: from, to, .. } => return Effect::Move { from, to: Target::View(to) },
            Op::Send { from, .. } | Op::Forward { from, .. } | Op::Multicast { from, .. } => {
                return Effect::Move { from, to: Target::Slots(self.sends()) };
            }
            Op::RecvReduce(ref reduction) => return Effect::Fold(reduction),
            Op::Recv { .. }
            | Op::RecvAsync { .. }
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. } => return Effect::Nothing,
        };
        Effect::Compute(compute)
    }

    /// The op as one that computes; `None` when it does not.
    pub const fn compute(&self) -> Option<Compute> {
        match self.effect() {
            Effect::Compute(compute) => Some(compute),
            Effect::Fold(_) | Effect::Move { .. } | Effect::Nothing => None,
        }
    }
}

impl Compute {
    /// The same on other views; each is named once, reads before what is written.
    #[must_use]
    pub fn with_views(self, mut view: impl FnMut(ViewId) -> ViewId) -> Compute {
        let operand = |named: Operand, view: &mut dyn FnMut(ViewId) -> ViewId| match named {
            Operand::View(id) => Operand::View(view(id)),
            Operand::Constant(_) => named,
        };
        let v = &mut view;
        match self {
            Compute::Dot { a, b, c, accumulate, acc } => {
                Compute::Dot { a: v(a), b: v(b), c: v(c), accumulate, acc }
            }
            Compute::Unary { f, x, to } => Compute::Unary { f, x: v(x), to: v(to) },
            Compute::Binary { f, x, y, to } => {
                Compute::Binary { f, x: operand(x, v), y: operand(y, v), to: v(to) }
            }
            Compute::Compare { f, x, y, to } => {
                Compute::Compare { f, x: operand(x, v), y: operand(y, v), to: v(to) }
            }
            Compute::Where { mask, x, y, to } => {
                Compute::Where { mask: v(mask), x: operand(x, v), y: operand(y, v), to: v(to) }
            }
            Compute::Reduce { f, axis, x, to, acc, wrap } => {
                Compute::Reduce { f, axis, x: v(x), to: v(to), acc, wrap }
            }
            Compute::Fill { value, to } => Compute::Fill { value, to: v(to) },
            Compute::Iota { axis, start, step, to } => Compute::Iota { axis, start, step, to: v(to) },
        }
    }
}

impl From<Compute> for Op {
    fn from(compute: Compute) -> Op {
        match compute {
            Compute::Dot { a, b, c, accumulate, acc } => Op::Dot { a, b, c, accumulate, acc },
            Compute::Unary { f, x, to } => Op::Unary { f, x, to },
            Compute::Binary { f, x, y, to } => Op::Binary { f, x, y, to },
            Compute::Compare { f, x, y, to } => Op::Compare { f, x, y, to },
            Compute::Where { mask, x, y, to } => Op::Where { mask, x, y, to },
            Compute::Reduce { f, axis, x, to, acc, wrap } => Op::Reduce { f, axis, x, to, acc, wrap },
            Compute::Fill { value, to } => Op::Fill { value, to },
            Compute::Iota { axis, start, step, to } => Op::Iota { axis, start, step, to },
        }
    }
}
