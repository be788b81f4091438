//! Puts ops into a rank's program, and renumbers whatever names its ops.

use crate::op::{Op, OpIndex};
use crate::program::RankProgram;

impl RankProgram {
    /// The program with each new op right before the one of its number, in ascending order; the number after the last
    /// op is the end. New ops name others by their old numbers, and have the source line of the op that they
    /// precede.
    #[must_use]
    pub fn with_inserted(&self, new: &[(OpIndex, Op)]) -> RankProgram {
        assert!(new.is_sorted_by_key(|(at, _)| at), "new ops are in ascending order");
        let places = Places::of(self.ops.len(), new);
        let mut edited = RankProgram { ops: Vec::new(), sources: Vec::new(), ..self.clone() };
        let mut new = new.iter().peekable();
        for at in 0..=self.ops.len() {
            let source = self.sources.get(at).or(self.sources.last());
            let before = std::iter::from_fn(|| new.next_if(|(before, _)| before.index() == at));
            for op in before.map(|(_, op)| op).chain(self.ops.get(at)) {
                edited.ops.push(places.renumbered(op));
                edited.sources.extend(source);
            }
        }
        for span in &mut edited.spans {
            (span.first, span.end) = (places.firsts[span.first.index()], places.firsts[span.end.index()]);
        }
        edited
    }
}

/// Where each op comes to lie.
struct Places {
    ops: Vec<OpIndex>,
    /// Of what is put in before it, if anything is; and where the program ends.
    firsts: Vec<OpIndex>,
}

impl Places {
    fn of(n_ops: usize, new: &[(OpIndex, Op)]) -> Places {
        let (mut ops, mut firsts) = (Vec::with_capacity(n_ops), Vec::with_capacity(n_ops + 1));
        let (mut next, mut new) = (0, new.iter().peekable());
        for at in 0..=n_ops {
            firsts.push(OpIndex(next));
            while new.next_if(|(before, _)| before.index() == at).is_some() {
                next += 1;
            }
            ops.push(OpIndex(next));
            next += 1;
        }
        Places { ops, firsts }
    }

    fn renumbered(&self, op: &Op) -> Op {
        let mut op = op.clone();
        for named in op.named_ops_mut() {
            *named = self.ops[named.index()];
        }
        op
    }
}
