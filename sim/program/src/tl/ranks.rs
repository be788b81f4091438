//! The ranks of a recording, one after the other.

use std::sync::Arc;

use crate::program::{Program, RankProgram};
use crate::tl::error::RecordError;
use crate::tl::recorder::{Context, Files, Tl};

/// Ranks that are recorded in the order of their numbers: [`Ranks::next_rank`] gives the recorder of one, and
/// [`Ranks::done`] takes it back.
#[derive(Debug)]
pub struct Ranks {
    context: Arc<Context>,
    ranks: Vec<RankProgram>,
    files: Files,
}

impl Ranks {
    pub(super) fn new(context: Context) -> Ranks {
        Ranks { context: Arc::new(context), ranks: Vec::new(), files: Files::default() }
    }

    /// The recorder of the next rank; `None` when all are done.
    pub fn next_rank(&mut self) -> Option<Tl> {
        let rank = self.ranks.len() as u32;
        if rank >= self.context.n_ranks {
            return None;
        }
        Some(Tl::new(Arc::clone(&self.context), rank, std::mem::take(&mut self.files)))
    }
    /// Takes a rank that is recorded.
    ///
    /// # Errors
    /// Its first mistake.
    pub fn done(&mut self, tl: Tl) -> Result<(), RecordError> {
        let (program, files) = tl.finish()?;
        self.ranks.push(program);
        self.files = files;
        Ok(())
    }
    /// The program of the ranks that are done.
    pub fn finish(self) -> Program {
        let program = Arc::unwrap_or_clone(self.context).program;
        Program { ranks: self.ranks, files: self.files.names(), ..program }
    }
}

#[cfg(test)]
#[path = "ranks_tests.rs"]
mod tests;
