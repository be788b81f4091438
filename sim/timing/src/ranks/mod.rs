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

use machine::Span;
use oplog::{MessageTimes, UnitId};
use program::{Op, OpIndex};

use crate::record::Record;
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
    /// Some op of a math unit gives slots back.
    reduces: bool,
}

/// Fixed costs of sequencers and units.
#[derive(Clone, Copy, Debug)]
struct Costs {
    issue: Span,
    receive: Span,
    dma_setup: Span,
}

impl Ranks {
    pub fn of(run: &Run<'_>, transport: &Transport) -> Ranks {
        let (program, machine, spec) = (run.program(), &run.verified.machine, run.spec());
        let clock = spec.clock.pe_fs;
        let n_units = UnitId::count(spec.pe.dma_channels);
        let state = |(rank, of_rank): (u32, &program::RankProgram)| {
            RankState::new(run.global(rank, 0), of_rank.ops.len() as u32, n_units, of_rank.n_semaphores)
        };
        let mut ops = program.ranks.iter().flat_map(|rank| &rank.ops);
        Ranks {
            states: (0..).zip(&program.ranks).map(state).collect(),
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
            reduces: ops.any(|op| matches!(op, Op::RecvReduce(_))),
        }
    }

    /// Every sequencer begins.
    pub fn start(&mut self, run: &mut Run<'_>, transport: &mut Transport) {
        for rank in 0..self.states.len() as u32 {
            self.advance(run, transport, rank);
        }
    }

    /// A rank with an op that is not done.
    pub fn first_unfinished(&self, record: &Record) -> u32 {
        let pending = |state: &RankState| (0..state.n_ops).any(|op| !record.is_done(state.global(op)));
        self.states.iter().position(pending).unwrap_or(0) as u32
    }

    /// The times of every message, for the log.
    pub fn into_messages(self) -> Vec<Vec<MessageTimes>> {
        self.rings.into_messages()
    }

    fn state(&mut self, rank: u32) -> &mut RankState {
        &mut self.states[rank as usize]
    }
}

/// The first of `ops`, ops of the rank whose first global op is `first`, that is not done. Those before `known_done`
/// are known to be, and so are, from now on, those before the one found.
fn first_pending(record: &Record, first: usize, ops: &[OpIndex], known_done: &mut u32) -> Option<u32> {
    while let Some(op) = ops.get(*known_done as usize) {
        if !record.is_done(first + op.index()) {
            return Some(op.0);
        }
        *known_done += 1;
    }
    None
}
