//! Which queue each op of a rank enters. A queue is served in order, one op at a time, so an op that is done
//! stands for all before it in its queue: those of a unit, or, on a machine with command queues, of a command buffer.

use machine::{Machine, QueueModel};
use program::{Op, Program, RankProgram, Stage, UnitKind};

/// The number of a queue of a rank: of its PE, the DMA channels last, or of its command buffers.
pub type Queue = usize;

/// The sequencer itself: no queue, for what it begins may end in any order.
pub const SEQUENCER: Queue = 0;
const FIRST_CHANNEL: Queue = 5;

/// The most queues that a rank of the program has, the sequencer counted.
pub fn n_queues(program: &Program, machine: &Machine) -> usize {
    let commits = |rank: &RankProgram| rank.ops.iter().filter(|op| op.stage() == Stage::Commit).count();
    match machine.queue().map(|queue| queue.model) {
        None => FIRST_CHANNEL + machine.spec().pe.dma_channels as usize,
        Some(QueueModel::Serial) => 2,
        Some(QueueModel::Overlap) => 1 + program.ranks.iter().map(commits).max().unwrap_or_default().max(1),
    }
}

/// Deals the ops of one rank, in program order, to its queues. DMA ops go to the channels in turn.
pub struct Dealer {
    channels: usize,
    transfers: usize,
    /// On a machine with command queues: the commits so far, and whether buffers run one after another.
    buffers: Option<(usize, QueueModel)>,
}

impl Dealer {
    pub fn of(machine: &Machine) -> Dealer {
        let buffers = machine.queue().map(|queue| (0, queue.model));
        Dealer { channels: machine.spec().pe.dma_channels as usize, transfers: 0, buffers }
    }

    /// The queue of the rank's next op.
    pub fn deal(&mut self, op: &Op) -> Queue {
        match &mut self.buffers {
            None => self.unit_queue(op),
            Some((commits, model)) => {
                let buffer = match model {
                    QueueModel::Serial => 1,
                    QueueModel::Overlap => 1 + *commits,
                };
                *commits += usize::from(op.stage() == Stage::Commit);
                // A commit is done when all of its buffer is.
                if op.stage() == Stage::Host { 0 } else { buffer }
            }
        }
    }

    fn unit_queue(&mut self, op: &Op) -> Queue {
        match op.unit() {
            UnitKind::Sequencer => SEQUENCER,
            UnitKind::Gemm => 1,
            UnitKind::Math => 2,
            UnitKind::Send => 3,
            UnitKind::Recv => 4,
            UnitKind::Dma => {
                self.transfers += 1;
                FIRST_CHANNEL + (self.transfers - 1) % self.channels
            }
        }
    }
}
