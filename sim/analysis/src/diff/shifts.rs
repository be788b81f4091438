//! Ops that both logs have and that run at other times: by themselves, or because of others.

use program::{Op, QueueOp, RecvOp, SyncOp, UnitKind};

use super::pair::Pair;
use super::times::parts_at;
use super::{Shifted, Side};

/// An op at another time.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    /// Its numbers in `a` and in `b`.
    pub ops: [usize; 2],
    /// Whether it takes another time on its unit; else others shifted it.
    pub by_itself: bool,
}

/// In the order of `a`.
pub fn find(pair: &Pair<'_>) -> Vec<Shift> {
    let works = [pair.a, pair.b].map(Works::of);
    // How long a receive, a wait or a release takes is the doing of others.
    let by_itself = |[a, b]: [usize; 2]| {
        let is_work = pair.asked_in_a(a).unit() != UnitKind::Sequencer;
        is_work && works[0].of_op(a) != works[1].of_op(b)
    };
    let shifted = pair.matching.pairs().filter(|&ops| parts_at(pair, ops, 0).is_some());
    shifted.map(|ops| Shift { ops, by_itself: by_itself(ops) }).collect()
}

pub fn count(shifts: &[Shift]) -> Shifted {
    let inherited = shifts.iter().filter(|shift| !shift.by_itself).count() as u64;
    Shifted { ops: shifts.len() as u64, inherited }
}

/// Own time of the ops of a log.
pub struct Works<'a> {
    side: Side<'a>,
    /// By op: how long it was stalled after its start.
    stalled: Vec<u64>,
}

impl<'a> Works<'a> {
    pub fn of(side: Side<'a>) -> Works<'a> {
        let mut stalled = vec![0; side.log.entries.done.len()];
        for stall in &side.log.stalls {
            let op = stall.op as usize;
            stalled[op] += stall.to.since(stall.from.max(side.log.entries.start[op])).fs();
        }
        Works { side, stalled }
    }

    pub fn of_op(&self, op: usize) -> u64 {
        let entries = &self.side.log.entries;
        entries.done[op].since(entries.start[op]).fs().saturating_sub(self.stalled[op])
    }

    /// All that an op takes which the other log has not: of one of the sequencer, as long as it holds it.
    pub fn all_of(&self, op: usize, asked: &Op) -> u64 {
        if asked.unit() != UnitKind::Sequencer {
            return self.of_op(op);
        }
        let (entries, spec) = (&self.side.log.entries, self.side.log.machine.spec());
        let is_note = matches!(asked, Op::Note(_));
        let issue = if is_note { 0 } else { spec.clock.pe_fs.span(spec.pe.issue_cycles).fs() };
        let holds = !matches!(
            asked,
            Op::Recv(RecvOp::RecvAsync { .. })
                | Op::Sync(SyncOp::Release { .. })
                | Op::Queue(QueueOp::Commit {})
        );
        let held = if holds { entries.done[op].since(entries.issue[op]).fs() } else { 0 };
        held.saturating_add(issue)
    }
}
