//! The cycle that is shown of a graph of waits.

use std::collections::VecDeque;

/// Nodes and edges looked at, a tenth of a second, before the shortest cycle so far is good enough: of more than
/// some thousand ranks the one shown may be longer than needed.
const MOST_STEPS: usize = 1 << 26;

/// The shortest cycle, of several the one whose smallest node is smallest, beginning with it; `None` when there
/// is none. `edges[i]` are the nodes that node i waits for, in ascending order.
pub(super) fn shortest(edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    let alive = not_ending(edges);
    let start = alive.iter().position(|&alive| alive)?;
    let mut best: Option<Vec<usize>> = None;
    let mut steps_left = MOST_STEPS;
    for start in (0..edges.len()).filter(|&start| alive[start]) {
        let shorter_than = best.as_ref().map_or(usize::MAX, Vec::len);
        best = through(edges, start, shorter_than, &mut steps_left).or(best);
    }
    best.or_else(|| Some(any(edges, &alive, start)))
}

/// The nodes from which a walk may go on for ever: what only leads to nodes without edges is taken away.
fn not_ending(edges: &[Vec<usize>]) -> Vec<bool> {
    let mut before = vec![Vec::new(); edges.len()];
    for (node, next) in edges.iter().enumerate() {
        next.iter().for_each(|&next| before[next].push(node));
    }
    let mut left: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut ends: Vec<usize> = (0..edges.len()).filter(|&node| left[node] == 0).collect();
    let mut alive = vec![true; edges.len()];
    while let Some(node) = ends.pop() {
        alive[node] = false;
        for &node in &before[node] {
            left[node] -= 1;
            if left[node] == 0 {
                ends.push(node);
            }
        }
    }
    alive
}

/// The cycle into which the walk along the smallest living nodes runs.
fn any(edges: &[Vec<usize>], alive: &[bool], start: usize) -> Vec<usize> {
    let mut visited_at = vec![None; edges.len()];
    let (mut path, mut node) = (Vec::new(), start);
    loop {
        if let Some(at) = visited_at[node].replace(path.len()) {
            let mut cycle = path.split_off(at);
            let smallest = (0..cycle.len()).min_by_key(|&at| cycle[at]).unwrap_or(0);
            cycle.rotate_left(smallest);
            return cycle;
        }
        path.push(node);
        node = *edges[node].iter().find(|&&next| alive[next]).expect("a walk goes on from a living node");
    }
}

/// The shortest cycle through `start` with fewer than `bound` nodes.
fn through(edges: &[Vec<usize>], start: usize, bound: usize, steps_left: &mut usize) -> Option<Vec<usize>> {
    *steps_left = steps_left.checked_sub(edges.len())?;
    let mut from: Vec<Option<usize>> = vec![None; edges.len()];
    let mut queue = VecDeque::from([(start, 1)]);
    while let Some((node, length)) = queue.pop_front() {
        if length >= bound {
            return None;
        }
        for &next in &edges[node] {
            *steps_left = steps_left.checked_sub(1)?;
            if next == start {
                return Some(path_to(node, &from));
            }
            if from[next].is_none() {
                from[next] = Some(node);
                queue.push_back((next, length + 1));
            }
        }
    }
    None
}

fn path_to(end: usize, from: &[Option<usize>]) -> Vec<usize> {
    let mut path: Vec<usize> = std::iter::successors(Some(end), |&node| from[node]).collect();
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_cycle_with_the_smallest_node_is_found() {
        type Case = (&'static [&'static [usize]], Option<&'static [usize]>);
        let cases: [Case; 7] = [
            (&[], None),
            (&[&[1], &[2], &[]], None),
            (&[&[0]], Some(&[0])),
            (&[&[1], &[2], &[1]], Some(&[1, 2])),
            // 0 → 1 → 2 → 0 is longer than 3 → 4 → 3.
            (&[&[1], &[2], &[0, 3], &[4], &[3]], Some(&[3, 4])),
            (&[&[2], &[3], &[0], &[1]], Some(&[0, 2])),
            (&[&[3], &[0], &[1, 4], &[2], &[]], Some(&[0, 3, 2, 1])),
        ];
        for (edges, cycle) in cases {
            let edges: Vec<Vec<usize>> = edges.iter().map(|next| next.to_vec()).collect();
            assert_eq!(shortest(&edges).as_deref(), cycle, "{edges:?}");
        }
    }
}
