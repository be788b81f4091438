//! An oracle that keeps a node for every element ever written, and knows no regions.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Area, N_KEYS, Step, TILES};

/// What one element was made of, by the numbers of other nodes.
#[derive(Clone, Debug)]
enum Made {
    Sum(Vec<Option<usize>>),
    Gathered(Vec<[Option<usize>; 2]>),
    Chosen([Option<usize>; 2]),
}

#[derive(Default)]
struct Oracle {
    nodes: Vec<(Made, Vec<u32>)>,
    /// By rank, tile, row and column.
    now: BTreeMap<(u32, u32, u32, u32), usize>,
}

/// By key: how often at least and at most.
pub type Counts = BTreeMap<u32, (u32, u32)>;

impl Oracle {
    fn cell(rank: u32, area: Area, row: u32, column: u32) -> (u32, u32, u32, u32) {
        let (down, across) = if area.turned { (column, row) } else { (row, column) };
        (rank, area.tile, area.first[0] + down, area.first[1] + across)
    }
    /// The element of an area that broadcasts.
    fn node(&self, rank: u32, area: Area, row: u32, column: u32) -> Option<usize> {
        let (row, column) = (row.min(area.shape[0] - 1), column.min(area.shape[1] - 1));
        self.now.get(&Oracle::cell(rank, area, row, column)).copied()
    }
    fn write(&mut self, rank: u32, to: Area, made: impl Fn(&Oracle, u32, u32) -> Made) {
        let places = || (0..to.shape[0]).flat_map(|row| (0..to.shape[1]).map(move |column| (row, column)));
        let all: Vec<Made> = places().map(|(row, column)| made(self, row, column)).collect();
        for ((row, column), made) in places().zip(all) {
            self.now.insert(Oracle::cell(rank, to, row, column), self.nodes.len());
            self.nodes.push((made, Vec::new()));
        }
    }
    fn all(&self, rank: u32, area: Area) -> Vec<Option<usize>> {
        let rows = 0..area.shape[0];
        rows.flat_map(|row| (0..area.shape[1]).map(move |column| self.node(rank, area, row, column)))
            .collect()
    }
    fn mark(&mut self, rank: u32, area: Area, key: u32) {
        for node in self.all(rank, area).into_iter().flatten() {
            self.nodes[node].1.push(key);
        }
    }

    fn take(&mut self, n_ranks: u32, rank: u32, step: &Step) {
        match step {
            Step::Fill(to) => self.write(rank, *to, |_, _, _| Made::Sum(vec![])),
            Step::Move(from, to) => {
                self.write(rank, *to, |now, i, j| Made::Sum(vec![now.node(rank, *from, i, j)]));
            }
            Step::Add(xs, to) => self.write(rank, *to, |now, i, j| {
                Made::Sum(xs.iter().map(|x| now.node(rank, *x, i, j)).collect())
            }),
            Step::Choose(xs, to) => {
                self.write(rank, *to, |now, i, j| Made::Chosen(xs.map(|x| now.node(rank, x, i, j))));
            }
            Step::Sum(from, to) => self.write(rank, *to, |now, i, _| {
                Made::Gathered((0..from.shape[1]).map(|k| [now.node(rank, *from, i, k), None]).collect())
            }),
            Step::Dot([a, b], to) => self.write(rank, *to, |now, i, j| {
                let along = 0..a.shape[1];
                Made::Gathered(along.map(|k| [now.node(rank, *a, i, k), now.node(rank, *b, k, j)]).collect())
            }),
            Step::Contribute(area, key) => self.mark(rank, *area, *key),
            Step::Expect(..) => {}
            Step::Send(from, to, key) => {
                // The message lies in a tile that no step knows.
                let slot = Area { tile: TILES, first: [0, 0], turned: false, ..*from };
                let next = (rank + 1) % n_ranks;
                self.write(next, slot, |now, i, j| Made::Sum(vec![now.node(rank, *from, i, j)]));
                key.iter().for_each(|key| self.mark(next, slot, *key));
                self.write(next, *to, |now, i, j| Made::Sum(vec![now.node(next, slot, i, j)]));
            }
        }
    }

