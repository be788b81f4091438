//! Order that a program gives, found by walking back from each op: program order, units that serve in order, waits,
//! messages, credits and barriers. It shares nothing with the code that inserts waits. Semaphores are left out, so
//! an order that only they give is not seen.

use std::collections::{BTreeMap, BTreeSet};

use machine::Machine;
use program::{Message, Op, OpIndex, Program, Rank, RecvOp, SendOp, SyncOp, UnitKind};

/// What must have happened before each moment. An op has three: the sequencer goes on from it, it begins, it ends.
pub struct Order {
    before: Vec<Vec<usize>>,
    first_op: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Moment {
    Passed,
    Begins,
    Ends,
}

impl Order {
    pub fn of(program: &Program, machine: &Machine) -> Order {
        let mut first_op = Vec::new();
        let n_ops = program.ranks.iter().fold(0, |first, rank| {
            first_op.push(first);
            first + rank.ops.len()
        });
        let mut order = Order { before: vec![Vec::new(); 3 * n_ops], first_op };
        let messages = Messages::of(program);
        for rank in 0..program.n_ranks() {
            order.rank(program, machine, Rank(rank), &messages);
        }
        order
    }

    /// Whether `earlier` has ended when `later` begins; for a release, when its credit leaves. With `without`, as if
    /// the op named first did not wait for the second.
    pub fn has(
        &self,
        rank: Rank,
        earlier: OpIndex,
        later: &Op,
        at: OpIndex,
        without: Option<[OpIndex; 2]>,
    ) -> bool {
        let release = matches!(later, Op::Sync(SyncOp::Release { .. }));
        let from = self.at(rank, at, if release { Moment::Ends } else { Moment::Begins });
        let goal = self.at(rank, earlier, Moment::Ends);
        let cut = without.map(|[waits, on]| {
            [Moment::Passed, Moment::Ends].map(|m| (self.at(rank, waits, m), self.at(rank, on, Moment::Ends)))
        });
        let mut seen = vec![false; self.before.len()];
        let mut open = vec![from];
        while let Some(moment) = open.pop() {
            if moment == goal {
                return true;
            }
            if std::mem::replace(&mut seen[moment], true) {
                continue;
            }
            let kept = |&&before: &&usize| cut.is_none_or(|cut| !cut.contains(&(moment, before)));
            open.extend(self.before[moment].iter().filter(kept));
        }
        false
    }

    fn at(&self, rank: Rank, op: OpIndex, moment: Moment) -> usize {
        3 * (self.first_op[rank.index()] + op.index()) + moment as usize
    }
    fn add(&mut self, earlier: usize, later: usize) {
        self.before[later].push(earlier);
    }

    fn rank(&mut self, program: &Program, machine: &Machine, rank: Rank, messages: &Messages) {
        let mut newest: BTreeMap<(UnitKind, u32), OpIndex> = BTreeMap::new();
        let mut transfers = 0;
        for (index, op) in program.rank(rank).ops.iter().enumerate() {
            let index = OpIndex(index as u32);
            let [passed, begins, ends] =
                [Moment::Passed, Moment::Begins, Moment::Ends].map(|moment| self.at(rank, index, moment));
            self.add(begins, ends);
            self.add(passed, begins);
            if let Some(last) = index.0.checked_sub(1) {
                self.add(self.at(rank, OpIndex(last), Moment::Passed), passed);
            }
            self.waits(rank, op, [passed, begins, ends], messages);
            let unit = op.unit();
            if unit == UnitKind::Sequencer {
                continue;
            }
            let channel = if unit == UnitKind::Dma { transfers % machine.spec().pe.dma_channels } else { 0 };
            transfers += u32::from(unit == UnitKind::Dma);
            if let Some(last) = newest.insert((unit, channel), index) {
                self.add(self.at(rank, last, Moment::Ends), begins);
            }
        }
    }

    fn waits(&mut self, rank: Rank, op: &Op, [passed, begins, ends]: [usize; 3], messages: &Messages) {
        let end_of = |order: &Order, (rank, op): (Rank, OpIndex)| order.at(rank, op, Moment::Ends);
        if let Op::Sync(SyncOp::Wait { on }) = op {
            on.iter().for_each(|&on| self.add(end_of(self, (rank, on)), passed));
        }
        let released = if let Op::Sync(SyncOp::Release { after, .. }) = op { Some(&**after) } else { None };
        if let Some(after) = op.signals_after().or(released) {
            after.iter().for_each(|&on| self.add(end_of(self, (rank, on)), ends));
        }
        for message in op.receives() {
            // A multicast may still read its tile when one of its copies is there.
            let (sender, sent) = messages.sent[message];
            let moment = if messages.reads_on.contains(message) { Moment::Begins } else { Moment::Ends };
            let here = if let Op::Recv(RecvOp::RecvAsync { .. }) = op { ends } else { passed };
            self.add(self.at(sender, sent, moment), here);
        }
        for freed in op.sends().iter().filter_map(|message| messages.freed_for.get(message)) {
            self.add(end_of(self, *freed), begins);
        }
        if let Op::Sync(SyncOp::Barrier { number }) = op {
            for &(other, at) in &messages.barriers[number] {
                if let Some(last) = at.0.checked_sub(1) {
                    self.add(self.at(other, OpIndex(last), Moment::Passed), passed);
                }
            }
        }
    }
}

/// Where ranks meet.
#[derive(Default)]
struct Messages {
    sent: BTreeMap<Message, (Rank, OpIndex)>,
    reads_on: BTreeSet<Message>,
    /// Who gave the slot back that this message takes.
    freed_for: BTreeMap<Message, (Rank, OpIndex)>,
    barriers: BTreeMap<u32, Vec<(Rank, OpIndex)>>,
}

impl Messages {
    fn of(program: &Program) -> Messages {
        let mut messages = Messages::default();
        for (rank, rank_program) in program.ranks.iter().enumerate() {
            for (index, op) in rank_program.ops.iter().enumerate() {
                let at = (Rank(rank as u32), OpIndex(index as u32));
                messages.sent.extend(op.sends().iter().map(|&message| (message, at)));
                if let Op::Send(SendOp::Multicast { messages: several, .. }) = op {
                    messages.reads_on.extend(several);
                }
                for message in op.frees() {
                    let slots = program.rings[message.ring.index()].n_slots;
                    messages.freed_for.insert(Message { number: message.number + slots, ..*message }, at);
                }
                if let Op::Sync(SyncOp::Barrier { number }) = op {
                    messages.barriers.entry(*number).or_default().push(at);
                }
            }
        }
        messages
    }
}
