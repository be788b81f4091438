//! A program: what every rank does, in program order, and the memory, rings and semaphores it does it with.
//! It is plain data: serialisable, independent of the language that wrote it, and of the machine.

use std::collections::BTreeMap;
use std::fmt;

use machine::{RankAxis, id, printable};
use serde::{Deserialize, Serialize};

use crate::dtype::DType;
use crate::op::{Op, OpIndex, TimeOp};
use crate::unique;
use crate::view::{Message, View};

id!(
    /// A PE's place in the program, 0..n.
    Rank,
    "rank"
);

/// The version of the JSON form; see `PROGRAM.md` beside this crate.
pub const FORMAT: u32 = 2;

/// The oldest version that is read. Functions had other names in it: see [`crate::op::UnaryFn`] and its siblings.
pub const OLDEST_FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub format: u32,
    /// The kernel that recorded it.
    pub kernel: String,
    /// The kernel's parameters as text, for people and for finding its reference again.
    #[serde(deserialize_with = "unique::keys")]
    pub params: BTreeMap<String, String>,
    pub rank_axis: RankAxis,
    /// Tensors the host gives; every rank's share is an [`Role::Input`] or [`Role::InOut`] tensor.
    pub inputs: Vec<HostTensor>,
    /// Tensors the host takes; every rank's share is an [`Role::Output`] or [`Role::InOut`] tensor.
    pub outputs: Vec<HostTensor>,
    /// Allocations in HBM.
    pub tensors: Vec<Tensor>,
    pub rings: Vec<Ring>,
    /// Events of command buffers, shared by all ranks; each starts at 0.
    #[serde(default, skip_serializing_if = "none")]
    pub n_events: u32,
    pub ranks: Vec<RankProgram>,
    /// Source files named by [`Source::file`].
    pub files: Vec<String>,
}

/// Programs without command buffers do not mention events.
fn none(n: &u32) -> bool {
    *n == 0
}

/// A tensor by name, as the host sees it: row-major.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HostTensor {
    pub name: String,
    pub shape: Vec<u32>,
    pub dtype: DType,
}

/// An allocation in the HBM slice of `home`, row-major and packed. Any rank may load and store it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    pub name: String,
    pub home: Rank,
    pub shape: Vec<u32>,
    pub dtype: DType,
    pub role: Role,
}

/// Use of a tensor by the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Role {
    /// Before the run: holds the box of host input `of` that begins at `start` and has this tensor's shape.
    Input { of: u32, start: Vec<u32> },
    /// After the run: its bytes are the box of host output `of` that begins at `start`. Where two boxes
    /// overlap, they must agree in every bit.
    Output { of: u32, start: Vec<u32> },
    /// Both: before the run it holds a box of host input `input`, and after it its bytes are the same box of host
    /// output `output`.
    InOut { input: u32, output: u32, start: Vec<u32> },
    /// Neither: uninitialised until a rank stores to it.
    Scratch,
}

impl Role {
    /// The host input that it holds a box of before the run, and where the box begins.
    pub fn given(&self) -> Option<(u32, &[u32])> {
        match self {
            Role::Input { of, start } | Role::InOut { input: of, start, .. } => Some((*of, start)),
            Role::Output { .. } | Role::Scratch => None,
        }
    }
    /// The host output that it is a box of after the run, and where the box begins.
    pub fn taken(&self) -> Option<(u32, &[u32])> {
        match self {
            Role::Output { of, start } | Role::InOut { output: of, start, .. } => Some((*of, start)),
            Role::Input { .. } | Role::Scratch => None,
        }
    }
}

/// A directed ring of slots from `producer` to `consumer`: message i lies in slot `i mod n_slots`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ring {
    pub producer: Rank,
    pub consumer: Rank,
    /// Tells apart rings between the same two ranks.
    pub queue: u32,
    pub n_slots: u32,
    pub slot_bytes: u64,
    #[serde(default)]
    pub place: SlotPlace,
    #[serde(default)]
    pub flow: Flow,
}

/// Memory of the consumer that holds the slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SlotPlace {
    #[default]
    Tcm,
    Sram,
    Hbm,
}

impl SlotPlace {
    pub const fn name(self) -> &'static str {
        match self {
            SlotPlace::Tcm => "TCM",
            SlotPlace::Sram => "SRAM",
            SlotPlace::Hbm => "HBM",
        }
    }
}

/// Whether a send waits for a free slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    #[default]
    Credit,
    /// It does not, and may overwrite a slot in use: only for Program JSON and the bug corpus.
    None,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RankProgram {
    /// TCM buffers.
    pub buffers: Vec<Buffer>,
    pub views: Vec<View>,
    /// Semaphores this rank waits on; each starts at 0.
    #[serde(default)]
    pub n_semaphores: u32,
    pub ops: Vec<Op>,
    /// Where the author wrote each op; as long as `ops`, or empty.
    #[serde(default)]
    pub sources: Vec<Source>,
    #[serde(default)]
    pub spans: Vec<NamedSpan>,
}

