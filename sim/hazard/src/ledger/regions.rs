//! Conversion between bytes and elements: the keys of each range of a base.

use order::RegionMap;
use program::view::MAX_DIMS;
use program::{Dims, View};

use super::keys::Keys;
use super::runs::Runs;

/// Keys of the bytes of a base, as `(start, end, keys)`: ascending and disjoint. All other bytes hold none.
#[derive(Clone, Debug, Default)]
pub struct Regions(Vec<(u64, u64, Keys)>);

impl Regions {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn push(&mut self, start: u64, end: u64, keys: Keys) {
        match self.0.last_mut() {
            Some((_, last, held)) if *last == start && *held == keys => *last = end,
            Some(_) | None => self.0.push((start, end, keys)),
        }
    }

    /// What the elements of `view` hold. An element whose bytes differ may be any of them.
    ///
    /// This costs as many steps as the view has rows, but mostly all of a view holds the same.
    pub fn read(&self, view: &View) -> Runs {
        match &self.0[..] {
            [] => return Runs::of(view.elements(), Keys::default()),
            [(start, end, keys)] if *start <= view.offset && view.end() <= *end => {
                return Runs::of(view.elements(), keys.clone());
            }
            [..] => {}
        }
        let mut bytes = Runs::default();
        each_row(view, |start, end| self.append(start, end, &mut bytes));
        bytes.grouped(view.dtype.size(), Keys::apart)
    }

    fn append(&self, start: u64, end: u64, bytes: &mut Runs) {
        let mut at = start;
        let first = self.0.partition_point(|(_, end, _)| *end <= start);
        for (from, to, keys) in self.0[first..].iter().take_while(|(from, ..)| *from < end) {
            let (from, to) = ((*from).max(start), (*to).min(end));
            bytes.push(from - at, Keys::default());
            bytes.push(to - from, keys.clone());
            at = to;
        }
        bytes.push(end - at, Keys::default());
    }
}

/// The bytes of a base after elements that hold `runs` were written to `view` of it. Bytes between the rows of
/// the view may hold something too; they are not attributed to the writer.
pub fn written(view: &View, runs: &Runs) -> RegionMap<Keys> {
    let mut map = RegionMap::default();
    let mut pieces = runs.iter().map(|(n, keys)| (n * view.dtype.size(), keys.clone()));
    let (mut left, mut keys) = pieces.next().unwrap_or_default();
    if left == view.bytes() {
        if !keys.is_empty() {
            map.insert(view.offset, view.end(), keys);
        }
        return map;
    }
    each_row(view, |mut start, end| {
        while start < end {
            if left == 0 {
                (left, keys) = pieces.next().expect("as many elements as the view has");
            }
            let length = left.min(end - start);
            if !keys.is_empty() {
                map.insert(start, start + length, keys.clone());
            }
            (start, left) = (start + length, left - length);
        }
    });
    map
}

/// `view` repeated to `shape`: an extent of 1 and a missing leading axis have stride 0 there.
pub fn broadcast(view: &View, shape: Dims) -> View {
    let missing = shape.len() - view.shape.len();
    let mut strides = [0; MAX_DIMS];
    for axis in (0..view.shape.len()).filter(|&axis| view.shape[axis] != 1) {
        strides[missing + axis] = view.strides[axis];
    }
    View { shape, strides: Dims::new(&strides[..shape.len()]), ..*view }
}

/// `view` with `axis` as the last one.
pub fn with_last(view: &View, axis: usize) -> View {
    let order = |dims: Dims| {
        let mut list = dims.to_vec();
        let moved = list.remove(axis);
        list.push(moved);
        Dims::new(&list)
    };
    View { shape: order(view.shape), strides: order(view.strides), ..*view }
}

/// Visits the byte ranges of a view in the order of its elements, broadcast ones as often as they are repeated.
fn each_row(view: &View, mut visit: impl FnMut(u64, u64)) {
    if view.elements() == 0 {
        return;
    }
    let size = view.dtype.size();
    let (mut run, mut outer) = (1, view.shape.len());
    while outer > 0 && (view.shape[outer - 1] == 1 || u64::from(view.strides[outer - 1]) == run) {
        run *= u64::from(view.shape[outer - 1]);
        outer -= 1;
    }
    let mut index = [0; MAX_DIMS];
    loop {
        let first: u64 = (0..outer).map(|axis| u64::from(index[axis]) * u64::from(view.strides[axis])).sum();
        visit(view.offset + first * size, view.offset + (first + run) * size);
        let Some(axis) = (0..outer).rev().find(|&axis| index[axis] + 1 < view.shape[axis]) else { return };
        index[axis] += 1;
        index[axis + 1..outer].fill(0);
    }
}
