//! A repair, found by trying.

use diagnostic::{Change, Patch};
use order::Dependencies;
use program::Program;

use super::candidates::{candidates, is_leak};
use super::graph::Graph;
use crate::progress::Stop;

/// A repair is at most so many changes: more of them are another program.
const MOST_CHANGES: usize = 4;

/// Where a program has stopped, and the holds with which it ran.
pub(crate) struct Stuck {
    pub stop: Stop,
    pub dependencies: Dependencies,
}

/// What the verifier says of a changed program.
pub(crate) enum Looked {
    /// It may run, and finishes.
    Accepted,
    /// It stops; or has another fault beside that a repair may mend, and stops.
    Stuck(Stuck),
    /// It finishes, and some of its accesses are not ordered.
    Races,
    /// It finishes, and is too large to say whether its accesses are ordered.
    TooLarge,
    Refused,
}

/// What came of trying.
pub(crate) struct Repaired {
    /// With all of these, one after the other, the program finishes. Empty when nothing was found.
    pub changes: Vec<Change>,
    /// The same, each a patch of what the one before has made.
    pub patches: Vec<Patch>,
    /// There were no more ops to spend.
    pub gave_up: bool,
    /// A change lets the program finish, and leaves a race.
    pub races: bool,
}

/// Tries changes until one lets the program finish. Where none does alone, the one with which most ops get done
/// stays, and the search goes on from there. `ops_left` bounds the ops of all programs that are looked at.
pub(crate) fn repaired(
    program: &Program,
    stuck: &Stuck,
    ops_left: usize,
    look: &dyn Fn(&Program) -> Looked,
) -> Repaired {
    let mut search = Search { ops_left, look, gave_up: false, races: false };
    let (mut changes, mut patches) = (Vec::new(), Vec::new());
    let mut best = search.best(program, stuck);
    while let Some(tried) = best.take() {
        changes.push(tried.change);
        patches.push(tried.patch);
        let Some(stuck) = tried.stuck else {
            return Repaired { changes, patches, gave_up: false, races: false };
        };
        if changes.len() < MOST_CHANGES {
            best = search.best(&tried.program, &stuck);
        }
    }
    Repaired { changes: Vec::new(), patches: Vec::new(), gave_up: search.gave_up, races: search.races }
}

/// Whether what stops the program is that messages are never released.
pub(crate) fn leaks(program: &Program, stuck: &Stuck) -> bool {
    let graph = Graph::of(program, &stuck.dependencies, &stuck.stop);
    is_leak(&graph, &graph.chain())
}

struct Search<'a> {
    ops_left: usize,
    look: &'a dyn Fn(&Program) -> Looked,
    gave_up: bool,
    races: bool,
}

/// A change that helps.
struct Tried {
    change: Change,
    patch: Patch,
    program: Program,
    /// `None` when the program now finishes.
    stuck: Option<Stuck>,
}

impl Search<'_> {
    /// The first change that lets the program finish, or else the first of those with which most ops get done.
    fn best(&mut self, program: &Program, stuck: &Stuck) -> Option<Tried> {
        let graph = Graph::of(program, &stuck.dependencies, &stuck.stop);
        let mut best = None;
        let mut most_left = not_done(&stuck.stop);
        for change in candidates(&graph, &graph.chain()) {
            let patch = change.patch(program);
            let program = patch.apply(program);
            let Some(ops_left) = self.ops_left.checked_sub(program.n_ops()) else {
                self.gave_up = true;
                return best;
            };
            self.ops_left = ops_left;
            match (self.look)(&program) {
                Looked::Accepted => return Some(Tried { change, patch, program, stuck: None }),
                Looked::Stuck(stuck) if not_done(&stuck.stop) < most_left => {
                    most_left = not_done(&stuck.stop);
                    best = Some(Tried { change, patch, program, stuck: Some(stuck) });
                }
                Looked::Races => self.races = true,
                Looked::TooLarge => self.gave_up = true,
                Looked::Stuck(_) | Looked::Refused => {}
            }
        }
        best
    }
}

fn not_done(stop: &Stop) -> usize {
    stop.done.iter().filter(|&&done| !done).count()
}
