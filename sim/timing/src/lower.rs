//! Lowered ops: what the sequencer needs of each op, in 16 bytes and in the order of its use. A run visits its ranks in
//! turn, so every op that it fetches is a cache miss; the ops, views and lists of a [`Program`] would be several.

use std::num::NonZeroU32;

use machine::Machine;
use oplog::UnitId;
use program::{Message, Op, OpIndex, Program, QueueOp, RankProgram, RecvOp, SendOp, SyncOp, UnitKind, cost};

/// An op, lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lowered {
    /// GEMM or math, and its cycles; `None` when they do not fit.
    Compute {
        unit: UnitId,
        cycles: Option<NonZeroU32>,
    },
    /// DMA, or a receive that copies.
    Move {
        kind: UnitKind,
    },
    Send {
        message: Message,
        bytes: Option<NonZeroU32>,
    },
    /// Of messages `messages[first..first + len]`.
    Multicast {
        first: u32,
        len: u32,
    },
    Receive(Message),
    ReceiveLater(Message),
    /// A receive that copies: it waits for its message here and then is a move.
    ReceiveCopy(Message),
    /// Waits for `messages[first..first + len]` and then is an op of the math unit.
    ReceiveReduce {
        first: u32,
        len: u32,
    },
    Release(Message),
    Signal,
    /// For ops `lists[first..first + len]` of its rank.
    Wait {
        first: u32,
        len: u32,
    },
    WaitGe {
        semaphore: u32,
        value: u32,
    },
    Barrier {
        number: u32,
    },
    /// A note to the ledger.
    Instant,
    /// On a machine with command queues: any op that a unit does, with its cycles where it computes.
    Pass {
        kind: UnitKind,
        cycles: Option<NonZeroU32>,
    },
    Commit,
    EventSignal {
        event: u32,
        value: u32,
    },
    EventWait {
        event: u32,
        value: u32,
    },
    HostCopy,
}

/// All ops of a program in global order.
#[derive(Debug)]
pub struct Lowering {
    pub ops: Vec<Lowered>,
    pub lists: Vec<OpIndex>,
    pub messages: Vec<Message>,
    /// By ring: how many messages are sent.
    pub sent: Vec<u32>,
    /// Some op of a math unit gives slots back.
    pub reduces: bool,
}

impl Lowering {
    pub fn messages(&self, first: u32, len: u32) -> &[Message] {
        &self.messages[first as usize..(first + len) as usize]
    }

    fn is_sent(&mut self, message: Message) {
        let sent = &mut self.sent[message.ring.index()];
        *sent = (*sent).max(message.number + 1);
    }
}

pub fn lower(program: &Program, machine: &Machine) -> Lowering {
    let ops = Vec::with_capacity(program.n_ops());
    let (lists, messages, sent) = (Vec::new(), Vec::new(), vec![0; program.rings.len()]);
    let mut lowering = Lowering { ops, lists, messages, sent, reduces: false };
    for rank in &program.ranks {
        for op in &rank.ops {
            let lowered = lower_op(op, rank, machine, &mut lowering);
            lowering.ops.push(lowered);
        }
    }
    lowering
}

fn lower_op(op: &Op, rank: &RankProgram, machine: &Machine, lowering: &mut Lowering) -> Lowered {
    let passes = machine.queue().is_some();
    match op {
        Op::Move(_) if passes => Lowered::Pass { kind: UnitKind::Dma, cycles: None },
        Op::Move(_) => Lowered::Move { kind: UnitKind::Dma },
        Op::Compute(_) | Op::Time(_) => {
            let spec = machine.spec();
            let cycles = cost::compute(spec, rank, op).and_then(|cycles| small(cycles.0));
            let unit = if op.unit() == UnitKind::Gemm { UnitId::GEMM } else { UnitId::MATH };
            if passes { Lowered::Pass { kind: op.unit(), cycles } } else { Lowered::Compute { unit, cycles } }
        }
        Op::Send(SendOp::Send { message, from } | SendOp::Forward { message, from }) => {
            let bytes = small(rank.views[from.index()].bytes());
            lowering.is_sent(*message);
            Lowered::Send { message: *message, bytes }
        }
        Op::Send(SendOp::Multicast { messages, .. }) => {
            messages.iter().for_each(|&message| lowering.is_sent(message));
            let (first, len) = several(messages, lowering);
            Lowered::Multicast { first, len }
        }
        Op::Recv(RecvOp::RecvReduce { reduction }) => {
            lowering.reduces = true;
            let (first, len) = several(&reduction.messages, lowering);
            Lowered::ReceiveReduce { first, len }
        }
        Op::Recv(RecvOp::Recv { message, .. }) => Lowered::Receive(*message),
        Op::Recv(RecvOp::RecvAsync { message, .. }) => Lowered::ReceiveLater(*message),
        Op::Recv(RecvOp::RecvCopy { message, .. }) => Lowered::ReceiveCopy(*message),
        Op::Sync(SyncOp::Release { message, .. }) => Lowered::Release(*message),
        Op::Sync(SyncOp::Signal { .. } | SyncOp::SignalSet { .. }) => Lowered::Signal,
        Op::Sync(SyncOp::Wait { on }) => {
            let first = lowering.lists.len() as u32;
            lowering.lists.extend_from_slice(on);
            Lowered::Wait { first, len: on.len() as u32 }
        }
        Op::Sync(SyncOp::WaitGe { semaphore, value: count } | SyncOp::WaitUntil { semaphore, count, .. }) => {
            Lowered::WaitGe { semaphore: semaphore.0, value: *count }
        }
        // Waits count what was signalled since the beginning.
        Op::Sync(SyncOp::SemaphoreSet { .. }) => Lowered::Instant,
        Op::Sync(SyncOp::Barrier { number }) => Lowered::Barrier { number: *number },
        Op::Note(_) => Lowered::Instant,
        Op::Queue(QueueOp::Commit {}) => Lowered::Commit,
        Op::Queue(QueueOp::EventSignal { event, value }) => {
            Lowered::EventSignal { event: event.0, value: *value }
        }
        Op::Queue(QueueOp::EventWait { event, value }) => {
            Lowered::EventWait { event: event.0, value: *value }
        }
        Op::Queue(QueueOp::HostCopy { .. }) => Lowered::HostCopy,
    }
}

fn several(messages: &[Message], lowering: &mut Lowering) -> (u32, u32) {
    let first = lowering.messages.len() as u32;
    lowering.messages.extend_from_slice(messages);
    (first, messages.len() as u32)
}

fn small(value: u64) -> Option<NonZeroU32> {
    u32::try_from(value).ok().and_then(NonZeroU32::new)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_lowered_op_is_a_quarter_of_a_cache_line() {
        assert_eq!(std::mem::size_of::<super::Lowered>(), 16);
    }
}
