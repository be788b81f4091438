//! Address runs: where the bytes of a transfer lie in a memory.

use super::MemoryRef;

/// Byte runs of a memory, in the order of the payload. What a broadcast repeats is read once, so the payload can be
/// longer than the runs: they are then read evenly as the payload goes by.
#[derive(Clone, Debug)]
pub struct AddressRuns {
    pub memory: MemoryRef,
    /// Address and length of each run.
    runs: Vec<(u64, u64)>,
    /// The first byte of each run, counted over all of them.
    starts: Vec<u64>,
    bytes: u64,
    payload: u64,
}

impl AddressRuns {
    pub fn new(memory: MemoryRef, runs: Vec<(u64, u64)>, payload: u64) -> AddressRuns {
        let mut starts = Vec::with_capacity(runs.len());
        let mut bytes = 0;
        for &(_, length) in &runs {
            starts.push(bytes);
            bytes += length;
        }
        AddressRuns { memory, runs, starts, bytes, payload }
    }

    /// The address runs that hold the payload bytes `from..to`; none when all that they hold was read before.
    pub fn between(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let [from, to] = [from, to].map(|at| self.read_before(at));
        let first = self.starts.partition_point(|&start| start <= from).saturating_sub(1);
        let runs = self.runs[first..].iter().zip(&self.starts[first..]);
        let within = runs.take_while(|&(_, &start)| start < to);
        let clipped = within.filter_map(|(&(address, length), &start)| {
            let (begin, end) = (start.max(from), (start + length).min(to));
            (begin < end).then(|| (address + (begin - start), end - begin))
        });
        clipped.collect()
    }

    /// How many bytes of the runs have been read when so much of the payload has gone by.
    fn read_before(&self, payload: u64) -> u64 {
        if self.payload == self.bytes {
            return payload;
        }
        let read = u128::from(payload) * u128::from(self.bytes) / u128::from(self.payload.max(1));
        u64::try_from(read).expect("no more than all bytes are read")
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
        let address_runs = AddressRuns::new(memory, runs.clone(), 35);
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
    /// Three rows of four bytes each, the whole repeated twice: every byte is read once, in step with the payload.
    #[test]
    fn a_broadcast_is_read_once() {
        let memory = Memories::new(&Machine::preset("tiny").expect("a preset")).hbm(PeId(0));
        let address_runs = AddressRuns::new(memory, vec![(100, 4), (200, 4), (300, 4)], 24);
        for (from, to, expected) in [
            (0, 8, vec![(100, 4)]),
            (8, 20, vec![(200, 4), (300, 2)]),
            (20, 24, vec![(302, 2)]),
            (7, 8, vec![(103, 1)]),
            (8, 9, vec![]),
            (0, 24, vec![(100, 4), (200, 4), (300, 4)]),
        ] {
            assert_eq!(address_runs.between(from, to), expected, "{from}..{to}");
        }
    }
}
