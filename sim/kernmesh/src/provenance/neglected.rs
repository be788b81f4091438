//! Boxes that a wrong element shares with a right one, where boxes of their shape reach no output: it may take the former
//! in place of the latter.

use std::collections::{BTreeMap, BTreeSet};

use oplog::provenance::{Difference, Ranges, Region};
use replay::provenance::compare;

use super::asking::lengths;
use super::causes::shifted;

/// Of each input the boxes that are shared, and beside them those of their shape that reach no output and lie as far
/// away, all in the same direction. Nothing of an input where no such move has all of them, or more than one does.
pub(super) fn neglected(shared: &[Region], unused: &[Region]) -> Vec<Difference> {
    // Those of one input lie together.
    let inputs = unused.chunk_by(is_of).map(|of| &of[0]);
    inputs.filter_map(|first| of_input(first, shared, unused)).flatten().collect()
}

fn is_of(it: &Region, other: &Region) -> bool {
    it.input == other.input
}

fn of_input(first: &Region, shared: &[Region], unused: &[Region]) -> Option<Vec<Difference>> {
    let taken: BTreeMap<&Ranges, &Region> =
        shared.iter().filter(|it| is_of(it, first)).map(|it| (&it.ranges, it)).collect();
    let shapes: BTreeSet<Ranges> = taken.keys().map(|ranges| lengths(ranges)).collect();
    let of_shape = |it: &&Region| is_of(it, first) && shapes.contains(&lengths(&it.ranges));
    let unused: Vec<&Region> = unused.iter().filter(of_shape).collect();
    let first = unused.first()?;
    // Nearly every move fails at its first box.
    let pairs = |by: &[i64]| -> Option<Vec<Difference>> {
        let pair = |unused: &&Region| {
            let taken = (*taken.get(&shifted(&unused.ranges, by)?)?).clone();
            Some(Difference::Neglected { taken, unused: (*unused).clone() })
        };
        unused.iter().map(pair).collect()
    };
    let mut all = taken.keys().filter_map(|ranges| moved(&first.ranges, ranges)).filter_map(|by| pairs(&by));
    let (only, None) = (all.next()?, all.next()) else { return None };
    Some(only)
}

/// How far a box of the same shape is from another, along each axis.
fn moved(from: &Ranges, to: &Ranges) -> Option<Vec<i64>> {
    let by = |(from, to): (&[u64; 2], &[u64; 2])| to[0] as i64 - from[0] as i64;
    compare::is_moved(from, to).then(|| from.iter().zip(to).map(by).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(input: &str, ranges: &[[u64; 2]]) -> Region {
        Region { input: input.to_owned(), ranges: ranges.to_vec(), ranks: vec![0] }
    }

    /// Of the input `k`, boxes as head and keys.
    fn check(shared: &[[[u64; 2]; 2]], unused: &[[[u64; 2]; 2]], pairs: &[(usize, usize)]) {
        let of_k = |all: &[[[u64; 2]; 2]]| all.iter().map(|it| region("k", it)).collect::<Vec<_>>();
        let (shared, unused) = (of_k(shared), of_k(unused));
        let pair = |&(taken, other): &(usize, usize)| Difference::Neglected {
            taken: shared[taken].clone(),
            unused: unused[other].clone(),
        };
        assert_eq!(neglected(&shared, &unused), pairs.iter().map(pair).collect::<Vec<_>>());
    }

    #[test]
    fn boxes_are_paired_by_one_move_of_all_that_is_unused() {
        let head = |head: u64, keys: [u64; 2]| [[head, head + 1], keys];
        check(&[head(0, [0, 9])], &[head(1, [0, 9])], &[(0, 0)]);
        // Chunks of three ranks, each in place of the same keys of the other head.
        let (own, other) = ([[0, 4], [7, 11], [13, 17]].map(|keys| head(0, keys)), |keys| head(1, keys));
        check(&own, &[other([0, 4]), other([7, 11]), other([13, 17])], &[(0, 0), (1, 1), (2, 2)]);
        check(&own, &[other([0, 4]), other([8, 12])], &[]);
        check(&own, &[head(1, [0, 5])], &[]);
        // Either of two is as likely.
        check(&own, &[head(0, [20, 24])], &[]);
        check(&[], &[head(1, [0, 9])], &[]);
        // Padding is of another shape.
        check(&[head(0, [0, 9])], &[head(0, [9, 12]), head(1, [0, 9]), head(1, [9, 12])], &[(0, 1)]);
    }

    #[test]
    fn inputs_are_paired_each_for_itself() {
        let (k, v) = (|at| region("k", &[[at, at + 1]]), |at| region("v", &[[at, at + 1]]));
        let pair = |taken, unused| Difference::Neglected { taken, unused };
        assert_eq!(neglected(&[k(0), v(3)], &[k(1), v(2)]), [pair(k(0), k(1)), pair(v(3), v(2))]);
        assert_eq!(neglected(&[k(0)], &[v(1)]), []);
    }
}
