//! One product over the grid of a chip, against tables of Tenstorrent. Every core has a block of the result. Blocks of
//! the first operand go along rows and of the second along columns, from core to core, while earlier ones are multiplied.

use machine::spec::Phases;
use machine::{GemmSpec, MachineSpec, SimTime};
use probe::{Bench, BenchError, pe_cycles, ring};
use program::DType;
use program::tl::{Recording, Tile, Tl};
use program::view::{RingId, TensorId};
use serde::Deserialize;

use super::torus::Torus;
use crate::row::{Origin, Row, Text};

/// Of the inner extent, in a message: four tiles of 32.
const INNER: u32 = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    origin: Origin,
    boards: Vec<Board>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Board {
    name: String,
    preset: String,
    /// Columns and rows of cores.
    grid: [u32; 2],
    rows: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    /// Rows, inner extent, columns.
    mkn: [u32; 3],
    stored: Stored,
    phases: u32,
    operands: Operands,
    /// Of the peak.
    percent: f64,
    /// Why it is not held.
    note: Option<Text>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operands {
    Mixed,
    Dram,
}

/// Blocks of 8 and of 4 bits share an exponent.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    Bfp8,
    Bfp4,
    Bf16,
}

impl Stored {
    fn name(self) -> &'static str {
        match self {
            Stored::Bfp8 => "bfp8",
            Stored::Bfp4 => "bfp4",
            Stored::Bf16 => "bf16",
        }
    }
    /// The nearest type of the simulator.
    fn dtype(self) -> DType {
        match self {
            Stored::Bfp8 | Stored::Bfp4 => DType::F8e4m3,
            Stored::Bf16 => DType::Bf16,
        }
    }
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Tables { origin, boards } = crate::parsed(include_str!("../../data/tenstorrent/gemm.toml"));
    let mut rows = Vec::new();
    for board in &boards {
        let chip = super::preset(&board.preset)?;
        for of in &board.rows {
            let ours = Product::new(board, of, &chip)?.utilisation(bench)?;
            let [m, k, n] = of.mkn;
            let phases = ["LoFi", "HiFi2", "HiFi3", "HiFi4"][of.phases as usize - 1];
            let what = format!("{} GEMM {m}×{n}×{k}, {} {phases}", board.name, of.stored.name());
            let judged = of.note.as_ref().map_or_else(|| origin.clone(), |note| origin.noted(note));
            rows.push(judged.row(what, of.percent, ours));
        }
    }
    Ok(rows)
}

struct Product<'a> {
    board: &'a Board,
    of: &'a Printed,
    torus: Torus,
    /// Ranks at the routers of DRAM, over which blocks are dealt in turn.
    dram: Vec<u32>,
    blocks: u32,
}

/// Rings of a program by core, and its tensors by column or row and then block.
struct Names {
    east: Vec<Option<RingId>>,
    south: Vec<Option<RingId>>,
    first: Vec<Vec<TensorId>>,
    second: Vec<Vec<TensorId>>,
    results: Vec<TensorId>,
}

impl Product<'_> {
    fn new<'a>(board: &'a Board, of: &'a Printed, chip: &MachineSpec) -> Result<Product<'a>, BenchError> {
        let mut spec = chip.clone();
        if let GemmSpec::Phases { phases, .. } = &mut spec.gemm {
            *phases = Phases { f32: of.phases, f16: of.phases, bf16: of.phases, f8: of.phases };
        }
        let at = spec.hbm.controllers.as_ref().map(|controllers| controllers.at.clone()).unwrap_or_default();
        let torus = Torus::of(spec)?;
        let dram = at.into_iter().map(|at| torus.rank(at)).collect();
        Ok(Product { board, of, torus, dram, blocks: of.mkn[1] / INNER })
    }

    /// Rows and columns of a core's block.
    fn block(&self) -> [u32; 2] {
        let [m, _, n] = self.of.mkn;
        [m / self.board.grid[1], n / self.board.grid[0]]
    }

    /// As the source has it: 16 cycles a phase for every 32³ multiply-adds, over all cores, by the time taken.
    fn utilisation(&self, bench: &Bench) -> Result<f64, BenchError> {
        let (recording, names) = self.recording();
        let run = bench.run(&self.torus.spec, recording, |tl| self.core(tl, &names))?;
        let took = pe_cycles(&self.torus.spec, run.log.makespan() - SimTime::ZERO);
        let [m, k, n] = self.of.mkn.map(f64::from);
        let cores = f64::from(self.board.grid[0] * self.board.grid[1]);
        let ideal = m * k * n / 32768.0 * 16.0 * f64::from(self.of.phases) / cores;
        Ok(ideal / took * 100.0)
    }

    fn recording(&self) -> (Recording, Names) {
        let mut recording = Recording::new("gemm", self.torus.n_ranks());
        let ([m, n], [columns, rows], dtype) = (self.block(), self.board.grid, self.of.stored.dtype());
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
        let ([x, y], [columns, rows]) = (self.torus.at(tl.rank()), self.board.grid);
        if x >= columns || y >= rows {
            return;
        }
        let (core, [m, n], dtype) = ((y * columns + x) as usize, self.block(), self.of.stored.dtype());
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
            first.release(tl, a);
            second.release(tl, b);
        }
        if !in_l1 {
            let result = tl.cast(sum, dtype);
            tl.store(result, tl.tensor(names.results[core]));
        }
    }
}

/// Source of the blocks of an operand at a core, and the ring to the next core.
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

    fn release(&self, tl: &mut Tl, tile: Tile) {
        if self.from.is_some() {
            tl.release(tile);
        }
    }
}