/// A TCM buffer; the planner gives it an address unless the author did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    pub bytes: u64,
    /// A TCM address fixed by hand (`tile_at`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

/// The author's source line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub file: u32,
    pub line: u32,
    pub column: u32,
}

/// An author's source line by the name of its file; prints as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Location {
    /// `kernel.rs:40`: neither folders nor the column are needed to find a line that is only named.
    pub fn in_short(&self) -> String {
        let file = self.file.rsplit('/').next().unwrap_or_default();
        format!("{}:{}", printable(file), self.line)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", printable(&self.file), self.line, self.column)
    }
}

/// Ops `first..end` of a rank belong to a part of the kernel that the author named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NamedSpan {
    pub name: String,
    pub first: OpIndex,
    pub end: OpIndex,
}

impl Tensor {
    /// Bytes of the allocation; saturating, so that a shape that does not fit is too large and not small.
    pub fn bytes(&self) -> u64 {
        elements(&self.shape).saturating_mul(self.dtype.size())
    }
}

impl HostTensor {
    /// Elements of the tensor; saturating as [`Tensor::bytes`].
    pub fn elements(&self) -> u64 {
        elements(&self.shape)
    }
    /// Bytes of the tensor; saturating as [`Tensor::bytes`].
    pub fn bytes(&self) -> u64 {
        self.elements().saturating_mul(self.dtype.size())
    }
}

fn elements(shape: &[u32]) -> u64 {
    shape.iter().map(|&n| u64::from(n)).fold(1, u64::saturating_mul)
}

impl Ring {
    /// The earlier message that must be released before this one can be sent; `None` when its slot is free from the
    /// start, or sends do not wait for slots.
    pub fn slot_taken_from(&self, message: Message) -> Option<Message> {
        match self.flow {
            Flow::None => None,
            Flow::Credit => self.before_in_slot(message),
        }
    }
    /// The message before this one in its slot.
    pub fn before_in_slot(&self, message: Message) -> Option<Message> {
        Some(Message { number: message.number.checked_sub(self.n_slots)?, ..message })
    }
}

impl Program {
    pub fn n_ranks(&self) -> u32 {
        self.ranks.len() as u32
    }
    pub fn n_ops(&self) -> usize {
        self.ranks.iter().map(|rank| rank.ops.len()).sum()
    }
    /// By rank: the place of its first op among all; one more at the end.
    pub fn first_ops(&self) -> Vec<usize> {
        let mut firsts = vec![0];
        for rank in &self.ranks {
            firsts.push(firsts[firsts.len() - 1] + rank.ops.len());
        }
        firsts
    }
    /// Whether the program is about time alone: it gives nothing to the host, and ops that would compute are stood
    /// for by the time they take.
    pub fn is_timing_only(&self) -> bool {
        let busy = |op: &Op| matches!(op, Op::Time(TimeOp::Busy { .. }));
        self.outputs.is_empty() && self.ranks.iter().flat_map(|rank| &rank.ops).any(busy)
    }
    pub fn rank(&self, rank: Rank) -> &RankProgram {
        &self.ranks[rank.index()]
    }
    pub fn op(&self, rank: Rank, op: OpIndex) -> &Op {
        &self.ranks[rank.index()].ops[op.index()]
    }
    /// The named spans that an op lies in, from the outermost on, as `layer 3/attention`; `None` outside of all.
    pub fn span_of(&self, rank: Rank, op: OpIndex) -> Option<String> {
        let spans = self.ranks[rank.index()].spans.iter().enumerate();
        let mut around: Vec<(usize, &NamedSpan)> =
            spans.filter(|(_, span)| span.first <= op && op < span.end).collect();
        // Of equal spans, the one that was opened first lies outside.
        around.sort_by_key(|(place, span)| (std::cmp::Reverse(span.end.0 - span.first.0), *place));
        let names: Vec<&str> = around.into_iter().map(|(_, span)| span.name.as_str()).collect();
        (!names.is_empty()).then(|| printable(&names.join("/")).into())
    }
    /// Source location of an op; `None` when the program has none.
    pub fn location(&self, rank: Rank, op: OpIndex) -> Option<Location> {
        let &Source { file, line, column } = self.ranks[rank.index()].sources.get(op.index())?;
        Some(Location { file: self.files.get(file as usize)?.clone(), line, column })
    }
    /// The same, as `file:line:column`.
    pub fn source(&self, rank: Rank, op: OpIndex) -> Option<String> {
        self.location(rank, op).map(|location| location.to_string())
    }
}
