//! Everything a PE can be asked to do. An op names its operands by their place in the rank's view table,
//! so that it stays small: Phase 1 walks millions of them.

use machine::id;
use serde::{Deserialize, Serialize};

pub use crate::constant::Constant;
use crate::dtype::DType;
pub use crate::functions::{BinaryFn, BusyUnit, CompareFn, ReduceFn, UnaryFn};
use crate::program::Rank;
use crate::view::{Message, ViewId};

id!(
    /// An op's place in its rank's program.
    OpIndex,
    "op"
);
id!(
    /// A semaphore of one rank; others may signal it.
    SemaphoreId,
    "sem"
);

/// What an op reads: a view, or a constant that broadcasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    View(ViewId),
    Constant(Constant),
}

/// The kind of unit an op runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Not a queue: the sequencer itself does it.
    Sequencer,
    Gemm,
    Math,
    /// IPCQ send.
    Send,
    /// IPCQ receive: copies a message out of its slot.
    Recv,
    /// One of the PE's DMA channels; channels are dealt ops in turn.
    Dma,
}

/// One op of a rank's program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// HBM → TCM. Same shape and dtype on both sides; any strides.
    Load {
        from: ViewId,
        to: ViewId,
    },
    /// TCM → HBM.
    Store {
        from: ViewId,
        to: ViewId,
    },
    /// TCM → TCM.
    Copy {
        from: ViewId,
        to: ViewId,
    },
    /// `c = a · b`, or `c += a · b` when `accumulate`: a [m, k], b [k, n], c [m, n]. Each output takes
    /// `fma(a, b, acc)` for k ascending in `acc`, starting from 0 (from c when it accumulates), and is rounded once.
    Dot {
        a: ViewId,
        b: ViewId,
        c: ViewId,
        accumulate: bool,
        acc: DType,
    },
    Unary {
        f: UnaryFn,
        x: ViewId,
        to: ViewId,
    },
    /// Operands broadcast: an extent of 1, or a missing leading axis, is repeated.
    Binary {
        f: BinaryFn,
        x: Operand,
        y: Operand,
        to: ViewId,
    },
    Compare {
        f: CompareFn,
        x: Operand,
        y: Operand,
        to: ViewId,
    },
    /// `to = mask ≠ 0 ? x : y`.
    Where {
        mask: ViewId,
        x: Operand,
        y: Operand,
        to: ViewId,
    },
    /// Sums accumulate in `acc` in ascending order; an integer sum that leaves its type is refused unless `wrap`.
    Reduce {
        f: ReduceFn,
        axis: u8,
        x: ViewId,
        to: ViewId,
        acc: DType,
        wrap: bool,
    },
    Fill {
        value: Constant,
        to: ViewId,
    },
    /// `to[…, i, …] = start + i · step` along `axis`, the same along all others; i32.
    Iota {
        axis: u8,
        start: i32,
        step: i32,
        to: ViewId,
    },
    /// Sends the bytes of `from` as the next message of a ring this rank produces.
    Send {
        message: Message,
        from: ViewId,
    },
    /// Sends straight from a slot; reads it until its last byte leaves.
    Forward {
        message: Message,
        from: ViewId,
    },
    /// Holds the sequencer until the message has arrived; it is then read in place through views of it.
    Recv {
        message: Message,
        view: ViewId,
    },
    /// Like `Recv`, but does not hold: a `Wait` on it does.
    RecvAsync {
        message: Message,
        view: ViewId,
    },
    /// Holds the sequencer until the message has arrived, then copies it to `to`; the credit returns when
    /// the copy is done.
    RecvCopy {
        message: Message,
        view: ViewId,
        to: ViewId,
    },
    /// Gives the slot back. Interlocked: the credit leaves when all earlier reads of the slot are done.
    Release {
        message: Message,
    },
    /// Holds the sequencer until all these ops of this rank are done.
    Wait {
        on: Box<[OpIndex]>,
    },
    /// Holds the sequencer until every rank has reached its barrier of this number.
    Barrier {
        number: u32,
    },
    /// Adds `amount` to a semaphore of `to` once the ops `after` are done.
    Signal {
        semaphore: SemaphoreId,
        to: Rank,
        amount: u32,
        after: Box<[OpIndex]>,
    },
    /// Holds the sequencer until its own semaphore is at least `value`.
    WaitGe {
        semaphore: SemaphoreId,
        value: u32,
    },
    /// Occupies a unit for this many PE cycles; timing only.
    Busy {
        unit: BusyUnit,
        cycles: u64,
    },
    /// Ledger: the partial in `view` holds the contribution `key`. Takes no time.
    Contribute {
        view: ViewId,
        key: u32,
    },
    /// Ledger: `view` must hold each of these contributions exactly once. Takes no time.
    Expect {
        view: ViewId,
        keys: Box<[u32]>,
    },
}

/// The views an op reads and writes, at most three and one; slots of messages included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access {
    reads: [Option<ViewId>; 3],
    pub write: Option<ViewId>,
}

impl Access {
    pub fn reads(&self) -> impl Iterator<Item = ViewId> + '_ {
        self.reads.iter().flatten().copied()
    }
    fn new<const N: usize>(reads: [Option<ViewId>; N], write: Option<ViewId>) -> Access {
        let mut access = Access { reads: [None; 3], write };
        access.reads[..N].copy_from_slice(&reads);
        access
    }
}

