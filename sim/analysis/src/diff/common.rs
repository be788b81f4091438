//! The longest common subsequence of two lists of keys, in linear space: trimmed ends, then keys that occur once
//! in each list as anchors, then Myers' search from both ends (E. W. Myers, "An O(ND) Difference Algorithm and Its
//! Variations", 1986). A search that has gone far without meeting is cut where it got furthest, as git does, so
//! that lists with nothing in common cost little; the result is then common, but may not be the longest.

use std::cmp::Ordering;

/// Edits after which a search is cut.
const FAR: isize = 128;

/// Pairs of equal keys, ascending in both lists.
pub fn common(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut from, last) = ((0, 0), (a.len(), b.len()));
    for (at_a, at_b) in anchors(a, b).into_iter().chain([last]) {
        search(a, b, from, (at_a, at_b), &mut pairs);
        if (at_a, at_b) != last {
            pairs.push((at_a, at_b));
        }
        from = (at_a + 1, at_b + 1);
    }
    pairs
}

/// The longest run of pairs, ascending in both lists, of keys that are in each list once.
fn anchors(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let (a, b) = (once(a), once(b));
    let mut pairs = Vec::new();
    let (mut at_a, mut at_b) = (0, 0);
    while let (Some(of_a), Some(of_b)) = (a.get(at_a), b.get(at_b)) {
        match of_a.0.cmp(&of_b.0) {
            Ordering::Less => at_a += 1,
            Ordering::Greater => at_b += 1,
            Ordering::Equal => {
                pairs.push((of_a.1, of_b.1));
                (at_a, at_b) = (at_a + 1, at_b + 1);
            }
        }
    }
    pairs.sort_unstable();
    longest_rise(&pairs)
}

/// Keys that occur once, ascending, with their places.
fn once(keys: &[u64]) -> Vec<(u64, usize)> {
    let mut sorted: Vec<(u64, usize)> = keys.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|one, next| one.0 == next.0);
    runs.filter(|run| run.len() == 1).map(|run| run[0]).collect()
}

/// Of pairs that ascend in their first numbers, the most that ascend in their second too.
fn longest_rise(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // By length: the pair that a rise of that length ends with, the lowest there is.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].1 < pair.1);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        ends.truncate(ends.len().max(length + 1));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut rise = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        rise.push(pairs[at]);
        next = before[at];
    }
    rise.reverse();
    rise
}

/// What is left to do, the last first.
enum Left {
    /// From here to there.
    Between((usize, usize), (usize, usize)),
    /// Equal keys from here on, so many.
    Run((usize, usize), usize),
}

fn search(a: &[u64], b: &[u64], from: (usize, usize), to: (usize, usize), pairs: &mut Vec<(usize, usize)>) {
    let mut left = vec![Left::Between(from, to)];
    while let Some(next) = left.pop() {
        match next {
            Left::Run((x, y), n) => pairs.extend((0..n).map(|at| (x + at, y + at))),
            Left::Between(from, to) => {
                let (part_a, part_b) = (&a[from.0..to.0], &b[from.1..to.1]);
                let head = part_a.iter().zip(part_b).take_while(|(a, b)| a == b).count();
                let (part_a, part_b) = (&part_a[head..], &part_b[head..]);
                let tail = part_a.iter().rev().zip(part_b.iter().rev()).take_while(|(a, b)| a == b).count();
                let (part_a, part_b) = (&part_a[..part_a.len() - tail], &part_b[..part_b.len() - tail]);
                let (begin, end) = ((from.0 + head, from.1 + head), (to.0 - tail, to.1 - tail));
                left.push(Left::Run(end, tail));
                if let Some((x, y)) = Middle::of(part_a, part_b) {
                    let middle = (begin.0 + x, begin.1 + y);
                    left.push(Left::Between(middle, end));
                    left.push(Left::Between(begin, middle));
                }
                left.push(Left::Run(from, head));
            }
        }
    }
}

/// A search from both ends. By diagonal: how far each has come in `a`.
struct Middle<'k> {
    a: &'k [u64],
    b: &'k [u64],
    forward: Vec<isize>,
    backward: Vec<isize>,
    /// Place of diagonal 0.
    zero: isize,
}

