//! Memory of one rank: semaphores, buffers with their addresses, views and named spans.

use program::RankProgram;
use program::program::{Buffer, NamedSpan};

use super::views::{put_views, read_views};
use super::{from_postcard, put_postcard};
use crate::varint::{Cursor, Read, put, put_delta};

pub fn put_memory(out: &mut Vec<u8>, program: &RankProgram, addresses: &[u64]) {
    put(out, program.n_semaphores.into());
    put(out, program.buffers.len() as u64);
    let mut bytes = 0;
    for buffer in &program.buffers {
        put_delta(out, bytes, buffer.bytes);
        // 0 when the planner chose the address, else one more than the author's.
        put_delta(out, u64::MAX, buffer.at.unwrap_or(u64::MAX));
        bytes = buffer.bytes;
    }
    put(out, addresses.len() as u64);
    let mut last = 0;
    for &address in addresses {
        put_delta(out, last, address);
        last = address;
    }
    put_views(out, &program.views);
    put_postcard(out, &program.spans);
}

/// A rank without its ops, and the addresses of its buffers.
pub fn read_memory(bytes: &[u8]) -> Read<(RankProgram, Vec<u64>)> {
    let mut cursor = Cursor::new(bytes);
    let n_semaphores = cursor.small()?;
    let n = cursor.length(2)?;
    let mut buffers = Vec::with_capacity(n);
    let mut bytes = 0;
    for _ in 0..n {
        bytes = cursor.delta(bytes)?;
        let at = cursor.delta(u64::MAX)?;
        buffers.push(Buffer { bytes, at: (at != u64::MAX).then_some(at) });
    }
    let n = cursor.length(1)?;
    let mut addresses = Vec::with_capacity(n);
    let mut last = 0;
    for _ in 0..n {
        last = cursor.delta(last)?;
        addresses.push(last);
    }
    let views = read_views(&mut cursor)?;
    let spans: Vec<NamedSpan> = from_postcard(cursor.rest())?;
    Ok((RankProgram { buffers, views, n_semaphores, spans, ..RankProgram::default() }, addresses))
}
