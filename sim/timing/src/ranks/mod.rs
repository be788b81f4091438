//! Ranks: the sequencer and the units of each, and the means by which they wait for each other.
//!
//! `sequencer` takes ops in program order, `units` run them, `signals` makes releases and signals take effect, `wakeups`
//! reacts to what arrives, and `passes` walks command buffers. All of them see the [`Transport`](crate::transport)
//! below, which does not see them.

mod command_queue;
mod deadlock;
mod passes;
mod rings;
mod sequencer;
mod signals;
mod state;
mod units;
mod wakeups;

use std::collections::BTreeMap;

use machine::{SimTime, Span};
use oplog::{MessageTimes, UnitId};
use program::{OpIndex, RankProgram};

use crate::event::OpId;
use crate::run::Run;
use crate::transport::Transport;
use command_queue::CommandQueues;
use rings::Rings;
use state::RankState;

/// All ranks of a run.
pub struct Ranks {
    states: Vec<RankState>,
    rings: Rings,
    /// By number: the ranks that rank 0 knows to be there.
    barriers: BTreeMap<u32, u32>,
    /// On a machine that has them.
    queues: Option<CommandQueues>,
    costs: Costs,
    dma_channels: u32,
    fifo_depth: usize,
}

/// Fixed costs of sequencers and units.
#[derive(Clone, Copy, Debug)]
struct Costs {
    issue: Span,
    receive: Span,
    dma_setup: Span,
}

impl Ranks {
    pub fn of(run: &Run, transport: &Transport) -> Ranks {
        let (program, machine, spec) = (run.program(), &run.verified.machine, run.spec());
        let clock = spec.clock.pe_fs;
        let n_units = UnitId::count(spec.pe.dma_channels);
        let state = |rank: &RankProgram| RankState::new(rank.ops.len() as u32, n_units, rank.n_semaphores);
        Ranks {
            states: program.ranks.iter().map(state).collect(),
            rings: Rings::of(run, transport),
            barriers: BTreeMap::new(),
            queues: machine.queue().map(|queue| CommandQueues::of(program, queue.model)),
            costs: Costs {
                issue: clock.span(spec.pe.issue_cycles),
                receive: clock.span(spec.ipcq.recv_cycles),
                dma_setup: clock.span(spec.pe.dma_setup_cycles),
            },
            dma_channels: spec.pe.dma_channels,
            fifo_depth: spec.pe.fifo_depth as usize,
        }
    }

    /// Every sequencer begins.
    pub fn start(&mut self, run: &mut Run, transport: &mut Transport) {
        for rank in 0..self.states.len() as u32 {
            self.advance(run, transport, rank);
        }
    }

    /// A rank with an op that is not done in time.
    pub fn first_unfinished(&self, run: &Run) -> u32 {
        let pending = |rank: &u32| {
            let mut ops = (0..self.states[*rank as usize].n_ops).map(|index| OpId { rank: *rank, index });
            ops.any(|op| run.record.done_at(run.global(op)).is_none_or(|done| done > SimTime::MAX))
        };
        (0..self.states.len() as u32).find(pending).unwrap_or(0)
    }

    /// The times of every message, for the log.
    pub fn into_messages(self) -> Vec<Vec<MessageTimes>> {
        self.rings.into_messages()
    }

    fn state(&mut self, rank: u32) -> &mut RankState {
        &mut self.states[rank as usize]
    }
}

/// An op that is not done.
#[derive(Clone, Copy, Debug)]
struct Pending {
    index: u32,
    /// When it will be; `None` while that is not known.
    until: Option<SimTime>,
}

/// The first of `ops`, ops of a rank, that is not done at `at`. Those before `known_done` are known to be, and so are,
/// from now on, those before the one found.
fn first_pending(
    run: &Run,
    rank: u32,
    ops: &[OpIndex],
    known_done: &mut u32,
    at: SimTime,
) -> Option<Pending> {
    while let Some(&OpIndex(index)) = ops.get(*known_done as usize) {
        let until = run.record.done_at(run.global(OpId { rank, index }));
        if until.is_none_or(|until| until > at) {
            return Some(Pending { index, until });
        }
        *known_done += 1;
    }
    None
}
