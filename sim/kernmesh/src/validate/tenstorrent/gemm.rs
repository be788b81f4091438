//! One product over the grid of a chip, against tables of Tenstorrent: every core has a block of the result; blocks of
//! the first operand come along rows and of the second along columns, from core to core, while those before them are
//! multiplied.

use machine::spec::Phases;
use machine::{GemmSpec, MachineSpec, SimTime};
use program::DType;
use program::tl::{Recording, Tile, Tl};
use program::view::{RingId, TensorId};

use super::torus::Torus;
use crate::error::Error;
use crate::measure::{Bench, pe_cycles, ring};
use crate::validate::Row;

const SOURCE: &str = "tt-metal GEMM_FLOPS, device utilisation";
const FROM_DRAM: &str = "unpackers, packers and cores that wait for each other are not modelled";
const SMALL: &str = "blocks go from core to core, and the first has far to go; the chip multicasts them";
/// Of the project's own aims for products that are bound by compute, in percent: here large ones with operands in L1.
const COMPUTE_BOUND: f64 = 10.0;
/// Of the inner extent, in a message: four tiles of 32.
const INNER: u32 = 128;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operands {
    /// The first operand and the result in L1, the second in DRAM.
    Mixed,
    Dram,
}

/// What is printed of one product.
struct Printed {
    board: &'static str,
    /// Columns and rows of cores.
    grid: [u32; 2],
    /// Rows, inner extent, columns.
    extents: [u32; 3],
    stored: (&'static str, DType),
    phases: u32,
    operands: Operands,
    /// Of the peak.
    percent: f64,
    /// Why it is not held.
    note: &'static str,
}

const N150: (&str, [u32; 2]) = ("N150", [8, 8]);
const P150: (&str, [u32; 2]) = ("P150", [13, 10]);
/// Blocks of 8 and of 4 bits with a shared exponent, as the nearest type there is.
const BFP8: (&str, DType) = ("bfp8", DType::F8e4m3);
const BFP4: (&str, DType) = ("bfp4", DType::F8e4m3);
const BF16: (&str, DType) = ("bf16", DType::Bf16);

const fn printed(
    (board, grid): (&'static str, [u32; 2]),
    extents: [u32; 3],
    stored: (&'static str, DType),
    phases: u32,
    operands: Operands,
    (percent, note): (f64, &'static str),
) -> Printed {
    Printed { board, grid, extents, stored, phases, operands, percent, note }
}

const PRINTED: [Printed; 8] = [
    printed(N150, [2048, 2048, 3072], BFP8, 2, Operands::Mixed, (85.5, "")),
    printed(N150, [3072, 3072, 4096], BFP8, 2, Operands::Mixed, (89.2, "")),
    printed(N150, [4096, 4096, 4096], BFP8, 2, Operands::Dram, (79.4, FROM_DRAM)),
    printed(N150, [4096, 4096, 4096], BFP4, 1, Operands::Mixed, (87.7, "")),
    printed(N150, [512, 512, 512], BFP4, 1, Operands::Mixed, (14.4, SMALL)),
    printed(P150, [1280, 1664, 1664], BF16, 4, Operands::Mixed, (85.2, "")),
    printed(P150, [2560, 4992, 4992], BF16, 4, Operands::Mixed, (94.1, "")),
    printed(P150, [3840, 4992, 6656], BFP8, 1, Operands::Mixed, (87.5, "")),
];

pub fn rows(bench: &Bench, wormhole: &MachineSpec, blackhole: &MachineSpec) -> Result<Vec<Row>, Error> {
    let row = |of: &Printed| {
        let chip = if of.grid == N150.1 { wormhole } else { blackhole };
        let ours = Product::new(of, chip)?.utilisation(bench)?;
        let [m, k, n] = of.extents;
        let phases = ["LoFi", "HiFi2", "HiFi3", "HiFi4"][of.phases as usize - 1];
        let what = format!("{} GEMM {m}×{n}×{k}, {} {phases}", of.board, of.stored.0);
        Ok(match of.note {
            "" => Row::near(what, "%", of.percent, ours, COMPUTE_BOUND, SOURCE),
            note => Row::shown(what, "%", of.percent, ours, SOURCE, note),
        })
    };
    PRINTED.iter().map(row).collect()
}

struct Product<'a> {
    of: &'a Printed,
    torus: Torus,
    /// Ranks at the routers of DRAM, over which blocks are dealt in turn.
    dram: Vec<u32>,
    blocks: u32,
}

/// What a program refers to: rings by core, tensors by column or row and then block.
struct Names {
    east: Vec<Option<RingId>>,
    south: Vec<Option<RingId>>,
    first: Vec<Vec<TensorId>>,
    second: Vec<Vec<TensorId>>,
    results: Vec<TensorId>,
}

impl Product<'_> {
    fn new<'a>(of: &'a Printed, chip: &MachineSpec) -> Result<Product<'a>, Error> {
        let mut spec = chip.clone();
        if let GemmSpec::Phases { phases, .. } = &mut spec.gemm {
            *phases = Phases { f32: of.phases, f16: of.phases, bf16: of.phases, f8: of.phases };
        }
        let at = spec.hbm.controllers.as_ref().map(|controllers| controllers.at.clone()).unwrap_or_default();
        let torus = Torus::of(spec)?;
        let dram = at.into_iter().map(|at| torus.rank(at)).collect();
        Ok(Product { of, torus, dram, blocks: of.extents[1] / INNER })
    }

