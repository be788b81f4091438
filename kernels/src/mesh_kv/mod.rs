//! Prefill on a mesh: every rank keeps its own queries, and K and V travel along the chain.
//!
//! K and V of a rank travel in messages of at most `kv_block` tokens of one head. The ranks take head after head
//! and, within a head, block after block of all ranks: so the softmax state of only one head is live, and the
//! tile of rank i still reaches rank j at the step of the chain. Tiles are merged in the order in which they
//! arrive, a fixed function of rank, ranks and topology.
//!
//! A causal tile is sent only as far as the last rank with a query that sees it; ranks between forward it.

mod prefill;
mod rank;

use program::tl::{HostIndex, Recording, Tl};
use program::{Program, TensorId};

use crate::attention::{HEAD_DIM, HEADS, KV_HEADS, RANKS};
use crate::case::Case;
use crate::error::KernelError;
use crate::kernel::{Kernel, Recorded};
use crate::parameters::{DTYPE, RANK_AXIS, SLOTS, TOPOLOGY};
use crate::reference::Reference;
use crate::request::{Param, Request};
use crate::shapes::ATTENTION;
use crate::waits::WAITS;
use prefill::Prefill;

pub const PARAMS: &[Param] = &[
    RANKS,
    HEADS,
    KV_HEADS,
    HEAD_DIM,
    Param {
        name: "kv_len",
        default: "1024",
        doc: "keys, sharded over the ranks; fewer keys than ranks work",
    },
    Param { name: "q_len", default: "16 a rank", doc: "queries of every head, sharded over the ranks" },
    Param {
        name: "kv_block",
        default: "the shard, at most 128 and 1 MiB of slots",
        doc: "keys of a tile and of a message",
    },
    Param { name: "causal", default: "false", doc: "query i sees keys up to i + kv_len - q_len" },
    DTYPE,
    TOPOLOGY,
    RANK_AXIS,
    Param { name: "packed", default: "false", doc: "true: K and V of a tile in one message" },
    SLOTS,
    WAITS,
];

pub const KERNELS: &[Kernel] = &[Kernel {
    name: "mesh_kv",
    purpose: "prefill attention: queries stay on their rank, K and V travel from rank to rank",
    params: PARAMS,
    inputs: ATTENTION,
    record,
    reference,
}];

pub const CASES: &[Case] = &[
    Case::backend("mesh_kv ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 causal=true"),
    Case::backend("mesh_kv ranks=3 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 dtype=f32 slots=2"),
    Case::run("mesh_kv ranks=4 heads=4 kv_heads=2 head_dim=8 kv_len=19 q_len=11 kv_block=3 causal=true"),
    Case::run(
        "mesh_kv ranks=3 heads=2 kv_heads=2 head_dim=8 kv_len=11 q_len=9 dtype=f8e5m2 topology=ring packed=true",
    ),
    Case::run(
        "mesh_kv ranks=2 heads=2 kv_heads=1 head_dim=16 kv_len=13 q_len=7 dtype=f32 slots=2 waits=hand",
    ),
    Case::sweep("mesh_kv heads=4 kv_heads=2 head_dim=8 kv_len=13 q_len=9 kv_block=2"),
    Case::sweep("mesh_kv heads=2 kv_heads=2 head_dim=8 kv_len=11 q_len=11 kv_block=2 causal=true"),
    Case::fit("mesh_kv heads=6 kv_heads=2 head_dim=8 kv_len=37 q_len=19 kv_block=2"),
    Case::fit("mesh_kv heads=6 kv_heads=2 head_dim=8 kv_len=37 q_len=19 kv_block=2 causal=true"),
    Case::fit("mesh_kv heads=6 kv_heads=2 head_dim=8 kv_len=37 q_len=4 kv_block=1 packed=true causal=true"),
    Case::fit("mesh_kv heads=6 kv_heads=2 head_dim=8 kv_len=3 q_len=20"),
    Case::fit("mesh_kv heads=6 kv_heads=2 head_dim=8 kv_len=3 q_len=20 causal=true"),
    Case::fit("mesh_kv heads=6 kv_heads=2 head_dim=8 kv_len=1 q_len=1"),
    Case::fit("mesh_kv ranks=64 slots=8 packed=false kv_len=100 kv_heads=1 heads=8"),
    Case::edge("mesh_kv ranks=8 kv_len=2 q_len=3 heads=2 kv_heads=1 head_dim=8"),
    Case::edge("mesh_kv ranks=7 kv_len=40 q_len=5 heads=2 kv_heads=2 head_dim=8 causal=true topology=ring"),
    Case::edge("mesh_kv ranks=4 kv_len=5 q_len=20 heads=2 kv_heads=2 head_dim=8 causal=true"),
    Case::edge("mesh_kv ranks=4 kv_len=9 q_len=9 heads=2 kv_heads=2 head_dim=8 dtype=bf16"),
    Case::edge("mesh_kv ranks=64 kv_len=70 q_len=66 heads=1 kv_heads=1 head_dim=8"),
    Case::edge("mesh_kv ranks=4 rank_axis=cube kv_len=50 q_len=8 heads=2 kv_heads=1 head_dim=8 dtype=f32"),
    Case::tiny("mesh_kv ranks=4 kv_len=64 q_len=16"),
];

