//! Sets of small numbers as bit masks, visited in ascending order: the parts of a network that have something to do.

/// A set of numbers below a bound.
#[derive(Debug)]
pub struct Active {
    words: Vec<u64>,
}

impl Active {
    pub fn new(bound: usize) -> Active {
        Active { words: vec![0; bound.div_ceil(64)] }
    }
    pub fn insert(&mut self, number: u32) {
        self.words[number as usize / 64] |= 1 << (number % 64);
    }
    pub fn remove(&mut self, number: u32) {
        self.words[number as usize / 64] &= !(1 << (number % 64));
    }
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }
    /// The smallest member that is `from` or more.
    pub fn next(&self, from: u32) -> Option<u32> {
        let first = from as usize / 64;
        let head = self.words.get(first)? & (u64::MAX << (from % 64));
        if head != 0 {
            return Some(first as u32 * 64 + head.trailing_zeros());
        }
        let rest = self.words[first + 1..].iter().position(|&word| word != 0)?;
        let word = first + 1 + rest;
        Some(word as u32 * 64 + self.words[word].trailing_zeros())
    }
}

/// The first member of a mask at `from` or after it, round to the beginning. The mask must not be empty.
pub fn first_from(mask: u64, from: u8) -> u8 {
    let after = mask >> from << from;
    let found = if after == 0 { mask } else { after };
    found.trailing_zeros() as u8
}

/// The members of a mask, ascending.
pub fn members(mut mask: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let first = mask.trailing_zeros() as u8;
        mask &= mask.wrapping_sub(1);
        (first < 64).then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::{Active, first_from, members};

    #[test]
    fn members_are_visited_in_order_and_only_once() {
        let mut active = Active::new(200);
        for number in [199, 3, 64, 63, 128] {
            active.insert(number);
        }
        active.remove(64);
        let mut seen = Vec::new();
        let mut from = 0;
        while let Some(number) = active.next(from) {
            seen.push(number);
            from = number + 1;
        }
        assert_eq!(seen, [3, 63, 128, 199]);
        assert!(!active.is_empty());
    }

    #[test]
    fn the_first_from_a_place_goes_round() {
        for (mask, from, first) in
            [(0b1010, 0, 1), (0b1010, 1, 1), (0b1010, 2, 3), (0b1010, 4, 1), (1, 63, 0)]
        {
            assert_eq!(first_from(mask, from), first, "{mask:b} from {from}");
        }
        assert_eq!(members(0b1_0110).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
