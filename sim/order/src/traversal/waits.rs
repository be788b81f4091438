//! Waits for semaphores and shared events. They are passed last: the signals that can end one are those visited so far,
//! and those that can still be reached while the wait stands.

use program::{Op, OpIndex, QueueOp, Rank};

use super::lookahead::{self, Name, Others};
use super::semaphores::Given;
use super::{Traversal, Visitor};
use crate::{Event, Phase};

/// Most waits looked at for one that no unvisited signal may come before. Past them the first one is taken, with the
/// least that those signals know: this can order less than is certain, never more.
const TRIES: usize = 8;

/// The wait that may be over now.
pub struct Passing {
    pub op: u32,
    /// Signals that have not been visited and may come first, with the least that they know; `None` when it would take
    /// too long to find them.
    pub others: Option<Vec<Given>>,
}

/// The end of a wait, and what it waits for.
struct Wait {
    rank: usize,
    end: Event,
    name: Name,
    value: u32,
}

impl Traversal<'_> {
    /// Lets one wait be over, if there is one that has what it needs.
    pub(super) fn pass_a_wait(&mut self, visitor: &mut impl Visitor) -> bool {
        let mut first = None;
        let tries = if self.budget.is_spent() { 1 } else { TRIES };
        let waits = (0..self.ranks.len()).flat_map(|rank| self.waits_of(rank));
        for wait in waits.filter(|wait| self.is_met(wait)).take(tries) {
            let others = self.others(&wait);
            let is_certain = matches!(others, Others::Nothing);
            if is_certain || first.is_none() {
                first = Some((wait, others));
            }
            if is_certain {
                break;
            }
        }
        let Some((Wait { rank, end, name, .. }, others)) = first else { return false };
        let others = lookahead::signals(self, end, name, others);
        let passing = Passing { op: end.op, others };
        self.passing = Some(passing);
        let moved = self.issue(rank, visitor) || self.walk_buffers(rank, visitor);
        assert!(moved && self.passing.is_none(), "a wait that has what it needs is over");
        true
    }

    /// The waits that a rank stands at: of its sequencer, and of its command buffers.
    fn waits_of(&self, rank: usize) -> impl Iterator<Item = Wait> {
        let state = &self.ranks[rank];
        let next = (OpIndex(state.next), Phase::Issue);
        let heads = state.buffers.standing.iter().filter_map(|buffer| buffer.ops.get(buffer.at));
        std::iter::once(next)
            .chain(heads.map(|&index| (index, Phase::End)))
            .filter_map(move |(index, phase)| self.wait(rank, index, phase))
    }

    fn wait(&self, rank: usize, index: OpIndex, phase: Phase) -> Option<Wait> {
        let rank_id = Rank(rank as u32);
        let op = self.graph.program.ranks[rank].ops.get(index.index())?;
        let end = Event { op: self.graph.global(rank_id, index), phase };
        if let Some((semaphore, value)) = op.count() {
            return Some(Wait { rank, end, name: Name::Semaphore(rank_id, semaphore), value });
        }
        let has_begun = || self.has_happened(Event { phase: Phase::Start, ..end });
        if let Op::Queue(QueueOp::EventWait { event, value }) = *op
            && phase == Phase::End
            && has_begun()
        {
            return Some(Wait { rank, end, name: Name::Shared(event), value });
        }
        None
    }

    fn is_met(&self, wait: &Wait) -> bool {
        match wait.name {
            Name::Semaphore(rank, semaphore) => {
                self.semaphores.value((rank, semaphore)) >= u64::from(wait.value)
            }
            Name::Shared(event) => self.shared.value(event) >= wait.value,
        }
    }

    /// Signals that have not been visited and may come before a wait is over.
    fn others(&self, wait: &Wait) -> Others {
        let has_more = match wait.name {
            Name::Semaphore(rank, semaphore) => self.semaphores.has_more((rank, semaphore)),
            Name::Shared(event) => self.shared.has_more(event, wait.value),
        };
        if has_more { lookahead::others(self, wait.end, wait.name) } else { Others::Nothing }
    }
}