/// The HBM tensors of one rank, each `None` when it would be empty.
struct Home {
    /// q and out.
    pub queries: Option<[TensorId; 2]>,
    /// K and V.
    pub shard: Option<[TensorId; 2]>,
}

pub fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let prefill = Prefill::read(request)?;
    Ok(Recorded {
        program: program(&prefill, request)?,
        reference: Some(prefill.sizes.reference(request.kernel, prefill.causal, None)),
        machine: None,
    })
}

pub fn reference(request: &mut Request) -> Result<Option<Reference>, KernelError> {
    let prefill = Prefill::read(request)?;
    Ok(Some(prefill.sizes.reference(request.kernel, prefill.causal, None)))
}

fn program(prefill: &Prefill, request: &Request) -> Result<Program, KernelError> {
    let sizes = prefill.sizes;
    let tile = prefill.kv_block.min(sizes.keys().largest());
    let [rows, columns] = prefill.messages(tile)[0];
    let slot_bytes = u64::from(rows) * u64::from(columns) * sizes.dtype.size();
    let mut recording = sizes.network.recording(request, slot_bytes);
    let homes = homes(prefill, &mut recording);
    let kernel = |tl: &mut Tl| rank::prefill(tl, prefill, &homes[tl.rank() as usize]);
    recording.record(kernel).map_err(|error| KernelError::Record { kernel: request.kernel, error })
}

fn homes(prefill: &Prefill, recording: &mut Recording) -> Vec<Home> {
    let sizes = prefill.sizes;
    let kv_shape = [sizes.kv_heads, sizes.kv_len, sizes.head_dim];
    let q_shape = [sizes.heads, sizes.q_len, sizes.head_dim];
    let q = recording.input("q", q_shape, sizes.dtype);
    let kv = ["k", "v"].map(|name| recording.input(name, kv_shape, sizes.dtype));
    let out = recording.output("out", q_shape, sizes.dtype);
    let home = |rank: u32| {
        let (queries, keys) = (prefill.queries().range(rank), sizes.keys().range(rank));
        let rows = [sizes.heads, queries.end - queries.start, sizes.head_dim];
        let tokens = [sizes.kv_heads, keys.end - keys.start, sizes.head_dim];
        let mut share = |of: HostIndex| recording.input_share(of, rank, [0, keys.start, 0], tokens);
        let shard = (!keys.is_empty()).then(|| kv.map(&mut share));
        let mut own = || {
            let q = recording.input_share(q, rank, [0, queries.start, 0], rows);
            [q, recording.output_share(out, rank, [0, queries.start, 0], rows)]
        };
        Home { queries: (!queries.is_empty()).then(&mut own), shard }
    };
    (0..sizes.ranks()).map(home).collect()
}
