//! Sizes of a prefill, and the visibility of keys to queries.

use std::ops::Range;

use crate::attention::Sizes;
use crate::error::KernelError;
use crate::exchange::Exchange;
use crate::parameters::{MAX_TOKENS, Network};
use crate::request::Request;
use crate::shares::Shares;

/// Bytes of a rank's TCM for slots, unless `kv_block` is given.
const SLOT_BYTES: u64 = 1 << 20;

#[derive(Clone, Copy, Debug)]
pub struct Prefill {
    pub sizes: Sizes,
    pub kv_block: u32,
    pub causal: bool,
    pub packed: bool,
}

impl Prefill {
    pub fn read(request: &mut Request) -> Result<Prefill, KernelError> {
        let sizes = Sizes::read(request, Some(16))?;
        let packed = request.flag("packed")?;
        let kv_block = request.number_or("kv_block", 1..=MAX_TOKENS, default_block(&sizes, packed))?;
        Ok(Prefill { sizes, kv_block, causal: request.flag("causal")?, packed })
    }
    pub fn queries(&self) -> Shares {
        Shares { total: self.sizes.q_len, parts: self.sizes.ranks() }
    }
    /// The shapes of the messages that carry a tile of `tokens` keys.
    pub fn messages(&self, tokens: u32) -> Vec<[u32; 2]> {
        let dim = self.sizes.head_dim;
        if self.packed { vec![[2 * tokens, dim]] } else { vec![[tokens, dim]; 2] }
    }
    pub fn exchange(&self) -> Exchange {
        let Network { chain, slots, waits, .. } = self.sizes.network;
        let messages = if self.packed { 1 } else { 2 };
        Exchange { chain, dtype: self.sizes.dtype, slots, messages, waits }
    }
    /// One past the last key that a query sees.
    fn seen(&self, query: u32) -> u32 {
        if self.causal {
            (query + 1 + self.sizes.kv_len).saturating_sub(self.sizes.q_len)
        } else {
            self.sizes.kv_len
        }
    }
    /// How the queries of `rank` see a tile of keys.
    pub fn sight(&self, rank: u32, keys: &Range<u32>) -> Sight {
        let queries = self.queries().range(rank);
        if queries.is_empty() || self.seen(queries.end - 1) <= keys.start {
            Sight::Nothing
        } else if self.seen(queries.start) >= keys.end {
            Sight::Everything
        } else {
            Sight::Diagonal
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Nothing,
    /// Some queries see some keys: the scores need a mask.
    Diagonal,
    Everything,
}

/// The largest power of two up to 128 whose slots fit [`SLOT_BYTES`], or the shard if that is smaller.
fn default_block(sizes: &Sizes, packed: bool) -> u32 {
    let tensors = if packed { 2 } else { 1 };
    let token = tensors * u64::from(sizes.head_dim) * sizes.dtype.size();
    // Two rings end at a rank, one from each side.
    let fits = |block: &u32| 2 * u64::from(sizes.network.slots) * token * u64::from(*block) <= SLOT_BYTES;
    let block = [128, 64, 32, 16, 8, 4, 2].into_iter().find(fits).unwrap_or(1);
    block.min(sizes.keys().largest())
}
