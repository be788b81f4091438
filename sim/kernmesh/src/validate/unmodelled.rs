//! What is printed elsewhere and cannot be expressed here yet, by the model or by a kernel.

use super::Row;

const NO_TRAFFIC: &str = "the kernel `traffic` has routers of three cycles, not of four";
const ONE_HEAD: &str = "`mesh_flat` works on one head at a time";
const NO_MACHINE: &str = "no such machine among the presets";
const NO_BUFFERS: &str = "a writer is not stopped by full buffers on its way";
const NO_KERNEL: &str = "no such kernel";

/// What, unit, what is printed, source, why not.
type Printed = (&'static str, &'static str, &'static str, &'static str, &'static str);

const PRINTED: [Printed; 7] = [
    ("8×8 mesh, uniform, idle", "cycles", "27.0772", BOOKSIM, NO_TRAFFIC),
    ("8×8 torus, uniform, idle", "cycles", "25.9906", BOOKSIM, NO_TRAFFIC),
    ("8×8 torus, uniform 0.15", "cycles", "33.6964", "BookSim2's manual", NO_TRAFFIC),
    ("Wormhole DRAM writes, 48 tiles, dynamic VCs", "GB/s", "81.7", DRAM, NO_BUFFERS),
    ("ring-joint SDPA on Blackhole, iteration 0", "ms", "2.435", "tt-metal RingSDPA", NO_KERNEL),
    ("Fig. 3, FlatAsyn of D 128, S 4096", "ms", "0.611", "arXiv 2505.18824", ONE_HEAD),
    ("TPU v5e all-gather of 4, [2048, 8192] bf16", "µs", "680", "scaling-book, sharding.md", NO_MACHINE),
];
const BOOKSIM: &str = "BookSim2, commit 28f4329, run";
const DRAM: &str = "tt-isa-documentation, DRAMTile";

pub fn rows() -> impl Iterator<Item = Row> {
    PRINTED
        .into_iter()
        .map(|(what, unit, printed, source, note)| Row::not_modelled(what, unit, printed, source, note))
}
