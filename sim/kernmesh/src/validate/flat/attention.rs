//! FlatAttention's figures 3 and 4: `mesh_flat` on all PEs of `softhier32`.
//!
//! A square of PEs takes one head, and of its queries one block, after the other; so one block of one head of every
//! square is timed, and taken as often as there are. Where it was compared that is 3 % too long, for what begins
//! before the block before has ended (S 1024, squares of 4: 2 × 64 035 cycles for 124 048).

use machine::SimTime;
use machine::spec::Collectives;
use oplog::OpLog;
use program::Rank;

use super::{Row, softhier};
use crate::error::Error;
use crate::measure::Bench;

const REDMULE: &str = "FlatAttention, arXiv 2505.18824, Fig. 4: RedMulE, of B 4, H 32, D 128, digitised";
const TOTAL: &str = "FlatAttention, arXiv 2505.18824, Fig. 4: run time, of B 4, H 32, D 128, digitised";
const FABRIC: &str = "FlatAttention, arXiv 2505.18824, Fig. 3: FlatColl, of B 2, H 32, digitised";
const SOFTWARE: &str = "FlatAttention, arXiv 2505.18824, Fig. 3: Flat by software, of B 2, H 32, digitised";
const RATIO: &str = "FlatAttention, arXiv 2505.18824, Fig. 3: software over FlatColl";
const MOVED: &str = "RedMulE's model was changed between the papers: it fills small slices less well";
const NO_OVERLAP: &str = "theirs works on two heads at a time, so that one's products hide the other's softmax and \
                          transfers; `mesh_flat` has one";
const OTHERS: &str =
    "softmax, memory and software around the transfers are ours; TCMs have room for a slot a member";
/// Of the matrix part where slices are 128, and of what the fabric gains.
const MATRIX: f64 = 5.0;
const GAIN: f64 = 20.0;
const PES: u32 = 1024;
const FIG_4_HEADS: u32 = 4 * 32;
const FIG_3_HEADS: u32 = 2 * 32;

/// Keys and queries; for squares of 4, 8, 16 and 32: what RedMulE takes and the whole, in µs.
type Fig4 = (u32, [[f64; 2]; 4]);
const FIG_4: [Fig4; 4] = [
    (512, [[16.8, 70.0], [18.3, 65.0], [26.2, 140.0], [72.3, 588.0]]),
    (1024, [[67.2, 178.0], [67.2, 113.0], [73.2, 183.0], [104.6, 663.0]]),
    (2048, [[268.7, 630.0], [268.8, 396.0], [268.9, 307.0], [291.3, 846.0]]),
    (4096, [[1074.8, 2611.0], [1074.8, 1470.0], [1074.9, 1177.0], [1075.1, 1205.0]]),
];
const SIDES: [u32; 4] = [4, 8, 16, 32];

/// D, S; ms by software and by the fabric.
pub type Fig3 = (u32, u32, f64, f64);
pub const FIG_3: [Fig3; 6] = [
    (64, 1024, 2.320, 0.451),
    (64, 2048, 2.655, 0.596),
    (64, 4096, 3.718, 1.002),
    (128, 1024, 2.561, 0.502),
    (128, 2048, 3.426, 0.724),
    (128, 4096, 5.618, 1.429),
];

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let (mut matrix, mut total) = (Vec::new(), Vec::new());
    for (length, printed) in FIG_4 {
        for (side, printed) in SIDES.into_iter().zip(printed) {
            let [of_matrix, of_all] = fig_4(bench, length, side, printed)?;
            matrix.push(of_matrix);
            total.push(of_all);
        }
    }
    matrix.sort_by_key(|row| !row.held);
    let mut fig_3_rows: [Vec<Row>; 3] = Default::default();
    for case in &FIG_3 {
        for (rows, row) in fig_3_rows.iter_mut().zip(fig_3(bench, case)?) {
            rows.push(row);
        }
    }
    Ok([matrix, total].into_iter().chain(fig_3_rows).flatten().collect())
}

/// What RedMulE takes, and the whole.
pub fn fig_4(bench: &Bench, length: u32, side: u32, printed: [f64; 2]) -> Result<[Row; 2], Error> {
    let attention = Attention { length, side, dim: 128, heads: FIG_4_HEADS };
    let [matrix, total] = attention.takes(bench, Collectives::Fabric)?.map(|ns| ns / 1e3);
    let what = |of: &str| format!("Fig. 4, {of}: S {length}, groups {side}");
    let matrix = match attention.slice() {
        128 => Row::near(what("RedMulE"), "µs", printed[0], matrix, MATRIX, REDMULE),
        _ => Row::shown(what("RedMulE"), "µs", printed[0], matrix, REDMULE, MOVED),
    };
    Ok([matrix, Row::shown(what("total"), "µs", printed[1], total, TOTAL, NO_OVERLAP)])
}

/// By the fabric, by software, and how many times as long that is.
pub fn fig_3(bench: &Bench, &(dim, length, software, fabric): &Fig3) -> Result<[Row; 3], Error> {
    let attention = Attention { length, side: 32, dim, heads: FIG_3_HEADS };
    let [by_software, by_fabric] =
        [Collectives::Software, Collectives::Fabric].map(|by| attention.takes(bench, by));
    let ms = |took: [f64; 2]| took[1] / 1e6;
    let (by_software, by_fabric) = (ms(by_software?), ms(by_fabric?));
    let what = |of: &str| format!("Fig. 3, {of}: D {dim}, S {length}");
    let ratio = by_software / by_fabric;
    Ok([
        Row::shown(what("FlatColl"), "ms", fabric, by_fabric, FABRIC, OTHERS),
        Row::shown(what("software"), "ms", software, by_software, SOFTWARE, OTHERS),
        Row::near(what("ratio"), "×", software / fabric, ratio, GAIN, RATIO),
    ])
}

/// Of `heads` heads on all PEs.
struct Attention {
    length: u32,
    side: u32,
    dim: u32,
    heads: u32,
}

impl Attention {
    /// At most 128, as theirs.
    fn slice(&self) -> u32 {
        (self.length / self.side).min(128)
    }
    /// What the GEMM unit of the first PE takes, and the whole; in ns.
    fn takes(&self, bench: &Bench, by: Collectives) -> Result<[f64; 2], Error> {
        let squares = PES / (self.side * self.side);
        let block = self.side * self.slice();
        let numbers = [
            ("ranks", PES),
            ("side", self.side),
            ("heads", squares),
            ("kv_heads", squares),
            ("head_dim", self.dim),
            ("kv_len", self.length),
            ("q_len", block),
            ("slice", self.slice()),
        ];
        let mut given: kernels::Texts =
            numbers.map(|(key, value)| (key.to_owned(), value.to_string())).into();
        given.insert("wire_dtype".to_owned(), "f16".to_owned());
        let recorded = kernels::find("mesh_flat")?.record(&given)?;
        let mut spec = softhier()?;
        spec.noc.collectives = by;
        let log = bench.run_program(&spec, recorded.program)?;
        let times = f64::from(self.heads / squares * (self.length / block));
        let all = log.makespan() - SimTime::ZERO;
        Ok([multiplied(&log), all.fs() as f64].map(|fs| fs / 1e6 * times))
    }
}

/// By the first PE, in fs.
fn multiplied(log: &OpLog) -> f64 {
    let ops = log.program.rank(Rank(0)).ops.iter().enumerate();
    let took = ops.filter(|(_, op)| op.kind() == "dot").map(|(index, _)| {
        let op = log.first_ops()[0] + index;
        (log.entries.done[op] - log.entries.start[op]).fs()
    });
    took.sum::<u64>() as f64
}
