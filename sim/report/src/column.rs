//! Columns of whole numbers, as text: what a page can hold a million of.
//!
//! A number takes seven bits a byte, the lowest first; a signed one is folded so that small ones of either sign are
//! short. The bytes are then written in base 64. `assets/columns.js` reads them.

use base64::prelude::{BASE64_STANDARD, Engine};
use oplog::varint;
use serde::{Serialize, Serializer};

/// Numbers of one kind, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    bytes: Vec<u8>,
    last: u64,
}

impl Column {
    pub fn put(&mut self, n: u64) {
        varint::put(&mut self.bytes, n);
    }

    /// As the difference from the number that was written so before.
    pub fn put_after(&mut self, n: u64) {
        varint::put_delta(&mut self.bytes, self.last, n);
        self.last = n;
    }

    /// As [`Self::put_after`], with 0 for nothing and every difference one more.
    pub fn put_some_after(&mut self, n: Option<u64>) {
        let Some(n) = n else { return self.put(0) };
        self.put(varint::zigzag(self.last, n) + 1);
        self.last = n;
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_short() {
        let mut column = Column::default();
        [0, 127, 128, 1 << 53].into_iter().for_each(|n| column.put(n));
        assert_eq!(column.bytes, [0, 127, 0x80, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
        let mut column = Column::default();
        [5, 5, 4, 100].into_iter().for_each(|n| column.put_after(n));
        assert_eq!(column.bytes, [10, 0, 1, 0xc0, 1]);
        let mut column = Column::default();
        [Some(3), None, Some(3), Some(2)].into_iter().for_each(|n| column.put_some_after(n));
        assert_eq!(column.bytes, [7, 0, 1, 2]);
    }
}
