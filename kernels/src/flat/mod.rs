//! FlatAttention (arXiv 2505.18824): squares of PEs share the work of a head. In a square the ranks of a row share
//! queries and those of a column share keys: queries are multicast along rows, K and V along columns, and each rank
//! takes the product of its own. The maxima of a row are reduced after every block of keys, the sums and the outputs
//! once at the end.
//!
//! The root of a row, the rank on the diagonal, loads the queries, reduces, and stores.
//! Fewer queries or keys than a side leave the last rows or columns of a square with nothing to do.

mod groups;
mod rank;
mod square;

use program::tl::{Recording, Tl};
use program::{DType, TensorId};

use crate::attention::{HEAD_DIM, HEADS, KV_HEADS, Sizes};
use crate::case::Case;
use crate::error::KernelError;
use crate::kernel::{Kernel, Recorded};
use crate::parameters::{DTYPE, MAX_TOKENS, RANK_AXIS, WIRES};
use crate::request::{Param, Request};
use crate::shapes::ATTENTION;
use crate::waits::WAITS;
use groups::Groups;
use square::{Square, Squares};

use crate::parameters::MAX_RANKS;
/// Blocks of queries by blocks of keys, of all heads; each records some dozen ops on every rank.
const MAX_STEPS: u64 = 1 << 18;

pub const PARAMS: &[Param] = &[
    Param { name: "ranks", default: "4", doc: "in squares; a rank is a PE or a cube of the machine" },
    Param {
        name: "side",
        default: "the largest whose square divides ranks",
        doc: "of a square: ranks that share queries, and ranks that share keys",
    },
    HEADS,
    KV_HEADS,
    HEAD_DIM,
    Param { name: "kv_len", default: "256", doc: "keys" },
    Param { name: "q_len", default: "kv_len", doc: "queries of every head" },
    Param { name: "slice", default: "32", doc: "queries, and keys, of a rank at a time" },
    DTYPE,
    Param {
        name: "wire_dtype",
        default: "f32",
        doc: "of maxima, sums and outputs on their way: f32, f16 or bf16",
    },
    Param { name: "slots", default: "2", doc: "slots of every ring of messages" },
    RANK_AXIS,
    WAITS,
];

pub const KERNELS: &[Kernel] = &[Kernel {
    name: "mesh_flat",
    purpose: "prefill attention: rows of a square of ranks share queries, its columns keys",
    params: PARAMS,
    inputs: ATTENTION,
    record,
    reference,
}];

pub const CASES: &[Case] = &[
    Case::backend(
        "mesh_flat ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=53 q_len=31 slice=8 wire_dtype=f16",
    ),
    Case::run("mesh_flat ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=13 q_len=9 slice=4"),
    Case::run(
        "mesh_flat ranks=9 heads=2 kv_heads=1 head_dim=8 kv_len=17 q_len=5 slice=3 wire_dtype=f16 waits=hand",
    ),
    Case::sweep("mesh_flat heads=4 kv_heads=2 head_dim=8 kv_len=13 q_len=9 slice=2"),
    Case::fit("mesh_flat heads=6 kv_heads=2 head_dim=8 kv_len=37 q_len=19 slice=2"),
    Case::fit("mesh_flat heads=6 kv_heads=2 head_dim=8 kv_len=3 q_len=20 slice=1"),
    Case::fit("mesh_flat heads=6 kv_heads=2 head_dim=8 kv_len=1 q_len=1"),
    Case::fit("mesh_flat heads=6 kv_heads=2 head_dim=8 kv_len=50"),
    Case::fit("mesh_flat heads=6 kv_heads=2 head_dim=8 ranks=36 kv_len=37 q_len=19 slice=2"),
    Case::edge("mesh_flat ranks=8 kv_len=2 q_len=3 heads=2 kv_heads=1 head_dim=8"),
    Case::edge("mesh_flat ranks=9 kv_len=40 q_len=5 heads=2 kv_heads=2 head_dim=8 slice=3 wire_dtype=f16"),
    Case::edge("mesh_flat ranks=64 kv_len=70 q_len=66 heads=2 kv_heads=1 head_dim=8 side=4 slice=5"),
    Case::tiny("mesh_flat ranks=4 kv_len=64"),
];

