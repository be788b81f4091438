//! The contract in: what every rank does. A [`Program`] is recorded with [`tl`], or read from JSON,
//! and becomes a [`Verified`] program once [`verify()`] has checked it against a machine.

pub mod constant;
pub mod dtype;
pub mod functions;
pub mod holds;
pub mod json;
pub mod layout;
pub mod op;
pub mod plan;
pub mod program;
pub mod progress;
mod queue;
pub mod region_map;
pub mod rules;
pub mod tl;
pub mod verified;
pub mod verify;
pub mod view;

pub use dtype::DType;
pub use holds::Holds;
pub use layout::{Layout, Space};
pub use op::{Access, Op, OpIndex, Operand, UnitKind};
pub use program::{Program, Rank, RankProgram};
pub use region_map::RegionMap;
pub use verified::Verified;
pub use verify::{Refusal, RefusalKind, Refused, smallest_slots, verify};
pub use view::{Base, BufferId, Dims, Message, RingId, TensorId, View, ViewId};

#[cfg(test)]
mod samples;