    /// The counts of every node; a node is made of earlier ones.
    fn counts(&self) -> Vec<Counts> {
        let mut all: Vec<Counts> = Vec::new();
        for (made, marks) in &self.nodes {
            let of = |node: &Option<usize>| node.map(|node| all[node].clone()).unwrap_or_default();
            let mut counts = match made {
                Made::Sum(nodes) => nodes.iter().map(of).fold(Counts::new(), sum),
                Made::Chosen([x, y]) => {
                    let (x, y) = (of(x), of(y));
                    pairs(&x, &y, |a, b| (a.0.min(b.0), a.1.max(b.1)))
                }
                Made::Gathered(pairs) => {
                    let side = |side: usize| {
                        let held = pairs.iter().map(|pair| of(&pair[side]));
                        held.fold(Counts::new(), |x, y| {
                            self::pairs(&x, &y, |a, b| (a.0.max(b.0), a.1.max(b.1)))
                        })
                    };
                    sum(side(0), side(1))
                }
            };
            for key in marks {
                counts = sum(counts, Counts::from([(*key, (1, 1))]));
            }
            all.push(counts);
        }
        all
    }
}

fn sum(x: Counts, y: Counts) -> Counts {
    pairs(&x, &y, |a, b| (a.0 + b.0, a.1 + b.1))
}

fn pairs(x: &Counts, y: &Counts, join: impl Fn((u32, u32), (u32, u32)) -> (u32, u32)) -> Counts {
    let of = |counts: &Counts, key: u32| counts.get(&key).copied().unwrap_or_default();
    x.keys().chain(y.keys()).map(|&key| (key, join(of(x, key), of(y, key)))).collect()
}

/// By step that expects something: the counts of every element it looks at.
pub fn looked_at(n_ranks: u32, steps: &[(u32, Step)]) -> BTreeMap<usize, Vec<Counts>> {
    let mut oracle = Oracle::default();
    let mut nodes = BTreeMap::new();
    for (at, (rank, step)) in steps.iter().enumerate() {
        oracle.take(n_ranks, *rank, step);
        if let Step::Expect(area, _) = step {
            nodes.insert(at, oracle.all(*rank, *area));
        }
    }
    let counts = oracle.counts();
    let of = |node: Option<usize>| node.map_or_else(Counts::new, |node| counts[node].clone());
    nodes.into_iter().map(|(at, nodes)| (at, nodes.into_iter().map(of).collect())).collect()
}

/// By rank and number of the expectation: the keys that it lacks, and those it has too often.
pub type Wrong = BTreeMap<(u32, usize), [BTreeSet<u32>; 2]>;

pub fn wrong(n_ranks: u32, steps: &[(u32, Step)]) -> Wrong {
    let mut n_expected = vec![0; n_ranks as usize];
    let mut wrong = Wrong::new();
    for (at, elements) in looked_at(n_ranks, steps) {
        let (rank, Step::Expect(_, keys)) = &steps[at] else { continue };
        let name = (*rank, n_expected[*rank as usize]);
        n_expected[*rank as usize] += 1;
        let any = |is_wrong: &dyn Fn((u32, u32), bool) -> bool| -> BTreeSet<u32> {
            let count = |counts: &Counts, key: u32| counts.get(&key).copied().unwrap_or_default();
            let wrong = |key: u32| elements.iter().any(|of| is_wrong(count(of, key), keys.contains(&key)));
            (0..N_KEYS).filter(|&key| wrong(key)).collect()
        };
        let lacks = any(&|(least, _), is_expected| is_expected && least == 0);
        let often = any(&|(_, most), is_expected| most > u32::from(is_expected));
        if !(lacks.is_empty() && often.is_empty()) {
            wrong.insert(name, [lacks, often]);
        }
    }
    wrong
}