/// Sizes of the attention, and the squares that compute it.
#[derive(Clone, Copy, Debug)]
struct Flat {
    sizes: Sizes,
    squares: Squares,
    wire: DType,
}

impl Flat {
    fn read(request: &mut Request) -> Result<Flat, KernelError> {
        let sizes = Sizes::read_alone(request, MAX_RANKS)?;
        let side = request.number_or("side", 1..=MAX_RANKS, square::largest_side(sizes.ranks()))?;
        if !sizes.ranks().is_multiple_of(side * side) {
            let allowed = format!("its square must divide ranks = {}", sizes.ranks());
            return Err(request.refuse("side", side, allowed));
        }
        let slice = request.number("slice", 1..=MAX_TOKENS)?;
        let wire = request.dtype("wire_dtype", &WIRES, None)?;
        let squares = Squares::of(&sizes, side, slice);
        let steps = u64::from(squares.q_blocks()) * u64::from(squares.kv_blocks()) * u64::from(sizes.heads);
        if steps > MAX_STEPS {
            let longer = format!("that makes {steps} steps of a head: at most {MAX_STEPS} work");
            return Err(request.refuse("slice", slice, longer));
        }
        Ok(Flat { sizes, squares, wire })
    }
    fn reference(&self, request: &Request) -> crate::Reference {
        self.sizes.reference(request.kernel, false, Some(self.wire))
    }
}

/// The HBM tensors of one rank.
#[derive(Clone, Debug, Default)]
struct Home {
    /// By block of queries: q and out; of the roots of rows.
    queries: Vec<[TensorId; 2]>,
    /// By block of keys: K and V; of the roots of columns.
    keys: Vec<[TensorId; 2]>,
}

fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let flat = Flat::read(request)?;
    let mut recording = Recording::new(request.kernel, flat.sizes.ranks());
    recording.params(request.resolved()).rank_axis(flat.sizes.network.rank_axis);
    let homes = homes(&flat, &mut recording);
    let groups = Groups::declare(&flat, &mut recording);
    let kernel = |tl: &mut Tl| rank::attend(tl, &flat, &groups, &homes[tl.rank() as usize]);
    let recorded = recording.record(kernel);
    let program = recorded.map_err(|error| KernelError::Record { kernel: request.kernel, error })?;
    Ok(Recorded { program, reference: Some(flat.reference(request)), machine: None })
}

fn reference(request: &mut Request) -> Result<Option<crate::Reference>, KernelError> {
    let flat = Flat::read(request)?;
    Ok(Some(flat.reference(request)))
}

fn homes(flat: &Flat, recording: &mut Recording) -> Vec<Home> {
    let (sizes, squares) = (&flat.sizes, &flat.squares);
    let q_shape = [sizes.heads, sizes.q_len, sizes.head_dim];
    let kv_shape = [sizes.kv_heads, sizes.kv_len, sizes.head_dim];
    let q = recording.input("q", q_shape, sizes.dtype);
    let kv = ["k", "v"].map(|name| recording.input(name, kv_shape, sizes.dtype));
    let out = recording.output("out", q_shape, sizes.dtype);
    let mut homes = vec![Home::default(); sizes.ranks() as usize];
    for square in squares.all() {
        let heads = squares.heads(square);
        let (first, count) = (heads.start, heads.end - heads.start);
        if count == 0 {
            continue;
        }
        for row in 0..squares.rows() {
            let rank = squares.rank(squares.root_of_row(square, row));
            let blocks = (0..squares.q_blocks()).map(|block| {
                let queries = squares.queries(block, row);
                let start = [first * sizes.group(), queries.start, 0];
                let shape = [count * sizes.group(), queries.end - queries.start, sizes.head_dim];
                let q = recording.input_share(q, rank, start, shape);
                [q, recording.output_share(out, rank, start, shape)]
            });
            homes[rank as usize].queries = blocks.collect();
        }
        for column in 0..squares.columns() {
            let rank = squares.rank(squares.root_of_column(square, column));
            let blocks = (0..squares.kv_blocks()).map(|block| {
                let keys = squares.keys(block, column);
                let shape = [count, keys.end - keys.start, sizes.head_dim];
                kv.map(|of| recording.input_share(of, rank, [first, keys.start, 0], shape))
            });
            homes[rank as usize].keys = blocks.collect();
        }
    }
    homes
}
