//! Decode on a mesh: every rank attends to its own shard of K and V, then all ranks exchange their partials
//! (m, l, o) and each merges all of them.
//!
//! A partial travels with m rounded to the wire dtype *before* the exponentials that use it as their reference:
//! any reference will do, so the rounding costs nothing, and sending another m than l and o were made with would
//! multiply a rank's weight by exp(its rounding error). o is divided by l first, so that it cannot overflow.
//! Every rank keeps the n partials, its own as rounded, and folds them in rank order: all ranks end with the
//! same bits.

mod decode;
mod rank;

use program::tl::{HostIndex, Recording, Tl};
use program::{Program, TensorId};

use crate::attention::{HEAD_DIM, HEADS, KV_HEADS, RANKS, Sizes};
use crate::case::Case;
use crate::error::KernelError;
use crate::kernel::{Kernel, Recorded};
use crate::parameters::{DTYPE, RANK_AXIS, SLOTS, TOPOLOGY};
use crate::reference::Reference;
use crate::request::{Param, Request};
use crate::shapes::ATTENTION;
use crate::waits::WAITS;
use decode::Decode;

pub const PARAMS: &[Param] = &[
    RANKS,
    HEADS,
    KV_HEADS,
    HEAD_DIM,
    Param {
        name: "kv_len",
        default: "8192",
        doc: "keys, sharded over the ranks; fewer keys than ranks work",
    },
    Param { name: "q_len", default: "1", doc: "queries of every head" },
    Param { name: "kv_block", default: "the shard, at most 128", doc: "keys of a tile" },
    DTYPE,
    Param {
        name: "wire_dtype",
        default: "dtype, f16 for 8-bit floats",
        doc: "of partials: f32, f16 or bf16",
    },
    TOPOLOGY,
    RANK_AXIS,
    Param { name: "packed", default: "false", doc: "true: m, l and o of a rank in one message" },
    SLOTS,
    WAITS,
];

pub const KERNELS: &[Kernel] = &[Kernel {
    name: "mesh_mlo",
    purpose: "decode attention: keys sharded over ranks, (m, l, o) partials merged by every rank",
    params: PARAMS,
    inputs: ATTENTION,
    record,
    reference,
}];

pub const CASES: &[Case] = &[
    Case::backend("mesh_mlo ranks=5 heads=6 kv_heads=2 head_dim=16 kv_len=53 kv_block=8"),
    Case::backend(
        "mesh_mlo ranks=4 heads=4 kv_heads=4 head_dim=16 kv_len=53 dtype=bf16 topology=ring packed=true slots=1",
    ),
    Case::backend("mesh_mlo ranks=3 heads=4 kv_heads=2 head_dim=16 kv_len=40 dtype=f32 wire_dtype=f16"),
    Case::run("mesh_mlo ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=29 kv_block=3"),
    Case::run(
        "mesh_mlo ranks=3 heads=4 kv_heads=2 head_dim=16 kv_len=21 dtype=bf16 topology=ring packed=true slots=1",
    ),
    Case::run("mesh_mlo ranks=4 heads=2 kv_heads=1 head_dim=8 kv_len=13 dtype=f32 wire_dtype=f16 waits=hand"),
    Case::sweep("mesh_mlo heads=6 kv_heads=2 head_dim=8 kv_len=13 kv_block=2"),
    Case::fit("mesh_mlo heads=4 kv_heads=2 head_dim=8 kv_len=37 kv_block=2"),
    Case::fit("mesh_mlo heads=4 kv_heads=2 head_dim=8 kv_len=3"),
    Case::fit("mesh_mlo heads=4 kv_heads=2 head_dim=8 kv_len=1 q_len=3"),
    Case::fit("mesh_mlo ranks=64 slots=8 packed=false kv_len=100"),
    Case::fit("mesh_mlo ranks=16 slots=8 packed=false rank_axis=cube"),
    Case::edge("mesh_mlo ranks=8 kv_len=1 heads=2 kv_heads=2 head_dim=8"),
    Case::edge("mesh_mlo ranks=8 kv_len=3 heads=12 kv_heads=1 head_dim=8 q_len=3"),
    Case::edge("mesh_mlo ranks=5 kv_len=4 heads=6 kv_heads=3 head_dim=8 topology=ring dtype=bf16"),
    Case::edge("mesh_mlo ranks=64 kv_len=100 heads=2 kv_heads=1 head_dim=8"),
    Case::edge("mesh_mlo ranks=16 rank_axis=cube kv_len=50 heads=2 kv_heads=1 head_dim=8 topology=ring"),
    Case::edge("mesh_mlo ranks=4 kv_len=60 heads=2 kv_heads=1 head_dim=8 dtype=f32 wire_dtype=f16"),
    Case::tiny("mesh_mlo ranks=4 kv_len=64"),
];

/// The HBM tensors of one rank.
struct Home {
    pub q: TensorId,
    /// K and V; `None` for a rank without keys.
    pub shard: Option<[TensorId; 2]>,
    pub out: TensorId,
}

pub fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let decode = Decode::read(request)?;
    Ok(Recorded {
        program: program(&decode, request)?,
        reference: Some(decode.sizes.reference(request.kernel, false, Some(decode.wire))),
        machine: None,
    })
}

pub fn reference(request: &mut Request) -> Result<Option<Reference>, KernelError> {
    let decode = Decode::read(request)?;
    Ok(Some(decode.sizes.reference(request.kernel, false, Some(decode.wire))))
}

fn program(decode: &Decode, request: &Request) -> Result<Program, KernelError> {
    let sizes = decode.sizes;
    let largest =
        decode.messages().iter().map(|[rows, columns]| u64::from(rows * columns)).max().unwrap_or(1);
    let mut recording = sizes.network.recording(request, largest * decode.wire.size());
    let homes = homes(&sizes, &mut recording);
    let kernel = |tl: &mut Tl| rank::decode(tl, decode, &homes[tl.rank() as usize]);
    recording.record(kernel).map_err(|error| KernelError::Record { kernel: request.kernel, error })
}

fn homes(sizes: &Sizes, recording: &mut Recording) -> Vec<Home> {
    let whole_q = [sizes.heads, sizes.q_len, sizes.head_dim];
    let whole_kv = [sizes.kv_heads, sizes.kv_len, sizes.head_dim];
    let q = recording.input("q", whole_q, sizes.dtype);
    let kv = ["k", "v"].map(|name| recording.input(name, whole_kv, sizes.dtype));
    let out = recording.output("out", whole_q, sizes.dtype);
    let home = |rank: u32| {
        let keys = sizes.keys().range(rank);
        let shape = [sizes.kv_heads, keys.end - keys.start, sizes.head_dim];
        let mut share = |of: HostIndex| recording.input_share(of, rank, [0, keys.start, 0], shape);
        let shard = (!keys.is_empty()).then(|| kv.map(&mut share));
        let q = recording.input_share(q, rank, [0, 0, 0], whole_q);
        Home { q, shard, out: recording.output_share(out, rank, [0, 0, 0], whole_q) }
    };
    (0..sizes.ranks()).map(home).collect()
}
