//! Address runs: where the bytes of a transfer lie in a memory.

use super::MemoryRef;

/// Byte runs of a memory, in the order of the payload.
#[derive(Clone, Debug)]
pub struct AddressRuns {
    pub memory: MemoryRef,
    /// Address and length of each run.
    runs: Vec<(u64, u64)>,
    /// The first payload byte of each run.
    starts: Vec<u64>,
}

impl AddressRuns {
    pub fn new(memory: MemoryRef, runs: Vec<(u64, u64)>) -> AddressRuns {
        let mut starts = Vec::with_capacity(runs.len());
        let mut at = 0;
        for &(_, length) in &runs {
            starts.push(at);
            at += length;
        }
        AddressRuns { memory, runs, starts }
    }

    /// The address runs that hold the payload bytes `from..to`.
    pub fn between(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let first = self.starts.partition_point(|&start| start <= from).saturating_sub(1);
        let runs = self.runs[first..].iter().zip(&self.starts[first..]);
        let within = runs.take_while(|&(_, &start)| start < to);
        let clipped = within.map(|(&(address, length), &start)| {
            let (begin, end) = (start.max(from), (start + length).min(to));
            (address + (begin - start), end - begin)
        });
        clipped.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::AddressRuns;
    use crate::memory::Memories;
    use machine::{Machine, PeId};

    #[test]
    fn a_packet_covers_the_runs_its_bytes_come_from() {
        let memory = Memories::new(&Machine::preset("tiny").expect("a preset")).hbm(PeId(0));
        let runs = vec![(100, 10), (200, 5), (300, 20)];
        let address_runs = AddressRuns::new(memory, runs.clone());
        for (from, to, expected) in [
            (0, 10, vec![(100, 10)]),
            (5, 12, vec![(105, 5), (200, 2)]),
            (12, 35, vec![(202, 3), (300, 20)]),
            (15, 16, vec![(300, 1)]),
            (0, 35, runs),
        ] {
            assert_eq!(address_runs.between(from, to), expected, "{from}..{to}");
        }
    }
}