impl Operand {
    pub fn view(self) -> Option<ViewId> {
        match self {
            Operand::View(view) => Some(view),
            Operand::Constant(_) => None,
        }
    }
}

impl Op {
    /// What the op reads and writes when it runs. `Recv` and `RecvAsync` touch no bytes: they only make
    /// a message readable.
    pub fn access(&self) -> Access {
        match *self {
            Op::Load { from, to } | Op::Store { from, to } | Op::Copy { from, to } => {
                Access::new([Some(from)], Some(to))
            }
            Op::Dot { a, b, c, accumulate, .. } => {
                Access::new([Some(a), Some(b), accumulate.then_some(c)], Some(c))
            }
            Op::Unary { x, to, .. } | Op::Reduce { x, to, .. } => Access::new([Some(x)], Some(to)),
            Op::Binary { x, y, to, .. } | Op::Compare { x, y, to, .. } => {
                Access::new([x.view(), y.view()], Some(to))
            }
            Op::Where { mask, x, y, to } => Access::new([Some(mask), x.view(), y.view()], Some(to)),
            Op::Fill { to, .. } | Op::Iota { to, .. } => Access::new([], Some(to)),
            Op::Send { from, .. } | Op::Forward { from, .. } => Access::new([Some(from)], None),
            Op::RecvCopy { view, to, .. } => Access::new([Some(view)], Some(to)),
            Op::Recv { .. }
            | Op::RecvAsync { .. }
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. } => Access::default(),
        }
    }

    /// Every view the op names: those it touches, and those of receives and of the ledger.
    pub fn views(&self) -> impl Iterator<Item = ViewId> + '_ {
        let named = match *self {
            Op::Recv { view, .. }
            | Op::RecvAsync { view, .. }
            | Op::Contribute { view, .. }
            | Op::Expect { view, .. } => Some(view),
            Op::Load { .. }
            | Op::Store { .. }
            | Op::Copy { .. }
            | Op::Dot { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Where { .. }
            | Op::Reduce { .. }
            | Op::Fill { .. }
            | Op::Iota { .. }
            | Op::Send { .. }
            | Op::Forward { .. }
            | Op::RecvCopy { .. }
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. } => None,
        };
        let Access { reads, write } = self.access();
        reads.into_iter().chain([write, named]).flatten()
    }

    /// The unit the op runs on.
    pub const fn unit(&self) -> UnitKind {
        match self {
            Op::Load { .. } | Op::Store { .. } | Op::Copy { .. } => UnitKind::Dma,
            Op::Dot { .. } | Op::Busy { unit: BusyUnit::Gemm, .. } => UnitKind::Gemm,
            Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Where { .. }
            | Op::Reduce { .. }
            | Op::Fill { .. }
            | Op::Iota { .. }
            | Op::Busy { unit: BusyUnit::Math, .. } => UnitKind::Math,
            Op::Send { .. } | Op::Forward { .. } => UnitKind::Send,
            Op::RecvCopy { .. } => UnitKind::Recv,
            Op::Recv { .. }
            | Op::RecvAsync { .. }
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. } => UnitKind::Sequencer,
        }
    }

    /// The name of the op's kind, as in JSON and reports.
    pub const fn kind(&self) -> &'static str {
        match self {
            Op::Load { .. } => "load",
            Op::Store { .. } => "store",
            Op::Copy { .. } => "copy",
            Op::Dot { .. } => "dot",
            Op::Unary { f, .. } => f.name(),
            Op::Binary { f, .. } => f.name(),
            Op::Compare { .. } => "compare",
            Op::Where { .. } => "where",
            Op::Reduce { f: ReduceFn::Sum, .. } => "sum",
            Op::Reduce { f: ReduceFn::Max, .. } => "max",
            Op::Fill { .. } => "fill",
            Op::Iota { .. } => "iota",
            Op::Send { .. } => "send",
            Op::Forward { .. } => "forward",
            Op::Recv { .. } => "recv",
            Op::RecvAsync { .. } => "recv_async",
            Op::RecvCopy { .. } => "recv_copy",
            Op::Release { .. } => "release",
            Op::Wait { .. } => "wait",
            Op::Barrier { .. } => "barrier",
            Op::Signal { .. } => "signal",
            Op::WaitGe { .. } => "wait_ge",
            Op::Busy { .. } => "busy",
            Op::Contribute { .. } => "contribute",
            Op::Expect { .. } => "expect",
        }
    }

    /// The message an op sends, receives or releases.
    pub const fn message(&self) -> Option<Message> {
        match self {
            Op::Send { message, .. }
            | Op::Forward { message, .. }
            | Op::Recv { message, .. }
            | Op::RecvAsync { message, .. }
            | Op::RecvCopy { message, .. }
            | Op::Release { message } => Some(*message),
            Op::Load { .. }
            | Op::Store { .. }
            | Op::Copy { .. }
            | Op::Dot { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Where { .. }
            | Op::Reduce { .. }
            | Op::Fill { .. }
            | Op::Iota { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. } => None,
        }
    }
}
