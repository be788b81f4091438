//! Lookup tables for the causes of events.

use std::collections::BTreeMap;

use machine::Machine;
use program::{Class, Op, Program, Rank, RankProgram, SyncOp, command_buffers};

use crate::MessageIndex;
use crate::queue::{QueueAssigner, n_queues};

/// No op.
const NONE: u32 = u32::MAX;

pub struct Tables {
    /// By rank; one more at the end.
    pub first_op: Vec<u32>,
    /// By op: its rank, what its order depends on, its queue, its number in it, and the op before it in it.
    pub rank: Vec<Rank>,
    pub class: Vec<Class>,
    pub queue: Vec<u32>,
    pub number_in_queue: Vec<u32>,
    predecessor: Vec<u32>,
    pub n_queues: u32,
    /// Whether the machine has command queues.
    pub queued: bool,
    /// By op, on such a machine: the commit of its command buffer.
    commits: Vec<u32>,
    pub messages: MessageIndex,
    /// By number: the barrier ops of all ranks.
    pub barriers: BTreeMap<u32, Vec<u32>>,
}

impl Tables {
    pub fn of(program: &Program, machine: &Machine) -> Tables {
        let n_ops = program.n_ops();
        let mut tables = Tables {
            first_op: vec![0],
            rank: Vec::with_capacity(n_ops),
            class: Vec::with_capacity(n_ops),
            queue: Vec::with_capacity(n_ops),
            number_in_queue: Vec::with_capacity(n_ops),
            predecessor: Vec::with_capacity(n_ops),
            n_queues: n_queues(program, machine) as u32,
            queued: machine.queue().is_some(),
            commits: Vec::new(),
            messages: MessageIndex::of(program),
            barriers: BTreeMap::new(),
        };
        for (rank, of_rank) in program.ranks.iter().enumerate() {
            let mut assigner = QueueAssigner::of(machine);
            let mut last = vec![(NONE, 0); n_queues(program, machine)];
            tables.rank.resize(tables.rank.len() + of_rank.ops.len(), Rank(rank as u32));
            for (index, op) in of_rank.ops.iter().enumerate() {
                tables.add(op, index as u32, assigner.assign(op), &mut last);
            }
            if tables.queued {
                tables.commit(of_rank);
            }
            tables.first_op.push(tables.queue.len() as u32);
        }
        tables
    }

    /// Notes the commit of every encoded op of a rank whose ops have just been added.
    fn commit(&mut self, rank: &RankProgram) {
        let first = self.commits.len() as u32;
        self.commits.resize(self.queue.len(), NONE);
        for buffer in command_buffers(rank) {
            if let Some(commit) = buffer.commit {
                buffer.ops.iter().for_each(|op| self.commits[(first + op.0) as usize] = first + commit.0);
            }
        }
    }

    fn add(&mut self, op: &Op, index: u32, queue: usize, last: &mut [(u32, u32)]) {
        let global = self.queue.len() as u32;
        let (predecessor, count) = last[queue];
        self.class.push(if self.queued { op.class().queued() } else { op.class() });
        self.queue.push(queue as u32);
        self.predecessor.push(predecessor);
        // A sequencer's ops are counted by what it has issued.
        self.number_in_queue.push(if queue == 0 { index } else { count });
        last[queue] = (global, count + 1);
        if let Op::Sync(SyncOp::Barrier { number }) = op {
            self.barriers.entry(*number).or_default().push(global);
        }
    }

    /// The op before this one in its queue.
    pub fn predecessor(&self, op: u32) -> Option<u32> {
        Some(self.predecessor[op as usize]).filter(|&before| before != NONE)
    }
}

impl Tables {
    /// The commit of the command buffer that an op is encoded in.
    pub fn commit_of(&self, op: u32) -> Option<u32> {
        self.commits.get(op as usize).copied().filter(|&commit| commit != NONE)
    }
}
