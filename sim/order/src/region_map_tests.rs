use crate::samples::Random;

use super::*;

const BYTES: u64 = 40;

/// The map, byte by byte.
fn by_byte(map: &RegionMap<u64>, start: u64, end: u64) -> Vec<(u64, u64)> {
    map.overlapping(start, end).flat_map(|(s, e, &value)| (s..e).map(move |byte| (byte, value))).collect()
}

#[test]
fn a_region_map_is_an_array_of_bytes() {
    let mut random = Random::seeded(2);
    for _ in 0..200 {
        let mut map = RegionMap::default();
        let mut model = [None; BYTES as usize];
        for value in 0..30 {
            let (a, b) = (random.below(BYTES + 1), random.below(BYTES + 1));
            let (start, end) = (a.min(b), a.max(b));
            let touched = &mut model[start as usize..end as usize];
            if random.below(2) == 0 {
                map.insert(start, end, value);
                touched.fill(Some(value));
            } else {
                map.update(start, end, || 100, |it| *it += 1);
                touched.iter_mut().for_each(|it| *it = Some(it.unwrap_or(100) + 1));
            }
            let (a, b) = (random.below(BYTES + 1), random.below(BYTES + 1));
            let (start, end) = (a.min(b), a.max(b));
            let expected: Vec<(u64, u64)> =
                (start..end).filter_map(|byte| model[byte as usize].map(|value| (byte, value))).collect();
            assert_eq!(by_byte(&map, start, end), expected, "{start}..{end} of {map:?}");
        }
    }
}

#[test]
fn an_empty_range_changes_nothing() {
    let mut map = RegionMap::default();
    map.insert(0, 10, 1);
    map.insert(5, 5, 2);
    map.update(7, 7, || 3, |_| unreachable!("nothing to visit"));
    assert_eq!(map.overlapping(0, 20).collect::<Vec<_>>(), [(0, 10, &1)]);
    assert_eq!(map.overlapping(3, 3).count(), 0);
}
