//! Map from byte ranges to values. A write splits the ranges it overlaps; a range that was never written has no value.

use std::collections::BTreeMap;

/// Disjoint half-open byte ranges, each with a value, in address order.
#[derive(Clone, Debug)]
pub struct RegionMap<T> {
    /// Start to (end, value).
    ranges: BTreeMap<u64, (u64, T)>,
}

impl<T> Default for RegionMap<T> {
    fn default() -> Self {
        RegionMap { ranges: BTreeMap::new() }
    }
}

impl<T: Clone> RegionMap<T> {
    /// Gives all of `start..end` the value; what was there is cut away.
    pub fn insert(&mut self, start: u64, end: u64, value: T) {
        if start >= end {
            return;
        }
        if let Some(whole) = self.whole(start, end) {
            *whole = value;
            return;
        }
        self.split(start);
        self.split(end);
        let covered: Vec<u64> = self.ranges.range(start..end).map(|(&s, _)| s).collect();
        for s in covered {
            self.ranges.remove(&s);
        }
        self.ranges.insert(start, (end, value));
    }

    /// As [`RegionMap::insert`], and first visits the parts that have a value.
    pub fn replace(&mut self, start: u64, end: u64, value: T, mut visit: impl FnMut(&T)) {
        if let Some(whole) = self.whole(start, end) {
            visit(whole);
            *whole = value;
            return;
        }
        self.overlapping(start, end).for_each(|(_, _, old)| visit(old));
        self.insert(start, end, value);
    }

    /// The value of a range with exactly these ends: what most accesses touch. One search finds it.
    fn whole(&mut self, start: u64, end: u64) -> Option<&mut T> {
        self.ranges.get_mut(&start).filter(|(range_end, _)| *range_end == end).map(|(_, value)| value)
    }

    /// The parts of `start..end` that have a value, clipped to it, in address order.
    pub fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64, &T)> {
        let first = self.ranges.range(..=start).next_back().filter(|(_, (e, _))| *e > start).map(|(&s, _)| s);
        self.ranges
            .range(first.unwrap_or(start)..end.max(first.unwrap_or(start)))
            .map(move |(&s, (e, value))| (s.max(start), (*e).min(end), value))
            .filter(|(s, e, _)| s < e)
    }

    /// Visits every part of `start..end`, so that its value can be changed in place; parts without a value
    /// are first given `fresh()`.
    pub fn update(&mut self, start: u64, end: u64, fresh: impl Fn() -> T, mut change: impl FnMut(&mut T)) {
        self.update_parts(start, end, fresh, |_, _, value| change(value));
    }

    /// As [`RegionMap::update`], with the range of each part.
    pub fn update_parts(
        &mut self,
        start: u64,
        end: u64,
        fresh: impl Fn() -> T,
        mut change: impl FnMut(u64, u64, &mut T),
    ) {
        if start >= end {
            return;
        }
        if let Some(whole) = self.whole(start, end) {
            return change(start, end, whole);
        }
        self.split(start);
        self.split(end);
        let mut at = start;
        let mut gaps = Vec::new();
        for (&s, (e, value)) in self.ranges.range_mut(start..end) {
            if at < s {
                gaps.push((at, s));
            }
            change(s, *e, value);
            at = *e;
        }
        if at < end {
            gaps.push((at, end));
        }
        for (s, e) in gaps {
            let mut value = fresh();
            change(s, e, &mut value);
            self.ranges.insert(s, (e, value));
        }
    }

    /// One past the last byte that has a value; 0 when none has.
    pub fn end(&self) -> u64 {
        self.ranges.last_key_value().map_or(0, |(_, (end, _))| *end)
    }

    /// Makes `at` a boundary between ranges.
    fn split(&mut self, at: u64) {
        let inside = self.ranges.range(..at).next_back().filter(|(_, (e, _))| *e > at);
        if let Some((&s, (e, value))) = inside {
            let (e, value) = (*e, value.clone());
            self.ranges.insert(at, (e, value.clone()));
            self.ranges.insert(s, (at, value));
        }
    }
}

#[cfg(test)]
#[path = "region_map_tests.rs"]
mod tests;
