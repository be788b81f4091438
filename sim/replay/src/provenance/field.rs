//! The ways of the elements of a value while a walk collects them. Most values are reached through functions alone, and
//! then whole or in few pieces: these are kept as ranges, and an entry for each element is made where ways are counted.

use super::reach::Reach;
use super::ways::Ways;

/// Ranges that are kept, above which each element has an entry.
const MOST_RANGES: usize = 256;

#[derive(Clone, Debug)]
pub struct Field {
    n: u64,
    /// What is reached through functions alone: ascending ranges that do not meet. Empty once there are entries.
    ranges: Vec<(u64, u64)>,
    /// By element, as [`Ways::bits`]; a zero is nothing, so that memory which nothing reaches is not touched.
    each: Vec<u64>,
    /// First and end of what is reached.
    first: u64,
    end: u64,
}

impl Field {
    pub fn new(n: u64) -> Field {
        Field { n, ranges: Vec::new(), each: Vec::new(), first: n, end: 0 }
    }

    pub fn len(&self) -> u64 {
        self.n
    }

    /// Adds ways to the elements of a range.
    pub fn add(&mut self, first: u64, end: u64, ways: Ways) {
        let end = end.min(self.n);
        if first >= end || !ways.reaches() {
            return;
        }
        (self.first, self.end) = (self.first.min(first), self.end.max(end));
        if self.each.is_empty() {
            if ways == Ways::FUNCTION && self.ranges.len() < MOST_RANGES {
                return self.join(first, end);
            }
            self.spread();
        }
        for bits in &mut self.each[first as usize..end as usize] {
            let mut known = Ways::of_bits(*bits);
            known.add(ways);
            *bits = known.bits();
        }
    }

    fn join(&mut self, first: u64, end: u64) {
        if let Some(last) = self.ranges.last_mut()
            && last.0 <= first
        {
            // Elements come in ascending order, nearly always.
            if first <= last.1 {
                last.1 = last.1.max(end);
            } else {
                self.ranges.push((first, end));
            }
            return;
        }
        let from = self.ranges.partition_point(|range| range.1 < first);
        let to = self.ranges.partition_point(|range| range.0 <= end);
        let met = self.ranges[from..to].iter().copied();
        let joined = met.fold((first, end), |all, range| (all.0.min(range.0), all.1.max(range.1)));
        self.ranges.splice(from..to, [joined]);
    }

    /// Makes an entry for each element.
    fn spread(&mut self) {
        self.each = vec![0; self.n as usize];
        for (first, end) in std::mem::take(&mut self.ranges) {
            self.each[first as usize..end as usize].fill(Ways::FUNCTION.bits());
        }
    }

    /// Whether all elements are reached, and through functions alone.
    pub fn is_all_function(&self) -> bool {
        match &self.ranges[..] {
            _ if !self.each.is_empty() => self.each.iter().all(|bits| *bits == Ways::FUNCTION.bits()),
            [(0, end)] => *end == self.n,
            _ => false,
        }
    }

    /// The ways of all elements.
    pub fn all(&self) -> Vec<Ways> {
        if !self.each.is_empty() {
            return self.each.iter().map(|bits| Ways::of_bits(*bits)).collect();
        }
        let mut all = vec![Ways::NONE; self.n as usize];
        for &(first, end) in &self.ranges {
            all[first as usize..end as usize].fill(Ways::FUNCTION);
        }
        all
    }

    /// The part that is reached, in whole rows of a length.
    pub fn reach(&self, row: u64) -> Reach {
        let mut reach = Reach::of_rows(self.n, row, self.first, self.end);
        for at in self.first..self.end {
            reach.add(at, self.at(at));
        }
        reach
    }

    fn at(&self, at: u64) -> Ways {
        match self.each.get(at as usize) {
            Some(bits) => Ways::of_bits(*bits),
            None => {
                let range = self.ranges.get(self.ranges.partition_point(|range| range.1 <= at));
                range.filter(|range| range.0 <= at).map_or(Ways::NONE, |_| Ways::FUNCTION)
            }
        }
    }

    /// First and end of what is reached; `None` of nothing.
    pub fn bounds(&self) -> Option<(u64, u64)> {
        (self.first < self.end).then_some((self.first, self.end))
    }

    /// Visits the ways of elements `first..end` that are reached, ascending, in ranges of equal ways.
    pub fn for_each(&self, first: u64, end: u64, mut visit: impl FnMut(u64, u64, Ways)) {
        if self.each.is_empty() {
            let from = self.ranges.partition_point(|range| range.1 <= first);
            for range in self.ranges[from..].iter().take_while(|range| range.0 < end) {
                visit(range.0.max(first), range.1.min(end), Ways::FUNCTION);
            }
            return;
        }
        for at in first.max(self.first)..end.min(self.end) {
            let ways = Ways::of_bits(self.each[at as usize]);
            if ways.reaches() {
                visit(at, at + 1, ways);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each change is made to a field and to a plain list.
    #[test]
    fn ranges_and_entries_are_the_ways_of_every_element() {
        let mut random = machine::Random::seeded(3);
        for case in 0..200 {
            let n = 1 + random.below(60);
            let (mut field, mut plain) = (Field::new(n), vec![Ways::NONE; n as usize]);
            // Some fields are reached through functions alone.
            let kinds = 1 + case % 2;
            for _ in 0..random.below(20) {
                let (first, length) = (random.below(n), 1 + random.below(9));
                let ways = [Ways::FUNCTION, Ways::ONCE][random.below(kinds) as usize];
                field.add(first, first + length, ways);
                let end = (first + length).min(n);
                plain[first as usize..end as usize].iter_mut().for_each(|known| known.add(ways));
            }
            assert_eq!(field.all(), plain);
            assert_eq!(field.is_all_function(), plain.iter().all(|ways| *ways == Ways::FUNCTION));
            let mut visited = vec![Ways::NONE; n as usize];
            field.for_each(0, n, |first, end, ways| visited[first as usize..end as usize].fill(ways));
            assert_eq!(visited, plain);
            let reach = field.reach(1);
            assert!((0..n).all(|at| reach.at(at) == plain[at as usize]));
            let reached = |at: &u64| plain[*at as usize].reaches();
            let bounds = (0..n).find(reached).zip((0..n).rev().find(reached)).map(|(a, b)| (a, b + 1));
            assert_eq!(field.bounds(), bounds);
        }
    }
}
