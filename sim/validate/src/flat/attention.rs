//! FlatAttention's figures 3 and 4: `mesh_flat` on all PEs of `softhier32`.
//!
//! A square of PEs works on one head after the other, and on one block of its queries after the other. One block of one
//! head of every square is timed, and multiplied by their number. Where it was compared the product is 3 % too long,
//! because a block begins before the one before it has ended (S 1024, squares of 4: 2 × 64 035 cycles for 124 048).

use machine::SimTime;
use machine::spec::Collectives;
use oplog::OpLog;
use probe::{Bench, BenchError};
use program::Rank;
use serde::Deserialize;

use super::softhier;
use crate::row::{Origin, Row};

/// Slices of the source, at most.
const SLICE: u32 = 128;
const PES: u32 = 1024;
const FIG_4_HEADS: u32 = 4 * 32;
const FIG_3_HEADS: u32 = 2 * 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    pub fig_4: Fig4,
    pub fig_3: Fig3,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fig4 {
    pub rows: Vec<Fig4Row>,
    matrix: Origin,
    total: Origin,
    short_slices: Origin,
}

/// µs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fig4Row {
    length: u32,
    side: u32,
    matrix: f64,
    total: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fig3 {
    pub rows: Vec<Fig3Row>,
    fabric: Origin,
    software: Origin,
    ratio: Origin,
}

/// ms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fig3Row {
    dim: u32,
    length: u32,
    software: f64,
    fabric: f64,
}

pub fn figures() -> Figures {
    crate::parsed(include_str!("../../data/flat/attention.toml"))
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Figures { fig_4, fig_3 } = figures();
    let [mut matrix, mut total] = [const { Vec::new() }; 2];
    for printed in &fig_4.rows {
        let [of_matrix, of_all] = fig_4.measured(bench, printed)?;
        matrix.push(of_matrix);
        total.push(of_all);
    }
    matrix.sort_by_key(|row| !row.held);
    let mut fig_3_rows: [Vec<Row>; 3] = Default::default();
    for printed in &fig_3.rows {
        for (rows, row) in fig_3_rows.iter_mut().zip(fig_3.measured(bench, printed)?) {
            rows.push(row);
        }
    }
    Ok([matrix, total].into_iter().chain(fig_3_rows).flatten().collect())
}

impl Fig4 {
    /// Time of RedMulE, and of the whole.
    pub fn measured(&self, bench: &Bench, printed: &Fig4Row) -> Result<[Row; 2], BenchError> {
        let &Fig4Row { length, side, .. } = printed;
        let attention = Attention { length, side, dim: 128, heads: FIG_4_HEADS };
        let [matrix, total] = attention.times(bench, Collectives::Fabric)?.map(|ns| ns / 1e3);
        let what = |of: &str| format!("Fig. 4, {of}: S {length}, groups {side}");
        let of_matrix = if attention.slice() == SLICE { &self.matrix } else { &self.short_slices };
        Ok([
            of_matrix.row(what("RedMulE"), printed.matrix, matrix),
            self.total.row(what("total"), printed.total, total),
        ])
    }
}

impl Fig3 {
    /// Time by the fabric, by software, and their ratio.
    pub fn measured(&self, bench: &Bench, printed: &Fig3Row) -> Result<[Row; 3], BenchError> {
        let &Fig3Row { dim, length, .. } = printed;
        let attention = Attention { length, side: 32, dim, heads: FIG_3_HEADS };
        let ms = |by| attention.times(bench, by).map(|[_, total]| total / 1e6);
        let (software, fabric) = (ms(Collectives::Software)?, ms(Collectives::Fabric)?);
        let what = |of: &str| format!("Fig. 3, {of}: D {dim}, S {length}");
        Ok([
            self.fabric.row(what("FlatColl"), printed.fabric, fabric),
            self.software.row(what("software"), printed.software, software),
            self.ratio.row(what("ratio"), printed.software / printed.fabric, software / fabric),
        ])
    }
}

/// Attention of `heads` heads on all PEs.
struct Attention {
    length: u32,
    side: u32,
    dim: u32,
    heads: u32,
}

impl Attention {
    fn slice(&self) -> u32 {
        (self.length / self.side).min(SLICE)
    }
    /// Nanoseconds of the GEMM unit of the first PE, and of the whole.
    fn times(&self, bench: &Bench, by: Collectives) -> Result<[f64; 2], BenchError> {
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

/// Time of the first PE's products, in fs.
fn multiplied(log: &OpLog) -> f64 {
    let ops = log.program.rank(Rank(0)).ops.iter().enumerate();
    let took = ops.filter(|(_, op)| op.kind() == "dot").map(|(index, _)| {
        let op = log.first_ops()[0] + index;
        (log.entries.done[op] - log.entries.start[op]).fs()
    });
    took.sum::<u64>() as f64
}
