//! c = a · b. Every rank keeps a panel of rows of a and computes the same rows of c; blocks of columns of b
//! travel from rank to rank. On one rank nothing travels.
//!
//! The blocks bound what lies in TCM: for at most [`ROWS`] rows of a rank and [`COLUMNS`] columns of every rank,
//! k advances in blocks of [`DEPTH`], so each output is accumulated in f32 for k ascending and rounded once. A
//! rank with more rows sees b travel once for every panel of [`ROWS`] rows.

mod rank;

use program::tl::{Recording, Tl};
use program::{DType, Program, TensorId};

use crate::case::Case;
use crate::error::KernelError;
use crate::exchange::Exchange;
use crate::gemm_reference::Matmul;
use crate::kernel::{Kernel, Recorded};
use crate::parameters::{DTYPE, FLOATS, MAX_RANKS, Network, RANK_AXIS, SLOTS, TOPOLOGY};
use crate::reference::{Maths, Reference};
use crate::request::{Param, Request};
use crate::shapes::MATMUL;
use crate::shares::Shares;
use crate::waits::WAITS;

const ROWS: u32 = 128;
const COLUMNS: u32 = 64;
const DEPTH: u32 = 128;
/// Keeps the elements of every matrix countable in 32 bits.
const MAX_EXTENT: u32 = 32768;

pub const PARAMS: &[Param] = &[
    Param { name: "ranks", default: "4", doc: "as many as the machine has PEs, or cubes; 1 is a single PE" },
    Param { name: "m", default: "256", doc: "rows of a and c" },
    Param { name: "n", default: "256", doc: "columns of b and c" },
    Param { name: "k", default: "256", doc: "columns of a, rows of b" },
    DTYPE,
    TOPOLOGY,
    RANK_AXIS,
    SLOTS,
    WAITS,
];

pub const KERNELS: &[Kernel] = &[Kernel {
    name: "gemm",
    purpose: "matrix product: row panels of a stay on their rank, column blocks of b travel",
    params: PARAMS,
    inputs: MATMUL,
    record,
    reference,
}];

pub const CASES: &[Case] = &[
    Case::backend("gemm ranks=4 m=33 n=29 k=41"),
    Case::backend("gemm ranks=3 m=17 n=9 k=24 dtype=f32 topology=ring"),
    Case::backend("gemm ranks=3 m=17 n=9 k=24 dtype=bf16"),
    Case::backend("gemm ranks=2 m=16 n=16 k=24 dtype=f8e4m3"),
    Case::backend("gemm ranks=2 m=16 n=16 k=24 dtype=f8e5m2"),
    Case::run("gemm ranks=4 m=13 n=9 k=31"),
    Case::run("gemm ranks=3 m=17 n=9 k=24 dtype=f8e4m3 topology=ring slots=2"),
    Case::sweep("gemm m=13 n=9 k=150"),
    Case::fit("gemm m=5 n=7 k=3"),
    Case::fit("gemm m=300 n=70 k=200"),
    Case::fit("gemm m=1 n=1 k=1"),
    Case::fit("gemm m=2 n=140 k=129"),
    Case::fit("gemm ranks=64 slots=8"),
    Case::edge("gemm ranks=8 m=3 n=2 k=5"),
    Case::tiny("gemm ranks=4"),
];

#[derive(Clone, Copy, Debug)]
struct Gemm {
    network: Network,
    m: u32,
    n: u32,
    k: u32,
    dtype: DType,
}

impl Gemm {
    fn read(request: &mut Request) -> Result<Gemm, KernelError> {
        let network = Network::read(request, 1, MAX_RANKS)?;
        let [m, n, k] = ["m", "n", "k"].map(|name| request.number(name, 1..=MAX_EXTENT));
        Ok(Gemm { network, m: m?, n: n?, k: k?, dtype: request.dtype("dtype", &FLOATS, None)? })
    }
    fn rows(&self) -> Shares {
        Shares { total: self.m, parts: self.network.chain.ranks }
    }
    fn columns(&self) -> Shares {
        Shares { total: self.n, parts: self.network.chain.ranks }
    }
    /// k in blocks.
    fn depth(&self) -> Shares {
        Shares { total: self.k, parts: 1 }
    }
    fn exchange(&self) -> Exchange {
        let Network { chain, slots, waits, .. } = self.network;
        Exchange { chain, dtype: self.dtype, slots, messages: 1, waits }
    }
    fn reference(&self, kernel: &'static str) -> Reference {
        let inputs = vec![("a", vec![self.m, self.k]), ("b", vec![self.k, self.n])];
        Reference { kernel, output: "c", inputs, maths: Maths::Matmul(Matmul { dtype: self.dtype }) }
    }
}

/// The HBM tensors of one rank, each `None` when it would be empty.
struct Home {
    /// Rows of a and of c.
    rows: Option<[TensorId; 2]>,
    /// Columns of b.
    columns: Option<TensorId>,
}

fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let gemm = Gemm::read(request)?;
    let slot_bytes = u64::from(DEPTH.min(gemm.k)) * u64::from(COLUMNS.min(gemm.columns().largest()));
    let mut recording = gemm.network.recording(request, slot_bytes * gemm.dtype.size());
    let homes = homes(&gemm, &mut recording);
    let kernel = |tl: &mut Tl| rank::multiply(tl, &gemm, &homes[tl.rank() as usize]);
    let recorded: Result<Program, _> = recording.record(kernel);
    let program = recorded.map_err(|error| KernelError::Record { kernel: request.kernel, error })?;
    Ok(Recorded { program, reference: Some(gemm.reference(request.kernel)), machine: None })
}

fn reference(request: &mut Request) -> Result<Option<Reference>, KernelError> {
    Ok(Some(Gemm::read(request)?.reference(request.kernel)))
}

fn homes(gemm: &Gemm, recording: &mut Recording) -> Vec<Home> {
    let a = recording.input("a", [gemm.m, gemm.k], gemm.dtype);
    let b = recording.input("b", [gemm.k, gemm.n], gemm.dtype);
    let c = recording.output("c", [gemm.m, gemm.n], gemm.dtype);
    let home = |rank: u32| {
        let (rows, columns) = (gemm.rows().range(rank), gemm.columns().range(rank));
        let (height, width) = (rows.end - rows.start, columns.end - columns.start);
        let mut panels = || {
            let a = recording.input_share(a, rank, [rows.start, 0], [height, gemm.k]);
            [a, recording.output_share(c, rank, [rows.start, 0], [height, gemm.n])]
        };
        let panels = (!rows.is_empty()).then(&mut panels);
        let mut block = || recording.input_share(b, rank, [0, columns.start], [gemm.k, width]);
        Home { rows: panels, columns: (!columns.is_empty()).then(&mut block) }
    };
    (0..gemm.network.chain.ranks).map(home).collect()
}
