//! Weights in columns: 126 layers of TinyLlama's widths on 8 ranks, unrolled. Each rank has a share of the columns of
//! every matrix and loads it block by block, so that a transfer has as many ranges as the matrix has rows.

use program::tl::{HostIndex, Recording, Tl};
use program::{DType, Program, TensorId};

const RANKS: u32 = 8;
const LAYERS: u32 = 126;
const HIDDEN: u32 = 2048;
const FEED_FORWARD: u32 = 5632;
/// Of k and v: 4 heads of 64.
const KEYS: u32 = 256;
/// Columns that are loaded at once.
const BLOCK: u32 = 32;

/// Rows and columns of the matrices of a layer: q, k, v, o, gate, up, down.
const MATRICES: [[u32; 2]; 7] = [
    [HIDDEN, HIDDEN],
    [HIDDEN, KEYS],
    [HIDDEN, KEYS],
    [HIDDEN, HIDDEN],
    [HIDDEN, FEED_FORWARD],
    [HIDDEN, FEED_FORWARD],
    [FEED_FORWARD, HIDDEN],
];

pub fn program() -> Program {
    let mut recording = Recording::new("weights", RANKS);
    let mut shares: Vec<Vec<TensorId>> = vec![Vec::new(); RANKS as usize];
    for layer in 0..LAYERS {
        for (matrix, [rows, columns]) in MATRICES.into_iter().enumerate() {
            let host = recording.input(&format!("w{matrix}_{layer}"), [rows, columns], DType::F16);
            for (rank, shares) in (0..).zip(&mut shares) {
                shares.push(share(&mut recording, host, rank, [rows, columns / RANKS]));
            }
        }
    }
    let output = recording.output("y", [RANKS, BLOCK], DType::F32);
    let outputs: Vec<TensorId> =
        (0..RANKS).map(|rank| recording.output_share(output, rank, [rank, 0], [1, BLOCK])).collect();
    let program = recording.record(|tl| {
        let rank = tl.rank() as usize;
        multiply(tl, &shares[rank], outputs[rank]);
    });
    program.unwrap_or_else(|error| panic!("{error}"))
}

fn share(recording: &mut Recording, host: HostIndex, rank: u32, shape: [u32; 2]) -> TensorId {
    recording.input_share(host, rank, [0, rank * shape[1]], shape)
}

fn multiply(tl: &mut Tl, shares: &[TensorId], output: TensorId) {
    let x = [HIDDEN, FEED_FORWARD].map(|rows| tl.full([1, rows], DType::F16, 1.0));
    let sum = tl.full([1, BLOCK], DType::F32, 0.0);
    for (share, [rows, columns]) in shares.iter().zip(MATRICES.into_iter().cycle()) {
        let x = x[usize::from(rows == FEED_FORWARD)];
        for block in 0..columns / RANKS / BLOCK {
            let weights = tl.tensor(*share).slice(1, block * BLOCK, BLOCK);
            let weights = tl.load(weights);
            tl.dot_acc(sum, x, weights);
        }
    }
    let output = tl.tensor(output);
    tl.store(sum, output);
}
