//! The columns of a sealed log. Each number is written as its difference to the one before it of its kind, so
//! that what repeats, as everything in a loop does, takes a byte.

mod memory;
mod ops;
mod stalls;
mod times;
mod views;

pub use memory::{put_memory, read_memory};
pub use ops::{OpColumn, put_ops, read_ops};
pub use stalls::{put_messages, put_stalls, read_messages, read_stalls};
pub use times::{Times, put_times, read_times};

use crate::varint::Read;

/// A postcard value that fills all of `bytes`.
pub fn from_postcard<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Read<T> {
    match take_postcard(bytes)? {
        (value, []) => Ok(value),
        (_, rest) => Err(format!("{} bytes are left over", rest.len())),
    }
}

/// A postcard value and the bytes after it.
pub fn take_postcard<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Read<(T, &'a [u8])> {
    postcard::take_from_bytes(bytes).map_err(|error| format!("not a valid value: {error}"))
}

pub fn put_postcard<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    let bytes = postcard::to_stdvec(value).expect("a value in memory can be written to memory");
    out.extend(bytes);
}
