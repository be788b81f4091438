//! Differences as facts. A pair of values is that of `a`, then that of `b`. `text.rs` makes English of them.

use diagnostic::OpRef;
use machine::SimTime;
use oplog::StallReason;
use program::{DType, Dims, Message, OpIndex, Rank, TensorId, UnitId};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A difference: of an op, or, where no op differs, of what is around the ops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// One log alone has the op; the time that it took there, where that is asked for.
    Only {
        log: Log,
        took_fs: Option<u64>,
    },
    Moved([OpIndex; 2]),
    /// Fields of the op that have other values, as Program JSON has them.
    Constants([Vec<(String, Value)>; 2]),
    Views(Box<[Form; 2]>),
    /// Bytes that the op reads, or `marks` in the ledger.
    Bytes {
        marks: bool,
        of: Box<[Written; 2]>,
    },
    /// Other bytes, though none of them at the same place.
    OtherBytes {
        marks: bool,
    },
    Message([Message; 2]),
    /// A tensor that is another part of the host's.
    TensorShare,
    WaitsForOthers,
    Time {
        step: Step,
        at: [SimTime; 2],
    },
    Unit([UnitId; 2]),
    Length {
        of: Lasting,
        fs: [u64; 2],
    },
    /// The value of an op; no earlier one differs.
    Value,
    Ranks([usize; 2]),
    HostTensors,
    /// Tensors in HBM, or the ends of rings.
    Surroundings,
    OutputWriters,
    /// The bytes of outputs, though all ops have the same values.
    Outputs,
    OutputForms,
    MessageTimes,
    StallReasons,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    A,
    B,
}

/// A moment of an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Issued,
    Started,
    Done,
}

/// What lasts longer, or less long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    Op,
    Credit,
    Message,
    Wait(StallReason),
}

/// A view without the ids of buffers and messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub shape: Dims,
    pub dtype: DType,
    pub base: FormBase,
    pub offset: u64,
    /// `None` when the view is packed.
    pub strides: Option<Dims>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormBase {
    Buffer,
    Tensor { name: String, shape: Vec<u32>, dtype: DType, home: Rank },
    Message { from: Rank, to: Rank },
}

/// Bytes `from..to` of what one of these wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub from: u64,
    pub to: u64,
    pub by: Vec<Writer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writer {
    Nothing,
    Host(TensorId),
    Op(OpRef),
}

impl Serialize for What {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
