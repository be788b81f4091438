//! The contract in: what every rank does. A [`Program`] is recorded with [`tl`], or read from JSON,
//! and becomes a [`Verified`] program once [`verify()`] has checked it against a machine.

mod auto_sync;
pub mod bounds;
mod breach;
pub mod command;
pub mod cost;
pub mod deadlock;
pub mod dtype;
pub mod holds;
mod insert;
pub mod json;
mod json_place;
pub mod layout;
mod named;
pub mod op;
pub mod plan;
pub mod program;
pub mod progress;
pub mod queue;
pub mod region_map;
pub mod rules;
pub mod tl;
pub mod trees;
mod unit;
pub mod verified;
pub mod verify;
pub mod view;

pub use auto_sync::auto_sync;
pub use bounds::{Bound, Bounds};
pub use command::{CommandBuffer, buffer_of, command_buffers};
pub use deadlock::Deadlock;
pub use dtype::DType;
pub use holds::Holds;
pub use layout::{Layout, Space};
pub use op::{
    Access, Class, ComputeOp, Effect, EventId, MoveOp, NoteOp, Op, OpIndex, Operand, QueueOp, RecvOp,
    Reduction, SendOp, Stage, SyncOp, Target, TimeOp, UnitKind,
};
pub use program::{Location, Program, Rank, RankProgram};
pub use region_map::RegionMap;
pub use unit::UnitId;
pub use verified::Verified;
pub use verify::{Refusal, RefusalKind, Refused, smallest_slots, verify};
pub use view::{Base, BufferId, Dims, Message, RingId, TensorId, View, ViewId};

#[cfg(test)]
mod samples;
