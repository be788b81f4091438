//! Common parts of the two mesh attention kernels: shapes, sharding of keys, and their parameters.

use program::DType;

use crate::attention_reference::Attention;
use crate::error::KernelError;
use crate::parameters::{FLOATS, MAX_DIM, MAX_HEADS, MAX_RANKS, MAX_TOKENS, Network};
use crate::reference::{Maths, Reference};
use crate::request::{Param, Request};
use crate::shapes::{ATTENTION, Shapes};
use crate::shares::Shares;

pub const RANKS: Param =
    Param { name: "ranks", default: "8", doc: "any number up to the machine's PEs, or cubes; odd ones too" };
pub const HEADS: Param = Param { name: "heads", default: "64", doc: "query heads, a multiple of kv_heads" };
pub const KV_HEADS: Param =
    Param { name: "kv_heads", default: "8", doc: "K and V heads; each serves heads / kv_heads query heads" };
pub const HEAD_DIM: Param = Param { name: "head_dim", default: "128", doc: "elements of a head" };

/// Shapes of an attention whose keys are sharded over the ranks.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub network: Network,
    pub heads: u32,
    pub kv_heads: u32,
    pub head_dim: u32,
    pub q_len: u32,
    pub kv_len: u32,
    pub dtype: DType,
}

impl Sizes {
    /// `q_len` when none is given is `queries_a_rank` times the ranks, or as the table says.
    pub fn read(request: &mut Request, queries_a_rank: Option<u32>) -> Result<Sizes, KernelError> {
        let network = Network::read(request, 1, MAX_RANKS)?;
        let kv_len = request.number("kv_len", 1..=MAX_TOKENS)?;
        let q_len = queries_a_rank.map(|each| each * network.chain.ranks);
        let sizes = Sizes::of(request, network, kv_len, q_len)?;
        within(request, "kv_len", kv_len, sizes.keys().largest(), sizes.kv_heads * sizes.head_dim)?;
        Ok(sizes)
    }

    /// `queries` are the default queries of a head; without it the table gives the default.
    fn of(
        request: &mut Request,
        network: Network,
        kv_len: u32,
        queries: Option<u32>,
    ) -> Result<Sizes, KernelError> {
        let heads = request.number("heads", 1..=MAX_HEADS)?;
        let kv_heads = request.number("kv_heads", 1..=MAX_HEADS)?;
        if !heads.is_multiple_of(kv_heads) {
            return Err(request.refuse("heads", heads, format!("a multiple of kv_heads = {kv_heads} works")));
        }
        let head_dim = request.number("head_dim", 1..=MAX_DIM)?;
        let q_len = match queries {
            Some(queries) => request.number_or("q_len", 1..=MAX_TOKENS, queries)?,
            None => request.number("q_len", 1..=MAX_TOKENS)?,
        };
        let dtype = request.dtype("dtype", &FLOATS, None)?;
        let sizes = Sizes { network, heads, kv_heads, head_dim, q_len, kv_len, dtype };
        within(request, "q_len", q_len, q_len, heads * head_dim)?;
        Ok(sizes)
    }
    /// For ranks that do not form a chain: `kv_len` queries when no number is given.
    pub fn read_alone(request: &mut Request, most_ranks: u32) -> Result<Sizes, KernelError> {
        let network = Network::read_alone(request, most_ranks)?;
        let kv_len = request.number("kv_len", 1..=MAX_TOKENS)?;
        let sizes = Sizes::of(request, network, kv_len, Some(kv_len))?;
        within(request, "kv_len", kv_len, kv_len, sizes.kv_heads * sizes.head_dim)?;
        Ok(sizes)
    }

    pub fn ranks(&self) -> u32 {
        self.network.chain.ranks
    }
    /// Query heads that share a K and V head.
    pub fn group(&self) -> u32 {
        self.heads / self.kv_heads
    }
    /// Keys over ranks.
    pub fn keys(&self) -> Shares {
        Shares { total: self.kv_len, parts: self.ranks() }
    }
    pub fn reference(&self, kernel: &'static str, causal: bool, wire: Option<DType>) -> Reference {
        let kv = [self.kv_heads, self.kv_len, self.head_dim].to_vec();
        let q = [self.heads, self.q_len, self.head_dim].to_vec();
        let inputs: Shapes = ATTENTION.iter().map(|i| i.name).zip([q, kv.clone(), kv]).collect();
        let maths = Maths::Attention(Attention { causal, dtype: self.dtype, wire });
        Reference { kernel, output: "out", inputs, maths }
    }
}

/// Refuses a length whose tensor on one rank, twice for packing, has more elements than 32 bits count.
fn within(
    request: &Request,
    name: &'static str,
    given: u32,
    on_one_rank: u32,
    width: u32,
) -> Result<(), KernelError> {
    const MAX_ELEMENTS: u32 = 1 << 30;
    let most = MAX_ELEMENTS / width;
    if on_one_rank <= most {
        return Ok(());
    }
    let allowed = format!("a rank holds {on_one_rank} rows of {width} elements; at most {most} rows work");
    Err(request.refuse(name, given, allowed))
}
