//! Barriers of some ranks: a row, a column, a list.

use std::panic::Location;

use crate::op::{Op, SyncOp};
use crate::program::Rank;
use crate::tl::order::Semaphore;
use crate::tl::recorder::Tl;

/// Ranks that meet at barriers of their own, as one of them sees it.
#[derive(Clone, Debug)]
pub struct Team {
    semaphore: Semaphore,
    /// All but this rank, ascending.
    others: Vec<u32>,
    /// Barriers so far.
    met: u32,
}

impl Tl {
    /// This rank and others that meet. It takes the next semaphore, so that every rank declares its teams in the same
    /// order; those of different ranks may be different, as are the rows of a grid.
    #[track_caller]
    pub fn team(&mut self, ranks: &[u32]) -> Team {
        let (rank, ranks_of_all) = (self.rank(), self.num_ranks());
        if !ranks.contains(&rank) || ranks.iter().any(|&other| other >= ranks_of_all) {
            let message = format!("a team of the ranks {ranks:?}, on rank {rank} of {ranks_of_all}");
            self.fail(Location::caller(), message, "name ranks of the program, this one among them");
        }
        let mut others: Vec<u32> = ranks.iter().copied().filter(|&other| other != rank).collect();
        others.sort_unstable();
        others.dedup();
        Team { semaphore: self.semaphore(), others, met: 0 }
    }
    /// Holds until every rank of the team is at its barrier of the same number. As with [`Tl::barrier`], ops that are not
    /// waited for may still be under way.
    #[track_caller]
    pub fn meet(&mut self, team: &mut Team) {
        let at = Location::caller();
        team.met += 1;
        let semaphore = team.semaphore.0;
        for &other in &team.others {
            let (to, after) = (Rank(other), Box::default());
            self.push(Op::Sync(SyncOp::Signal { semaphore, to, amount: 1, after }), at);
        }
        let value = (team.others.len() as u32).saturating_mul(team.met);
        if value > 0 {
            self.push(Op::Sync(SyncOp::WaitGe { semaphore, value }), at);
        }
    }
}