impl Middle<'_> {
    /// A point where a shortest way from one end to the other may be cut in two; `None` when either list is empty.
    fn of(a: &[u64], b: &[u64]) -> Option<(usize, usize)> {
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let most = FAR.min((a.len() + b.len()).div_ceil(2) as isize);
        let diagonals = vec![0; 2 * most as usize + 3];
        let mut middle = Middle { a, b, forward: diagonals.clone(), backward: diagonals, zero: most + 1 };
        let met = (0..=most).find_map(|edits| middle.step(edits));
        let (x, y) = met.unwrap_or_else(|| middle.furthest(most));
        let inside = (x, y) != (0, 0) && (x, y) != (a.len() as isize, b.len() as isize);
        let point = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (inside && point.0 <= a.len() && point.1 <= b.len()).then_some(point)
    }

    /// One more edit from each end; where the two have met.
    fn step(&mut self, edits: isize) -> Option<(isize, isize)> {
        let (n, m) = (self.a.len() as isize, self.b.len() as isize);
        let delta = n - m;
        let odd = delta % 2 != 0;
        for k in (-edits..=edits).step_by(2) {
            let x0 = self.entry(&self.forward, k, edits);
            let (mut x, mut y) = (x0, x0 - k);
            while x < n && (0..m).contains(&y) && self.a[x as usize] == self.b[y as usize] {
                (x, y) = (x + 1, y + 1);
            }
            self.forward[(self.zero + k) as usize] = x;
            if odd && (k - delta).abs() < edits && x + self.backward[(self.zero + delta - k) as usize] >= n {
                return Some((x0, x0 - k));
            }
        }
        for k in (-edits..=edits).step_by(2) {
            let mut x = self.entry(&self.backward, k, edits);
            let mut y = x - k;
            while x < n && (0..m).contains(&y) && self.a[(n - x - 1) as usize] == self.b[(m - y - 1) as usize]
            {
                (x, y) = (x + 1, y + 1);
            }
            self.backward[(self.zero + k) as usize] = x;
            if !odd && (k - delta).abs() <= edits && x + self.forward[(self.zero + delta - k) as usize] >= n {
                return Some((n - x, m - y));
            }
        }
        None
    }

    /// Where a diagonal is entered with one more edit.
    fn entry(&self, reached: &[isize], k: isize, edits: isize) -> isize {
        if edits == 0 {
            return 0;
        }
        let (below, above) = (reached[(self.zero + k - 1) as usize], reached[(self.zero + k + 1) as usize]);
        if k == -edits || (k != edits && below < above) { above } else { below + 1 }
    }

    /// The point within both lists that the search from the front came to last.
    fn furthest(&self, edits: isize) -> (isize, isize) {
        let (n, m) = (self.a.len() as isize, self.b.len() as isize);
        let points = (-edits..=edits).step_by(2).map(|k| {
            let x = self.forward[(self.zero + k) as usize];
            (x, x - k)
        });
        let inside = points.filter(|&(x, y)| x <= n && (0..=m).contains(&y));
        inside.max_by_key(|&(x, y)| (x + y, x)).unwrap_or((0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use machine::Random;

    /// The length of the longest common subsequence, by the table of all prefixes.
    fn longest(a: &[u64], b: &[u64]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (at, y) in b.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if x == y { corner + 1 } else { above.max(row[at]) };
                corner = above;
            }
        }
        row[b.len()]
    }

    fn is_common(a: &[u64], b: &[u64], pairs: &[(usize, usize)]) -> bool {
        pairs.iter().all(|&(x, y)| a[x] == b[y])
            && pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1)
    }

    #[test]
    fn without_anchors_the_longest_is_found() {
        for seed in 0..400 {
            let mut random = Random::seeded(seed);
            let kinds = 1 + random.below(4);
            let mut list = |most| (0..random.below(most)).map(|_| random.below(kinds)).collect::<Vec<_>>();
            let (a, b) = (list(40), list(40));
            let mut pairs = Vec::new();
            search(&a, &b, (0, 0), (a.len(), b.len()), &mut pairs);
            assert!(is_common(&a, &b, &pairs), "seed {seed}: {a:?} {b:?} {pairs:?}");
            assert_eq!(pairs.len(), longest(&a, &b), "seed {seed}: {a:?} {b:?}");
        }
    }

    #[test]
    fn an_edit_of_a_list_leaves_the_rest_in_common() {
        for seed in 0..300 {
            let mut random = Random::seeded(seed);
            let n = 1 + random.below(300);
            let a: Vec<u64> = (0..n).map(|_| random.below(20)).collect();
            let (at, many) = (random.below(n) as usize, random.below(200));
            let mut b = a.clone();
            b.splice(at..at, (0..many).map(|key| 100 + key % 7));
            let pairs = common(&a, &b);
            assert!(is_common(&a, &b, &pairs), "seed {seed}");
            assert_eq!(pairs.len(), a.len(), "seed {seed}: {many} keys put in at {at} of {n}");
        }
    }

    /// Long lists with little in common are cut, and what is found is common all the same.
    #[test]
    fn far_apart_lists_end() {
        let mut random = Random::seeded(1);
        let mut list = |kinds| (0..20_000).map(|_| random.below(kinds)).collect::<Vec<_>>();
        let (a, b) = (list(50), list(50));
        let pairs = common(&a, &b);
        assert!(is_common(&a, &b, &pairs) && pairs.len() > 2_000, "{}", pairs.len());
        assert_eq!(common(&a, &[]), []);
        assert_eq!(common(&[1, 2], &[3]), []);
    }

    #[test]
    fn the_longest_rise_is_found() {
        for (list, rise) in [
            (&[][..], &[][..]),
            (&[3], &[3]),
            (&[2, 0, 1, 4, 3], &[0, 1, 3]),
            (&[4, 3, 2, 1], &[1]),
            (&[0, 9, 1, 8, 2], &[0, 1, 2]),
        ] {
            let pairs: Vec<(usize, usize)> = list.iter().copied().enumerate().collect();
            let found: Vec<usize> = longest_rise(&pairs).into_iter().map(|(_, n)| n).collect();
            assert_eq!(found, rise, "{list:?}");
        }
    }
}
