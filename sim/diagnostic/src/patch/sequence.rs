//! Two patches, one after the other, as one.

use program::{Op, OpIndex, Program, Rank, RankProgram};

use super::{Patch, Step};

/// An op of a patched rank.
enum Piece {
    /// Of the program before the patch.
    Old(OpIndex),
    /// Inserted by the patch.
    New(Op),
}

impl Patch {
    /// This patch of `program`, then another of what it makes. `None` when no single patch does the same: ops were
    /// moved, or an inserted op is named by another one.
    #[must_use]
    pub fn then(&self, later: &Patch, program: &Program) -> Option<Patch> {
        if self.steps.is_empty() {
            return Some(later.clone());
        }
        let moves = |patch: &Patch| patch.steps.iter().any(|step| matches!(step, Step::Move { .. }));
        if moves(self) || moves(later) {
            return None;
        }
        let all = self.steps.iter().chain(&later.steps);
        let mut steps: Vec<Step> = Vec::new();
        for setting in all.filter(|step| matches!(step, Step::Set(_))) {
            steps.retain(|earlier| earlier.place() != setting.place());
            steps.push(setting.clone());
        }
        for rank in (0..program.n_ranks()).map(Rank) {
            steps.extend(self.ops_then(later, rank, program.rank(rank).ops.len())?);
        }
        Some(Patch::of(steps))
    }

    /// By rank: what each op of the patched program was in `program`; `None` for a new one.
    pub fn origins(&self, program: &Program) -> Vec<Vec<Option<OpIndex>>> {
        let of_rank = |(rank, of_rank): (u32, &RankProgram)| {
            let n_ops = of_rank.ops.len();
            let moves = self.steps.iter().find_map(|step| match step {
                Step::Move { rank: of, ops, before } if of.0 == rank => Some((ops, *before)),
                Step::Move { .. } | Step::Insert { .. } | Step::Change { .. } | Step::Set(_) => None,
            });
            if let Some((moved, before)) = moves {
                let rest = (0..n_ops as u32).map(OpIndex).filter(|op| !moved.contains(op));
                let (mut order, later): (Vec<OpIndex>, Vec<OpIndex>) = rest.partition(|&op| op < before);
                order.extend(moved.iter().copied().chain(later));
                return order.into_iter().map(Some).collect();
            }
            self.pieces(Rank(rank), n_ops).iter().map(Piece::old).collect()
        };
        (0..).zip(&program.ranks).map(of_rank).collect()
    }

    fn ops_then(&self, later: &Patch, of: Rank, n_ops: usize) -> Option<Vec<Step>> {
        let mut steps: Vec<Step> =
            self.changes(of).map(|(index, op)| change(of, index, op.clone())).collect();
        let mut pieces = self.pieces(of, n_ops);
        // What the later patch calls an op, in the numbers of the program before both.
        let old: Vec<Option<OpIndex>> = pieces.iter().map(Piece::old).collect();
        for (index, op) in later.changes(of) {
            let op = renamed(op, &old)?;
            match &mut pieces[index.index()] {
                Piece::Old(index) => {
                    let place = change(of, *index, op);
                    steps.retain(|step| step.place() != place.place());
                    steps.push(place);
                }
                Piece::New(new) => *new = op,
            }
        }
        for (before, op) in later.insertions(of).rev() {
            pieces.insert(before.index(), Piece::New(renamed(op, &old)?));
        }
        let mut next = OpIndex(n_ops as u32);
        let mut inserted = Vec::new();
        for piece in pieces.into_iter().rev() {
            match piece {
                Piece::Old(index) => next = index,
                Piece::New(op) => inserted.push(Step::Insert { rank: of, before: next, op }),
            }
        }
        steps.extend(inserted.into_iter().rev());
        Some(steps)
    }

    /// The patched ops of a rank.
    fn pieces(&self, of: Rank, n_ops: usize) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = (0..n_ops as u32).map(|op| Piece::Old(OpIndex(op))).collect();
        for (before, op) in self.insertions(of).rev() {
            pieces.insert(before.index(), Piece::New(op.clone()));
        }
        pieces
    }

    fn insertions(&self, of: Rank) -> impl DoubleEndedIterator<Item = (OpIndex, &Op)> {
        self.steps.iter().filter_map(move |step| match step {
            Step::Insert { rank, before, op } if *rank == of => Some((*before, op)),
            Step::Insert { .. } | Step::Change { .. } | Step::Move { .. } | Step::Set(_) => None,
        })
    }

    fn changes(&self, of: Rank) -> impl Iterator<Item = (OpIndex, &Op)> {
        self.steps.iter().filter_map(move |step| match step {
            Step::Change { rank, index, op } if *rank == of => Some((*index, op)),
            Step::Insert { .. } | Step::Change { .. } | Step::Move { .. } | Step::Set(_) => None,
        })
    }
}

impl Piece {
    fn old(&self) -> Option<OpIndex> {
        match self {
            Piece::Old(index) => Some(*index),
            Piece::New(_) => None,
        }
    }
}

fn change(rank: Rank, index: OpIndex, op: Op) -> Step {
    Step::Change { rank, index, op }
}

/// The op with the ops that it names called what they were; `None` when one of them is new.
fn renamed(op: &Op, old: &[Option<OpIndex>]) -> Option<Op> {
    let mut op = op.clone();
    for named in op.named_ops_mut() {
        *named = old[named.index()]?;
    }
    Some(op)
}