    /// Rows and columns of a core's block.
    fn block(&self) -> [u32; 2] {
        let [m, _, n] = self.of.extents;
        [m / self.of.grid[1], n / self.of.grid[0]]
    }

    /// As the source has it: 16 cycles a phase for every 32³ multiply-adds, over all cores, by the time taken.
    fn utilisation(&self, bench: &Bench) -> Result<f64, Error> {
        let (recording, names) = self.recording();
        let run = bench.run(&self.torus.spec, recording, |tl| self.core(tl, &names))?;
        let took = pe_cycles(&self.torus.spec, run.log.makespan() - SimTime::ZERO);
        let [m, k, n] = self.of.extents.map(f64::from);
        let cores = f64::from(self.of.grid[0] * self.of.grid[1]);
        let ideal = m * k * n / 32768.0 * 16.0 * f64::from(self.of.phases) / cores;
        Ok(ideal / took * 100.0)
    }

    fn recording(&self) -> (Recording, Names) {
        let mut recording = Recording::new("gemm", self.torus.n_ranks());
        let ([m, n], [columns, rows], dtype) = (self.block(), self.of.grid, self.of.stored.1);
        let [first_bytes, second_bytes] =
            [m, n].map(|side| u64::from(side) * u64::from(INNER) * dtype.size());
        let mut next = |from: [u32; 2], to: [u32; 2], bytes| {
            let inside = to[0] < columns && to[1] < rows;
            let mut declare = || recording.ring(ring(self.torus.rank(from), self.torus.rank(to), 2, bytes));
            inside.then(&mut declare)
        };
        let cores: Vec<[u32; 2]> = (0..rows).flat_map(|y| (0..columns).map(move |x| [x, y])).collect();
        let east = cores.iter().map(|&[x, y]| next([x, y], [x + 1, y], first_bytes)).collect();
        let south = cores.iter().map(|&[x, y]| next([x, y], [x, y + 1], second_bytes)).collect();
        let mut dealt = self.dram.iter().copied().cycle();
        let mut panel = |shape: [u32; 2]| -> Vec<TensorId> {
            let home = |_| recording.scratch("block", dealt.next().expect("a chip has DRAM"), shape, dtype);
            (0..self.blocks).map(home).collect()
        };
        let first = (0..rows).map(|_| panel([m, INNER])).collect();
        let second = (0..columns).map(|_| panel([INNER, n])).collect();
        let results = cores
            .iter()
            .map(|_| recording.scratch("c", dealt.next().expect("a chip has DRAM"), [m, n], dtype))
            .collect();
        (recording, Names { east, south, first, second, results })
    }

    fn core(&self, tl: &mut Tl, names: &Names) {
        let ([x, y], [columns, rows]) = (self.torus.at(tl.rank()), self.of.grid);
        if x >= columns || y >= rows {
            return;
        }
        let (core, [m, n], dtype) = ((y * columns + x) as usize, self.block(), self.of.stored.1);
        let in_l1 = self.of.operands == Operands::Mixed;
        let west = if x > 0 { names.east[core - 1] } else { None };
        let north = if y > 0 { names.south[core - columns as usize] } else { None };
        let first = Panel {
            from: west,
            onward: names.east[core],
            dram: (!in_l1).then(|| &names.first[y as usize][..]),
            buffers: [0, 1].map(|_| tl.tile([m, INNER], dtype)),
        };
        let second = Panel {
            from: north,
            onward: names.south[core],
            dram: Some(&names.second[x as usize][..]),
            buffers: [0, 1].map(|_| tl.tile([INNER, n], dtype)),
        };
        let sum = tl.tile([m, n], DType::Bf16);
        for block in 0..self.blocks as usize {
            let (a, b) = (first.get(tl, block), second.get(tl, block));
            if block == 0 {
                tl.to(sum).dot(a, b);
            } else {
                tl.dot_acc(sum, a, b);
            }
            first.give_back(tl, a);
            second.give_back(tl, b);
        }
        if !in_l1 {
            let result = tl.cast(sum, dtype);
            tl.store(result, tl.tensor(names.results[core]));
        }
    }
}

/// Where a core has the blocks of an operand from, and who wants them next.
struct Panel<'a> {
    from: Option<RingId>,
    onward: Option<RingId>,
    dram: Option<&'a [TensorId]>,
    buffers: [Tile; 2],
}

impl Panel<'_> {
    fn get(&self, tl: &mut Tl, block: usize) -> Tile {
        let own = self.buffers[block % 2];
        if let Some(ring) = self.from {
            let got = tl.recv_ring(ring, own.shape(), own.dtype());
            if let Some(onward) = self.onward {
                tl.forward_ring(onward, got);
            }
            return got;
        }
        if let Some(dram) = self.dram {
            tl.load_into(tl.tensor(dram[block]), own);
        }
        if let Some(onward) = self.onward {
            tl.send_ring(onward, own);
        }
        own
    }

    fn give_back(&self, tl: &mut Tl, tile: Tile) {
        if self.from.is_some() {
            tl.release(tile);
        }
    }
}
