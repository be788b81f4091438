//! Message streams of a collective: every chip starts messages, each goes over a number of hops in one direction, and a
//! chip forwards the messages that reach it, in order, after its own.

use std::ops::Range;

use serde::Deserialize;

/// How chips are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wiring {
    Line,
    Ring,
}

impl Wiring {
    pub fn name(self) -> &'static str {
        match self {
            Wiring::Line => "line",
            Wiring::Ring => "ring",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collective {
    AllGather,
    ReduceScatter,
    AllToAll,
}

/// A row or ring of chips, and one collective on it. A part is what a chip contributes, is left with, or has for one
/// other chip; it goes in `chunks` messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    pub collective: Collective,
    pub wiring: Wiring,
    pub n: u32,
    pub chunks: u32,
}

/// East or west.
pub(super) type Way = usize;
pub(super) const WAYS: [Way; 2] = [0, 1];

/// Messages of one part, from the chip that starts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    pub hops: u32,
    pub chunks: Range<u32>,
}

/// A message that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub chunk: u32,
    /// This chip is its destination.
    pub last: bool,
}

impl Streams {
    /// Streams that a chip starts, the farthest first.
    pub fn started(&self, chip: u32, way: Way) -> Vec<Stream> {
        let all = 0..self.chunks;
        let at = self.along(chip, way);
        let ahead = self.n - 1 - at;
        let to = |hops| Stream { hops, chunks: all.clone() };
        let mut streams = match (self.wiring, self.collective) {
            (Wiring::Line, Collective::AllGather) => vec![to(ahead)],
            // What is left with a chip is added up on its way there from either end.
            (Wiring::Line, Collective::ReduceScatter) if at == 0 => (1..self.n).rev().map(to).collect(),
            (Wiring::Line, Collective::ReduceScatter) => Vec::new(),
            (Wiring::Line, Collective::AllToAll) => (1..=ahead).rev().map(to).collect(),
            (Wiring::Ring, Collective::AllGather | Collective::ReduceScatter) => self.both_ways_round(way),
            (Wiring::Ring, Collective::AllToAll) => {
                let [far, _] = self.halves(way);
                let far = Stream { hops: self.n / 2, chunks: far };
                std::iter::once(far).chain((1..self.n / 2).rev().map(to)).collect()
            }
        };
        streams.retain(|stream| stream.hops > 0 && !stream.chunks.is_empty());
        streams
    }

    /// Half of a part goes to the opposite chip of an even ring one way round, half the other.
    fn both_ways_round(&self, way: Way) -> Vec<Stream> {
        let [far, near] = self.halves(way);
        vec![Stream { hops: self.n / 2, chunks: far }, Stream { hops: self.n / 2 - 1, chunks: near }]
    }

    fn halves(&self, way: Way) -> [Range<u32>; 2] {
        let half = self.chunks.div_ceil(2);
        let mut halves = [0..half, half..self.chunks];
        halves.rotate_left(way);
        halves
    }

    /// Messages that reach a chip, in order.
    pub fn incoming(&self, chip: u32, way: Way) -> Vec<Incoming> {
        let mut incoming = Vec::new();
        for back in 1..self.n {
            let Some(source) = self.behind(chip, way, back) else { break };
            for stream in self.started(source, way).into_iter().filter(|stream| stream.hops >= back) {
                let last = stream.hops == back;
                incoming.extend(stream.chunks.map(|chunk| Incoming { chunk, last }));
            }
        }
        incoming
    }

    pub fn next(&self, chip: u32, way: Way) -> Option<u32> {
        self.behind(chip, 1 - way, 1)
    }

    /// How far a chip is from the end where a line begins.
    fn along(&self, chip: u32, way: Way) -> u32 {
        if way == 0 { chip } else { self.n - 1 - chip }
    }

    /// The chip from which a message takes `hops` to this one.
    fn behind(&self, chip: u32, way: Way, hops: u32) -> Option<u32> {
        match self.wiring {
            Wiring::Line if self.along(chip, way) < hops => None,
            Wiring::Line | Wiring::Ring => {
                Some((chip + if way == 0 { self.n - hops } else { hops }) % self.n)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(collective: Collective, wiring: Wiring, n: u32, chunks: u32) -> Streams {
        Streams { collective, wiring, n, chunks }
    }

    /// Parts that cross the busiest link, as the source has them: (n − 1) one way on a line, half of it on a ring;
    /// ⌊n/2⌋⌈n/2⌉ for all-to-all on a line, and n²/8 on a ring.
    #[test]
    fn the_busiest_link_carries_what_the_source_says() {
        for (collective, wiring, n, parts) in [
            (Collective::AllGather, Wiring::Line, 4, 3),
            (Collective::ReduceScatter, Wiring::Line, 4, 3),
            (Collective::AllToAll, Wiring::Line, 4, 4),
            (Collective::AllToAll, Wiring::Line, 5, 6),
            (Collective::AllGather, Wiring::Ring, 8, 7),
            (Collective::ReduceScatter, Wiring::Ring, 8, 7),
            (Collective::AllToAll, Wiring::Ring, 8, 16),
        ] {
            let streams = of(collective, wiring, n, 4);
            let each = WAYS.map(|way| (0..n).map(|chip| streams.incoming(chip, way).len()).max());
            let directions = if wiring == Wiring::Ring { 2 } else { 1 };
            assert_eq!(each, [Some(4 * parts / directions); 2], "{collective:?} {wiring:?} {n}");
        }
    }

    /// Everybody gets a part from everybody else, once.
    #[test]
    fn every_chunk_ends_where_it_should() {
        for (wiring, n, chunks) in [(Wiring::Line, 4, 3), (Wiring::Ring, 8, 3), (Wiring::Ring, 8, 1)] {
            let count = |collective, ends: fn(&Incoming) -> bool| {
                let streams = of(collective, wiring, n, chunks);
                let at = |chip| WAYS.map(|way| streams.incoming(chip, way)).concat();
                (0..n).map(|chip| at(chip).into_iter().filter(ends).count() as u32).collect::<Vec<_>>()
            };
            let others = vec![(n - 1) * chunks; n as usize];
            assert_eq!(count(Collective::AllGather, |_| true), others);
            assert_eq!(count(Collective::AllToAll, |incoming| incoming.last), others);
            let ways = |chip| if wiring == Wiring::Line && (chip == 0 || chip == n - 1) { 1 } else { 2 };
            let sums: Vec<u32> = (0..n).map(|chip| ways(chip) * chunks).collect();
            assert_eq!(count(Collective::ReduceScatter, |incoming| incoming.last), sums);
        }
    }
}
