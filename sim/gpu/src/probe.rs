//! Questions about queues and events that the documents of a system leave open, put to the system itself.
//!
//! A producer runs something slow, then fills a buffer that was poisoned; a consumer on another device copies it. What
//! the copy holds says whether the consumer waited. Each plan but [`Variant::Head`] lacks an order that a plan must
//! have: none of this is how kernels are run.

use std::num::NonZeroU32;

use program::op::{Constant, ReduceFn};
use program::{Base, ComputeOp, DType, Dims, MoveOp, Op, TensorId, View, ViewId};
use serde::Serialize;

use crate::device::{Device, DeviceError};
use crate::plan::{Buffer, BufferId, CommandBuffer, Contents, DeviceId, Init, Moment, Pass, Plan, Read};

/// Place of the consumer's wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// No wait. If the copy is right without one, the system is too fast or too ordered for the other variants to show
    /// anything.
    None,
    /// In a command buffer without passes, before its own.
    WaitOnly,
    /// At the head of its own, as in every plan.
    Head,
    /// At its head, too, while the producer's next command buffer, which is short and touches nothing of this, signals
    /// a later value.
    Overtaken,
}

impl Variant {
    pub const ALL: [Variant; 4] = [Variant::None, Variant::WaitOnly, Variant::Head, Variant::Overtaken];
}

/// Observed behaviour of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// How often each variant was run.
    pub rounds: u32,
    pub tries: Vec<Try>,
    /// Does a command buffer that only waits hold back those after it?
    pub wait_only_gates: Answer,
    /// Does a wait at the head hold back its own command buffer? Kernels are run on the promise that it does.
    pub head_gates: Answer,
    /// Do the signals of one queue come in the order of its command buffers? Plans do not rely on it.
    pub signals_in_order: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Try {
    pub variant: Variant,
    /// Rounds in which the consumer copied poison.
    pub stale: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// In every round, while without a wait it was not so.
    Yes,
    No,
    /// Even without a wait the consumer came late.
    Unknown,
}

/// Tries every variant.
///
/// # Errors
/// [`DeviceError`] when a plan cannot be run.
pub fn probe(device: &dyn Device, rounds: u32) -> Result<Probed, DeviceError> {
    let mut tries = Vec::new();
    for variant in Variant::ALL {
        let mut stale = 0;
        for _ in 0..rounds {
            let taken = device.run(&plan(variant), &Contents::default())?;
            let is_poison = |word: &[u8]| word == [0xff; 4];
            stale += u32::from(taken.iter().any(|bytes| bytes.chunks(4).any(is_poison)));
        }
        tries.push(Try { variant, stale });
    }
    Ok(Probed::of(rounds, tries))
}

impl Probed {
    fn of(rounds: u32, tries: Vec<Try>) -> Probed {
        let stale = |variant| {
            tries.iter().filter(|tried| tried.variant == variant).map(|tried| tried.stale).sum::<u32>()
        };
        let answer = |variant| match (stale(Variant::None), stale(variant)) {
            (_, 1..) => Answer::No,
            (0, 0) => Answer::Unknown,
            (1.., 0) => Answer::Yes,
        };
        let [wait_only_gates, head_gates, signals_in_order] =
            [Variant::WaitOnly, Variant::Head, Variant::Overtaken].map(answer);
        Probed { rounds, tries, wait_only_gates, head_gates, signals_in_order }
    }
}

const PRODUCER: DeviceId = DeviceId(0);
const CONSUMER: DeviceId = DeviceId(1);

/// One thread sums them: some ten milliseconds a pass on any GPU.
const SLOW: (BufferId, u32) = (BufferId(0), 1 << 18);
const SUM: (BufferId, u32) = (BufferId(1), 1);
const MADE: (BufferId, u32) = (BufferId(2), 1024);
const SEEN: (BufferId, u32) = (BufferId(3), 1024);
const ASIDE: (BufferId, u32) = (BufferId(4), 1);
const SLOW_PASSES: usize = 4;

pub fn plan(variant: Variant) -> Plan {
    let [sum, fill, copy, aside] = passes();
    let mut slow = vec![sum; SLOW_PASSES];
    slow.push(fill);
    let mut command_buffers = vec![command_buffer(PRODUCER, 1, &[], slow)];
    let made = Moment { device: PRODUCER, value: NonZeroU32::MIN };
    match variant {
        Variant::None => command_buffers.push(command_buffer(CONSUMER, 1, &[], vec![copy])),
        Variant::WaitOnly => {
            command_buffers.push(command_buffer(CONSUMER, 1, &[made], Vec::new()));
            command_buffers.push(command_buffer(CONSUMER, 2, &[], vec![copy]));
        }
        Variant::Head => command_buffers.push(command_buffer(CONSUMER, 1, &[made], vec![copy])),
        Variant::Overtaken => {
            command_buffers.push(command_buffer(PRODUCER, 2, &[], vec![aside]));
            command_buffers.push(command_buffer(CONSUMER, 1, &[made], vec![copy]));
        }
    }
    // All are awaited, so that the host takes what the consumer has made at last.
    let after = command_buffers[command_buffers.len() - 1].moment();
    let and_after =
        command_buffers.iter().map(CommandBuffer::moment).filter(|moment| *moment != after).collect();
    Plan {
        buffers: buffers(),
        n_devices: 2,
        command_buffers,
        reads: vec![Read { buffer: SEEN.0, after: Some(after), and_after }],
    }
}

fn buffers() -> Vec<Buffer> {
    let buffer = |(name, (_, words), init): (&str, (BufferId, u32), Init)| Buffer {
        name: name.to_owned(),
        bytes: u64::from(words) * DType::F32.size(),
        init,
    };
    [
        ("slow", SLOW, Init::Zero),
        ("sum", SUM, Init::Zero),
        ("made", MADE, Init::Poison),
        // Zero, so that poison in it was copied.
        ("seen", SEEN, Init::Zero),
        ("aside", ASIDE, Init::Zero),
    ]
    .map(buffer)
    .to_vec()
}

/// What is slow, the fill that the consumer must see, the consumer's copy, and something short.
fn passes() -> [Pass; 4] {
    let (from, to) = (ViewId(0), ViewId(1));
    let sum = Op::Compute(ComputeOp::Reduce {
        f: ReduceFn::Sum,
        axis: 0,
        x: from,
        to,
        acc: DType::F32,
        wrap: false,
    });
    let fill = || Op::Compute(ComputeOp::Fill { value: Constant::of(1.0), to: from });
    [
        pass(sum, &[SLOW, SUM]),
        pass(fill(), &[MADE]),
        pass(Op::Move(MoveOp::Copy { from, to }), &[MADE, SEEN]),
        pass(fill(), &[ASIDE]),
    ]
}

fn pass(op: Op, operands: &[(BufferId, u32)]) -> Pass {
    let view = |&(id, words): &(BufferId, u32)| {
        View::packed(Base::Tensor(TensorId(id.0)), Dims::new(&[words]), DType::F32)
    };
    Pass { op, views: operands.iter().map(view).collect(), of: None }
}

fn command_buffer(device: DeviceId, value: u32, waits: &[Moment], passes: Vec<Pass>) -> CommandBuffer {
    let signals = NonZeroU32::new(value).expect("values start at 1");
    CommandBuffer { device, waits: waits.to_vec(), passes, signals }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
