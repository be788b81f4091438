//! Sizes of a decode and of its partials.

use program::DType;

use crate::attention::Sizes;
use crate::error::KernelError;
use crate::exchange::Exchange;
use crate::parameters::{MAX_TOKENS, Network, WIRES};
use crate::request::Request;

#[derive(Clone, Copy, Debug)]
pub struct Decode {
    pub sizes: Sizes,
    pub kv_block: u32,
    pub wire: DType,
    pub packed: bool,
}

impl Decode {
    pub fn read(request: &mut Request) -> Result<Decode, KernelError> {
        let sizes = Sizes::read(request, None)?;
        let shard = sizes.keys().largest();
        let kv_block = request.number_or("kv_block", 1..=MAX_TOKENS, shard.min(128))?;
        let like_dtype = if WIRES.contains(&sizes.dtype) { sizes.dtype } else { DType::F16 };
        let wire = request.dtype("wire_dtype", &WIRES, Some(like_dtype))?;
        // Equal scores make l the number of keys, which an f16 holds up to 65504.
        if wire == DType::F16 && shard > 65504 {
            let allowed = format!("a shard of {shard} keys can sum to more than 65504; bf16 or f32 works");
            return Err(request.refuse("wire_dtype", wire, allowed));
        }
        let packed = request.flag("packed")?;
        Ok(Decode { sizes, kv_block, wire, packed })
    }
    /// Rows of a partial: every query of every head.
    pub fn rows(&self) -> u32 {
        self.sizes.heads * self.sizes.q_len
    }
    /// Rows that share a K and V head.
    pub fn group_rows(&self) -> u32 {
        self.sizes.group() * self.sizes.q_len
    }
    /// Elements of a partial.
    pub fn partial(&self) -> u32 {
        self.rows() * (self.sizes.head_dim + 2)
    }
    pub fn messages(&self) -> Vec<[u32; 2]> {
        let rows = self.rows();
        if self.packed {
            vec![[1, self.partial()]]
        } else {
            vec![[rows, 1], [rows, 1], [rows, self.sizes.head_dim]]
        }
    }
    pub fn exchange(&self) -> Exchange {
        let Network { chain, slots, waits, .. } = self.sizes.network;
        Exchange { chain, dtype: self.wire, slots, messages: self.messages().len() as u32, waits }
    }
}
