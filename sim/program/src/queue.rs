//! Which queue of its PE each op of a rank enters. A queue is served in order, one op at a time, so an op that
//! is done stands for all before it in its queue.

use machine::Machine;

use crate::op::{Op, UnitKind};

/// The number of a queue of a rank's PE; the DMA channels come last.
pub(crate) type Queue = usize;

const FIRST_CHANNEL: Queue = 5;

/// Deals the ops of one rank, in program order, to its queues. DMA ops go to the channels in turn.
pub(crate) struct Dealer {
    channels: usize,
    transfers: usize,
}

impl Dealer {
    pub fn of(machine: &Machine) -> Dealer {
        Dealer { channels: machine.spec().pe.dma_channels as usize, transfers: 0 }
    }

    /// The queue of the rank's next op.
    pub fn deal(&mut self, op: &Op) -> Queue {
        match op.unit() {
            UnitKind::Sequencer => 0,
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
