//! What is printed elsewhere and cannot be expressed here yet, by the model or by a kernel.

use super::Row;

const NO_TRAFFIC: &str = "the kernel `traffic` has routers of three cycles, not of four";
const ONE_HEAD: &str = "`mesh_flat` works on one head at a time";
const NO_MACHINE: &str = "no such machine among the presets";

/// What, unit, what is printed, source, why not.
type Printed = (&'static str, &'static str, &'static str, &'static str, &'static str);

const PRINTED: [Printed; 14] = [
    ("8×8 mesh, uniform, idle", "cycles", "27.0772", BOOKSIM, NO_TRAFFIC),
    ("8×8 torus, uniform, idle", "cycles", "25.9906", BOOKSIM, NO_TRAFFIC),
    ("8×8 torus, uniform 0.15", "cycles", "33.6964", "BookSim2's manual", NO_TRAFFIC),
    ("all_gather, line of 4, 8 KiB … 1 GiB", "µs", "10.50 … 68615.88", CCL, NO_MACHINE),
    ("reduce_scatter, line of 4, 8 KiB … 1 GiB", "µs", "14.53 … 76693.07", CCL, NO_MACHINE),
    ("all_reduce, line of 4, 8 KiB … 1 GiB", "µs", "26.98 … 145605.91", CCL, NO_MACHINE),
    ("all_to_all, line of 4, 8 KiB … 1 GiB", "µs", "10.10 … 93550.50", CCL, NO_MACHINE),
    ("collectives, ring of 8, 16 KiB … 1 GiB", "µs", "17.61 … 130650.36", CCL, NO_MACHINE),
    ("Blackhole all_reduce, ring of 8, to 1 GiB", "µs", "23.34 … 21925.95", CCL, NO_MACHINE),
    ("Wormhole DRAM read, 12 tiles, placed, random", "GB/s", "265.5, 189.8", DRAM, NO_MACHINE),
    ("N150 GEMM 4096³, bfp8 HiFi2", "TFLOPS", "94.70", "tt-metal GEMM_FLOPS.md", NO_MACHINE),
    ("ring-joint SDPA on Blackhole, iteration 0", "ms", "2.435", "tt-metal RingSDPA", NO_MACHINE),
    ("Fig. 3, FlatAsyn of D 128, S 4096", "ms", "0.611", "arXiv 2505.18824", ONE_HEAD),
    ("TPU v5e all-gather of 4, [2048, 8192] bf16", "µs", "680", "scaling-book, sharding.md", NO_MACHINE),
];
const BOOKSIM: &str = "BookSim2, commit 28f4329, run";
const CCL: &str = "tt-metal CCL_bandwidth results, Wormhole and Blackhole";
const DRAM: &str = "tt-isa-documentation, DRAMTile";

pub fn rows() -> impl Iterator<Item = Row> {
    PRINTED
        .into_iter()
        .map(|(what, unit, printed, source, note)| Row::not_modelled(what, unit, printed, source, note))
}
