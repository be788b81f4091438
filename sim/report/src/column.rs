//! Columns of whole numbers, as text: what a page can hold a million of.
//!
//! A number takes seven bits a byte, the lowest first; a signed one is folded so that small ones of either sign are
//! short. The bytes are then written in base 64. `assets/columns.js` reads them.

use serde::{Serialize, Serializer};

/// Numbers of one kind, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    bytes: Vec<u8>,
    last: u64,
}

impl Column {
    pub fn put(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    /// As the difference from the number that was written so before.
    pub fn put_after(&mut self, n: u64) {
        let delta = n.wrapping_sub(self.last) as i64;
        self.put(folded(delta));
        self.last = n;
    }

    /// As [`Self::put_after`], with 0 for nothing and every difference one more.
    pub fn put_some_after(&mut self, n: Option<u64>) {
        let Some(n) = n else { return self.put(0) };
        let delta = n.wrapping_sub(self.last) as i64;
        self.put(folded(delta) + 1);
        self.last = n;
    }
}

const fn folded(delta: i64) -> u64 {
    ((delta << 1) ^ (delta >> 63)) as u64
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64(&self.bytes))
    }
}

/// RFC 4648, padded.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let is_padding = digit > group.len();
            let value = DIGITS[(bits >> (18 - 6 * digit)) as usize & 63];
            text.push(if is_padding { '=' } else { char::from(value) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 4648, §10.
    #[test]
    fn bytes_become_base_64() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

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
