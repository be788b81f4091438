//! LEB128 numbers, and reading bytes that cannot be trusted.

/// Appends a number: seven bits a byte, the lowest first, and the eighth says that more follow.
pub fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a difference; small ones of either sign are short. Differences wrap, so that any two numbers
/// have one.
pub fn put_delta(out: &mut Vec<u8>, from: u64, to: u64) {
    put(out, zigzag(from, to));
}

/// A difference as a number that is small for small differences of either sign.
pub const fn zigzag(from: u64, to: u64) -> u64 {
    let delta = to.wrapping_sub(from) as i64;
    ((delta << 1) ^ (delta >> 63)) as u64
}

/// Reads a section. Every method says why it cannot go on.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

pub(crate) type Read<T> = Result<T, String>;

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: bytes }
    }
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn byte(&mut self) -> Read<u8> {
        let (&byte, rest) = self.rest.split_first().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(byte)
    }
    pub fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(*bytes)
    }
    pub fn number(&mut self) -> Read<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            n |= bits << shift;
            if byte < 0x80 {
                // One encoding a number: a last byte of 0 would be padding.
                return if byte == 0 && shift > 0 { Err("a number is padded".to_owned()) } else { Ok(n) };
            }
        }
        Err("a number does not fit 64 bits".to_owned())
    }
    pub fn delta(&mut self, from: u64) -> Read<u64> {
        let n = self.number()?;
        Ok(from.wrapping_add((n >> 1) ^ (n & 1).wrapping_neg()))
    }
    pub fn small<T: TryFrom<u64>>(&mut self) -> Read<T> {
        narrow(self.number()?)
    }
    /// The length of a list whose items take at least `item_bytes` each: one that cannot fit in what is left
    /// is refused before anything is allocated.
    pub fn length(&mut self, item_bytes: usize) -> Read<usize> {
        let n: usize = self.small()?;
        if n > self.rest.len() / item_bytes.max(1) {
            return Err(format!("{n} items do not fit in the {} bytes that are left", self.rest.len()));
        }
        Ok(n)
    }
    /// Everything must have been read.
    pub fn end(&self) -> Read<()> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(format!("{n} bytes are left over")),
        }
    }
}

pub(crate) fn narrow<T: TryFrom<u64>>(n: u64) -> Read<T> {
    T::try_from(n).map_err(|_| format!("{n} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_differences_read_back() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), 1 << 53, 1 << 62, 1 << 63, u64::MAX];
        for a in numbers {
            for b in numbers {
                let mut bytes = Vec::new();
                put(&mut bytes, a);
                put_delta(&mut bytes, a, b);
                let mut cursor = Cursor::new(&bytes);
                assert_eq!(cursor.number(), Ok(a));
                assert_eq!(cursor.delta(a), Ok(b));
                assert_eq!(cursor.end(), Ok(()));
            }
        }
    }

    #[test]
    fn numbers_that_nobody_writes_are_refused() {
        let cases: [(&[u8], &str); 5] = [
            (&[], "it ends too early"),
            (&[0x80], "it ends too early"),
            (&[0x80, 0], "a number is padded"),
            (&[0xff; 10], "a number does not fit 64 bits"),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], "a number does not fit 64 bits"),
        ];
        for (bytes, reason) in cases {
            assert_eq!(Cursor::new(bytes).number(), Err(reason.to_owned()), "{bytes:?}");
        }
        assert_eq!(
            Cursor::new(&[5, 1, 2]).length(1),
            Err("5 items do not fit in the 2 bytes that are left".to_owned())
        );
    }
}
