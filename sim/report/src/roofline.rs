//! The lower bounds of a run, and its roofline: the work of each rank beside the peak rates of the machine.

use analysis::Bounds;
use oplog::OpLog;
use program::cost;
use serde::Serialize;

use crate::ops;

#[derive(Debug, Serialize)]
pub struct Roofline {
    /// Femtoseconds, in the order in which the page lists them.
    bounds: Vec<(&'static str, u64)>,
    binding: &'static str,
    /// By rank: multiply-adds of its dots, and bytes that its ops read and wrote outside the TCMs.
    macs: Vec<u64>,
    bytes: Vec<u64>,
    /// Peak rates as fractions: multiply-adds of one GEMM unit in a cycle of its PE, and a PE's share of the bytes that
    /// all memory channels move in one of their cycles.
    macs_per_cycle: (u64, u64),
    bytes_per_cycle: (u64, u64),
    pe_cycle_fs: u64,
    memory_cycle_fs: u64,
}

impl Roofline {
    pub fn of(log: &OpLog, bounds: &Bounds) -> Roofline {
        let spec = log.machine.spec();
        let peak = cost::peak_macs_per_cycle(&spec.gemm);
        let channel = log.machine.hbm_channel_rate();
        let mut ranked: Vec<_> = bounds.ranked().into_iter().collect();
        ranked.sort_by_key(|&(bound, _)| bound);
        Roofline {
            bounds: ranked.into_iter().map(|(bound, span)| (bound.name(), span.fs())).collect(),
            binding: bounds.binding().0.name(),
            macs: macs(log),
            bytes: bytes(log),
            macs_per_cycle: (peak.numerator, peak.denominator),
            bytes_per_cycle: (
                channel.numerator * u64::from(log.machine.n_hbm_channels()),
                channel.denominator * u64::from(log.machine.mesh().n_pes()),
            ),
            pe_cycle_fs: spec.clock.pe_fs.period.fs(),
            memory_cycle_fs: spec.clock.hbm_fs.period.fs(),
        }
    }
}

fn macs(log: &OpLog) -> Vec<u64> {
    let of_rank = |rank: &program::RankProgram| {
        rank.ops.iter().map(|op| ops::macs(rank, op)).fold(0, u64::saturating_add)
    };
    log.program.ranks.iter().map(of_rank).collect()
}

fn bytes(log: &OpLog) -> Vec<u64> {
    let (bytes, firsts) = (ops::bytes(log), log.first_ops());
    firsts.windows(2).map(|ends| bytes[ends[0]..ends[1]].iter().sum()).collect()
}
