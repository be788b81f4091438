//! Slices of one track nest or follow each other. What overlaps gets a lane of its own.

use std::collections::BTreeSet;

use machine::SimTime;

/// By interval, in the order of their begins: its lane. Each takes the first that is free.
pub fn lanes(intervals: impl IntoIterator<Item = (SimTime, SimTime)>) -> Vec<usize> {
    let (mut n, mut free, mut taken) = (0, BTreeSet::new(), BTreeSet::new());
    let mut lane = |(begin, end)| {
        while let Some(&(until, lane)) = taken.first().filter(|&&(until, _)| until <= begin) {
            taken.remove(&(until, lane));
            free.insert(lane);
        }
        let lane = free.pop_first().unwrap_or_else(|| {
            n += 1;
            n - 1
        });
        taken.insert((end, lane));
        lane
    };
    intervals.into_iter().map(&mut lane).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_lies_in_lanes_of_its_own() {
        for (intervals, expected) in [
            (&[(0, 2), (2, 4), (4, 4), (4, 9)][..], &[0, 0, 0, 0][..]),
            (&[(0, 9), (1, 3), (2, 3), (3, 4), (3, 3), (9, 10)], &[0, 1, 2, 1, 2, 0]),
            (&[], &[]),
        ] {
            let times = intervals.iter().map(|&(a, b)| (SimTime::from_fs(a), SimTime::from_fs(b)));
            assert_eq!(lanes(times), expected, "{intervals:?}");
        }
    }
}
