//! A plan: what virtual devices run, and in what order. Portable data; all ordering lies here and none in the
//! devices that run it.
//!
//! A virtual device is a queue with a timeline, an event that its command buffers signal one after the other, from
//! 1 on. A command buffer waits at its head, runs its passes in order and signals at its end. Whoever needs what a
//! pass has written waits for the value of its command buffer.

mod as_program;
mod buffers;
mod build;
mod contents;
mod error;
mod pass;
mod queues;
mod touched;

use std::num::NonZeroU32;

use machine::id;
use program::{Op, OpIndex, Rank, View};
use serde::Serialize;

pub use buffers::buffer_of;
pub use contents::{Contents, outputs};
pub use error::PlanError;

id!(
    /// A virtual device: a command queue and its timeline.
    DeviceId,
    "dev"
);
id!(
    /// A buffer that all devices share.
    BufferId,
    "buf"
);

/// The value of a timeline. It starts at 0, so a wait for 0 would have no effect.
pub type Value = NonZeroU32;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    pub buffers: Vec<Buffer>,
    pub n_devices: u32,
    /// In the order in which the host commits them: what a command buffer waits for stands before it.
    pub command_buffers: Vec<CommandBuffer>,
    /// Reads of the host at the end.
    pub reads: Vec<Read>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Buffer {
    /// What it stands for in the program, for people: `rank0.b3`, `ring1.slot2`, `t5 q`.
    pub name: String,
    pub bytes: u64,
    pub init: Init,
}

/// Initial contents of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// The bytes that [`Contents`] has for it.
    Given,
    Zero,
    /// 0xff in every byte: NaN in every float dtype.
    Poison,
}

/// The time at which the timeline of a device reaches a value: its command buffer of that value is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moment {
    pub device: DeviceId,
    pub value: Value,
}

/// A command buffer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommandBuffer {
    pub device: DeviceId,
    /// At its head, before all passes.
    pub waits: Vec<Moment>,
    /// One after the other.
    pub passes: Vec<Pass>,
    /// What its device's timeline is when it is done: one more than that of the one before.
    pub signals: Value,
}

/// One launch of a shader.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pass {
    /// An op that computes, or a [`program::MoveOp::Copy`], which stands for every op that moves bytes. Its views are `views`.
    pub op: Op,
    /// Each has a [`program::Base::Tensor`] whose number is that of a [`BufferId`].
    pub views: Vec<View>,
    /// The op of the log that it is part of.
    pub of: Option<(Rank, OpIndex)>,
}

/// The host takes a buffer, once the moments have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Read {
    pub buffer: BufferId,
    /// `None` of what no pass writes: it is as the host gave it.
    pub after: Option<Moment>,
    /// Where several devices wrote parts of it.
    pub and_after: Vec<Moment>,
}

impl CommandBuffer {
    pub fn moment(&self) -> Moment {
        Moment { device: self.device, value: self.signals }
    }
}
