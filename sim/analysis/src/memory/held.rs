//! Addresses of a memory that are held: what two holders share counts once.

/// First address, and one past the last.
pub type Addresses = (u64, u64);

/// Addresses that are held, each by so many holders.
pub struct Held {
    /// Where holders begin and end, ascending.
    bounds: Vec<u64>,
    /// By piece between two bounds.
    holders: Vec<u32>,
    /// Bytes that have a holder.
    pub bytes: u64,
}

impl Held {
    pub fn of(all: impl Iterator<Item = Addresses>) -> Held {
        let mut bounds: Vec<u64> = all.flat_map(|(first, end)| [first, end]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        Held { holders: vec![0; bounds.len()], bounds, bytes: 0 }
    }

    /// A holder begins or ends.
    pub fn change(&mut self, (first, end): Addresses, begins: bool) {
        let from = self.bounds.partition_point(|&bound| bound < first);
        let to = self.bounds.partition_point(|&bound| bound < end);
        for piece in from..to {
            let length = self.bounds[piece + 1] - self.bounds[piece];
            let holders = &mut self.holders[piece];
            if begins {
                *holders += 1;
                self.bytes += if *holders == 1 { length } else { 0 };
            } else {
                *holders -= 1;
                self.bytes -= if *holders == 0 { length } else { 0 };
            }
        }
    }
}
