//! The contract in: what every rank does. A [`Program`] is recorded with [`tl`], or read from JSON,
//! and is data: `verify` checks it against a machine, and `order` says what must happen before what in it.

mod access;
mod breach;
pub mod command;
pub mod constant;
pub mod cost;
pub mod dtype;
mod effect;
pub mod functions;
mod insert;
pub mod json;
mod json_place;
pub mod layout;
mod named;
pub mod op;
mod op_messages;
pub mod program;
mod rows;
pub mod rules;
mod stage;
pub mod tl;
pub mod trees;
pub mod view;

pub use rows::Rows;
pub use program::{Program, Rank, RankProgram};
pub use breach::{Breach, RefusalKind};
pub use command::{CommandBuffer, buffer_of, command_buffers};
pub use dtype::DType;
pub use effect::{Compute, Effect, Target};
pub use layout::{Layout, Space};
pub use named::named_ops_mut;
pub use op::{Access, EventId, Op, OpIndex, Operand, Reduction, Stage, UnitKind};
pub use view::{Base, BufferId, Dims, Message, RingId, TensorId, View, ViewId};
