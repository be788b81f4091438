//! The contract in: what every rank does. A [`Program`] is recorded with [`tl`], or read from JSON,
//! and is data: `verify` checks it against a machine, and `order` says what must happen before what in it.

mod breach;
mod command;
mod constants;
pub mod cost;
pub mod dtype;
mod format_1;
mod insert;
pub mod json;
mod json_place;
pub mod layout;
mod named;
mod objects;
pub mod op;
pub mod program;
mod refused;
mod rows;
pub mod rules;
mod scaled;
#[cfg(feature = "schema")]
pub mod schema;
pub mod tl;
pub mod trees;
mod unique;
mod unit;
pub mod view;
mod without_schema;

pub use command::{CommandBuffer, buffer_of, command_buffers};
pub use dtype::{DType, Float, Sign};
pub use layout::{Layout, Space};
pub use op::{
    Access, Class, ComputeOp, Effect, EventId, MoveOp, NoteOp, Op, OpIndex, Operand, QueueOp, RecvOp,
    Reduction, SendOp, Stage, SyncOp, Target, TimeOp, UnitKind,
};
pub use program::{Location, Program, Rank, RankProgram};
pub use rows::Rows;
pub use scaled::ScaledFormat;
pub use unit::UnitId;
pub use view::{Base, BufferId, Dims, Message, RingId, TensorId, View, ViewId};
