//! A repair, found by trying.

use order::Holds;
use program::Program;

use super::candidates::{candidates, is_leak};
use super::edit::Edit;
use super::graph::Graph;
use crate::progress::Stop;

/// A repair is at most so many changes: more of them are another program.
const MOST_EDITS: usize = 4;

/// Where a program has stopped, and the holds with which it ran.
pub(crate) struct Stuck {
    pub stop: Stop,
    pub holds: Holds,
}

/// What the verifier says of a changed program.
pub(crate) enum Looked {
    /// It may run, and finishes.
    Accepted,
    /// It stops; or has another fault beside that a repair may mend, and stops.
    Stuck(Stuck),
    Refused,
}

/// What came of trying.
pub(crate) struct Repaired {
    /// With all of these, one after the other, the program finishes. Empty when nothing was found.
    pub edits: Vec<Edit>,
    pub words: String,
    /// There were no more ops to spend.
    pub gave_up: bool,
}

/// Tries changes until one lets the program finish. Where none does alone, the one with which most ops get done
/// stays, and the search goes on from there. `ops_left` bounds the ops of all programs that are looked at.
pub(crate) fn repaired(
    program: &Program,
    stuck: &Stuck,
    ops_left: usize,
    look: &dyn Fn(&Program) -> Looked,
) -> Repaired {
    let mut search = Search { ops_left, look, gave_up: false };
    let (mut edits, mut words) = (Vec::new(), Vec::new());
    let mut best = search.best(program, stuck);
    let mut before = program.clone();
    while let Some(tried) = best.take() {
        words.push(tried.edit.words(&before));
        edits.push(tried.edit);
        let Some(stuck) = tried.stuck else {
            return Repaired { edits, words: words.join("; then "), gave_up: false };
        };
        if edits.len() < MOST_EDITS {
            best = search.best(&tried.program, &stuck);
            before = tried.program;
        }
    }
    Repaired { edits: Vec::new(), words: String::new(), gave_up: search.gave_up }
}

/// Whether what stops the program is that messages are never released.
pub(crate) fn leaks(program: &Program, stuck: &Stuck) -> bool {
    let graph = Graph::of(program, &stuck.holds, &stuck.stop);
    is_leak(&graph, &graph.chain())
}

struct Search<'a> {
    ops_left: usize,
    look: &'a dyn Fn(&Program) -> Looked,
    gave_up: bool,
}

/// A change that helps.
struct Tried {
    edit: Edit,
    program: Program,
    /// `None` when the program now finishes.
    stuck: Option<Stuck>,
}

impl Search<'_> {
    /// The first change that lets the program finish, or else the first of those with which most ops get done.
    fn best(&mut self, program: &Program, stuck: &Stuck) -> Option<Tried> {
        let graph = Graph::of(program, &stuck.holds, &stuck.stop);
        let mut best = None;
        let mut most_left = not_done(&stuck.stop);
        for edit in candidates(&graph, &graph.chain()) {
            let program = edit.apply(program);
            let Some(ops_left) = self.ops_left.checked_sub(program.n_ops()) else {
                self.gave_up = true;
                return best;
            };
            self.ops_left = ops_left;
            match (self.look)(&program) {
                Looked::Accepted => return Some(Tried { edit, program, stuck: None }),
                Looked::Stuck(stuck) if not_done(&stuck.stop) < most_left => {
                    most_left = not_done(&stuck.stop);
                    best = Some(Tried { edit, program, stuck: Some(stuck) });
                }
                Looked::Stuck(_) | Looked::Refused => {}
            }
        }
        best
    }
}

fn not_done(stop: &Stop) -> usize {
    stop.done.iter().filter(|&&done| !done).count()
}
