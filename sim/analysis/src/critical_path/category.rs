//! Categories of time on the critical path.

use oplog::StallReason;
use order::{EdgeKind, Phase};
use program::{Op, QueueOp, RecvOp, SyncOp, UnitKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// A GEMM or math unit works.
    Compute,
    /// A transfer between a TCM and a memory, or within a TCM.
    Memory,
    /// A message is sent, is on its way, or is received.
    Message,
    /// A message waits for the port out of its PE.
    Link,
    /// A credit is on its way back.
    Credit,
    Barrier,
    Semaphore,
    /// An event of command buffers.
    Event,
    /// The sequencer issues, or the host encodes and commits.
    Issue,
}

impl Category {
    pub const fn name(self) -> &'static str {
        match self {
            Category::Compute => "compute",
            Category::Memory => "memory",
            Category::Message => "message",
            Category::Link => "link",
            Category::Credit => "credit",
            Category::Barrier => "barrier",
            Category::Semaphore => "semaphore",
            Category::Event => "event",
            Category::Issue => "issue",
        }
    }

    /// What the time before an event of an op goes to, when that edge came last.
    pub(super) fn of(op: &Op, phase: Phase, edge: EdgeKind) -> Category {
        match edge {
            EdgeKind::Message => Category::Message,
            EdgeKind::Credit => Category::Credit,
            EdgeKind::Barrier => Category::Barrier,
            EdgeKind::Semaphore => Category::Semaphore,
            EdgeKind::Shared => Category::Event,
            EdgeKind::Program => match phase {
                Phase::Issue => Category::issuing(op),
                Phase::Start => Category::Issue,
                Phase::End => Category::working(op),
                Phase::Arrive => Category::Message,
            },
            EdgeKind::Queue | EdgeKind::Wait | EdgeKind::Hold | EdgeKind::Commit => Category::Issue,
        }
    }

    /// Of an op from its start to its end.
    fn working(op: &Op) -> Category {
        match op.unit() {
            UnitKind::Gemm | UnitKind::Math => Category::Compute,
            UnitKind::Dma | UnitKind::Recv => Category::Memory,
            UnitKind::Send => Category::Message,
            UnitKind::Sequencer if matches!(op, Op::Queue(QueueOp::HostCopy { .. })) => Category::Memory,
            UnitKind::Sequencer if matches!(op, Op::Recv(RecvOp::Recv { .. } | RecvOp::RecvAsync { .. })) => {
                Category::Message
            }
            UnitKind::Sequencer if matches!(op, Op::Queue(QueueOp::EventWait { .. })) => Category::Event,
            UnitKind::Sequencer => Category::Issue,
        }
    }

    /// Of an op until the sequencer is done with it.
    pub(super) fn issuing(op: &Op) -> Category {
        if let Op::Sync(SyncOp::Barrier { .. }) = op { Category::Barrier } else { Category::Issue }
    }

    /// Of a wait inside a transfer.
    pub(super) const fn of_wait(reason: StallReason) -> Option<Category> {
        match reason {
            StallReason::Link => Some(Category::Link),
            StallReason::Operand
            | StallReason::QueueFull
            | StallReason::Message
            | StallReason::Wait
            | StallReason::Semaphore
            | StallReason::Barrier
            | StallReason::Credit
            | StallReason::Memory
            | StallReason::Issue
            | StallReason::Idle
            | StallReason::Finished
            | StallReason::Commit
            | StallReason::Queue
            | StallReason::Event
            | StallReason::Tracked => None,
        }
    }
}
