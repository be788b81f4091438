//! Shares of a length over ranks: contiguous, in rank order, as even as whole elements allow. The first ranks get the
//! remainder; with fewer elements than ranks the last ranks get none.

use std::ops::Range;

/// `total` elements split into `parts` shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    pub total: u32,
    pub parts: u32,
}

impl Shares {
    pub fn range(self, part: u32) -> Range<u32> {
        let (each, odd) = (self.total / self.parts, self.total % self.parts);
        let start = part * each + part.min(odd);
        start..start + each + u32::from(part < odd)
    }
    pub fn largest(self) -> u32 {
        self.total.div_ceil(self.parts)
    }
    /// Block `index` of a share cut into blocks of at most `block` elements; `None` past its last.
    pub fn block(self, part: u32, block: u32, index: u32) -> Option<Range<u32>> {
        let share = self.range(part);
        let start = index.checked_mul(block)?.checked_add(share.start)?;
        (start < share.end).then(|| start..share.end.min(start.saturating_add(block)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_contiguous_and_even() {
        for (total, parts, expected) in [
            (8, 4, vec![0, 2, 4, 6, 8]),
            (7, 3, vec![0, 3, 5, 7]),
            (2, 3, vec![0, 1, 2, 2]),
            (5, 1, vec![0, 5]),
        ] {
            let shares = Shares { total, parts };
            let expected: Vec<_> = expected.windows(2).map(|ends| ends[0]..ends[1]).collect();
            assert_eq!((0..parts).map(|part| shares.range(part)).collect::<Vec<_>>(), expected);
            assert_eq!(
                shares.largest(),
                (0..parts).map(|part| shares.range(part).len() as u32).max().unwrap()
            );
        }
    }

    #[test]
    fn blocks_cut_a_share() {
        let shares = Shares { total: 11, parts: 2 };
        for (part, index, expected) in
            [(0, 0, Some(0..4)), (0, 1, Some(4..6)), (0, 2, None), (1, 1, Some(10..11)), (1, u32::MAX, None)]
        {
            assert_eq!(shares.block(part, 4, index), expected, "block {index} of share {part}");
        }
    }
}
