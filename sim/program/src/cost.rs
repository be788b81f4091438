//! Cost of compute ops, in PE cycles.

mod redmule;
mod spent;

use machine::spec::{Collectives, Dataflow, MathSpec, Phases};
use machine::{Bytes, Cycles, GemmSpec, MachineSpec, Rate};

use crate::op::{BusyUnit, CostClass, MathClass};
use crate::{DType, Op, RankProgram, View};
use redmule::Redmule;
pub use spent::{Spent, Work};

/// Cycles of a GEMM of a [m, k] by b [k, n]. The systolic forms are those that SCALE-Sim v2 and v3 print,
/// including their last `− 1`; fills and drains are counted for every fold, so small tiles are expensive.
/// Tenstorrent's `ideal cycles = M·K·N / 32³ × (16, 32, 48, 64)` of one to four phases, of whole tiles.
pub fn gemm(spec: &GemmSpec, extents: [u64; 3], operands: [DType; 2]) -> Cycles {
    spent_on_gemm(spec, extents, operands).cycles()
}

/// As [`gemm`], by what the cycles are spent on.
pub fn spent_on_gemm(spec: &GemmSpec, [m, n, k]: [u64; 3], operands: [DType; 2]) -> Spent {
    let work =
        Work { amount: [m, n, k].into_iter().fold(1, u64::saturating_mul), rate: peak_macs_per_cycle(spec) };
    let spent = Spent { work, places: 0, phases: 0, operands: 0, fill: 0 };
    match *spec {
        GemmSpec::Systolic { rows, cols, dataflow } => {
            let (r, c) = (u64::from(rows), u64::from(cols));
            let (folds, streamed, fill) = match dataflow {
                Dataflow::Os => (m.div_ceil(r) * n.div_ceil(c), k, r + c - 2),
                Dataflow::Ws => (k.div_ceil(r) * n.div_ceil(c), m, 2 * r + c - 2),
                Dataflow::Is => (k.div_ceil(r) * m.div_ceil(c), n, 2 * r + c - 2),
            };
            // An array of one element is never filled: its last cycle is one of its only place.
            let (places, fill) = (folds.saturating_mul(streamed), folds.saturating_mul(fill));
            let last = u64::from(fill == 0);
            Spent { places: places - last, fill: fill - (1 - last), ..spent }
        }
        GemmSpec::Rate { macs_per_cycle } => {
            Spent { places: macs_per_cycle.cycles_covering(Bytes(m * n * k)).0, ..spent }
        }
        GemmSpec::Redmule { height, width, pipe, elements_per_cycle } => {
            let [height, width, pipe, elements_per_cycle] =
                [height, width, pipe, elements_per_cycle].map(u64::from);
            let [places, operands, fill] = Redmule { height, width, pipe, elements_per_cycle }.spent(m, n, k);
            Spent { places, operands, fill, ..spent }
        }
        GemmSpec::Phases { tile, cycles_per_tile, phases } => {
            let tiles = [m, n, k].map(|extent| extent.div_ceil(u64::from(tile)));
            let needed = operands.map(|dtype| of_dtype(&phases, dtype)).into_iter().max().unwrap_or(1);
            let each = |phases: u32| {
                tiles.into_iter().fold(u64::from(cycles_per_tile) * u64::from(phases), u64::saturating_mul)
            };
            let places = each(fewest(&phases).min(needed));
            Spent { places, phases: each(needed) - places, ..spent }
        }
    }
}

/// Peak rate of the GEMM unit in multiply-adds a cycle, with shapes that fill it and its fastest dtype.
pub fn peak_macs_per_cycle(spec: &GemmSpec) -> Rate {
    let whole = |a: u32, b: u32| Rate::whole(u64::from(a) * u64::from(b));
    match *spec {
        GemmSpec::Systolic { rows, cols, .. } => whole(rows, cols),
        GemmSpec::Rate { macs_per_cycle } => macs_per_cycle,
        GemmSpec::Redmule { height, width, .. } => whole(height, width),
        GemmSpec::Phases { tile, cycles_per_tile, ref phases } => {
            let cycles = u64::from(cycles_per_tile) * u64::from(fewest(phases));
            Rate::new(u64::from(tile).pow(3), cycles).expect("a machine's extents and cycles are positive")
        }
    }
}

/// Phases of the fastest dtype.
fn fewest(&Phases { f32, f16, bf16, f8 }: &Phases) -> u32 {
    f32.min(f16).min(bf16).min(f8)
}

fn of_dtype(phases: &Phases, dtype: DType) -> u32 {
    match dtype {
        DType::F32 | DType::I32 | DType::U32 | DType::I64 | DType::F64 => phases.f32,
        DType::F16 | DType::I16 | DType::U16 => phases.f16,
        DType::Bf16 => phases.bf16,
        DType::F8e4m3 | DType::F8e5m2 | DType::U8 | DType::I8 | DType::Bool => phases.f8,
    }
}

/// Cycles of an op of the math unit over this many elements, of which the widest has so many bytes; that is asked only
/// where it matters.
fn math(spec: &MathSpec, class: MathClass, elements: u64, widest: impl FnOnce() -> u64) -> Spent {
    let functions = spec.functions.unwrap_or_default();
    let each = match class {
        MathClass::Simple => spec.simple_cycles,
        MathClass::Cast => functions.cast_cycles.unwrap_or(spec.simple_cycles),
        MathClass::Divide => spec.divide_cycles,
        MathClass::Reciprocal => functions.reciprocal_cycles.unwrap_or(spec.divide_cycles),
        MathClass::Sqrt => functions.sqrt_cycles.unwrap_or(spec.divide_cycles),
        MathClass::Exp => spec.exp_cycles,
        MathClass::Reduce => spec.reduce_cycles,
    };
    let narrow = match (spec.lanes_8_bit, spec.lanes_16_bit) {
        (None, None) => None,
        (of_8_bit, of_16_bit) => match widest() {
            1 => of_8_bit,
            2 => of_16_bit,
            _ => None,
        },
    };
    let lanes = u64::from(narrow.unwrap_or(spec.lanes));
    // A time beyond all bounds is refused when it is reached.
    let work = Work { amount: elements.saturating_mul(each.0), rate: Rate::whole(lanes) };
    let places = elements.div_ceil(lanes).saturating_mul(each.0);
    Spent { work, places, phases: 0, operands: 0, fill: spec.start_cycles.0 }
}

/// Cycles that an op occupies the GEMM or math unit; `None` for an op that runs elsewhere. Where the units of a PE
/// share its TCM, no fewer than its operands take through it.
pub fn compute(spec: &MachineSpec, rank: &RankProgram, op: &Op) -> Option<Cycles> {
    Some(spent(spec, rank, op)?.cycles())
}

/// As [`compute`], by what the cycles are spent on.
pub fn spent(spec: &MachineSpec, rank: &RankProgram, op: &Op) -> Option<Spent> {
    let mut spent = computed(spec, rank, op)?;
    if let Some(shared) = spec.pe.tcm_shared_bytes_per_cycle {
        let moved = shared.cycles_covering(operand_bytes(rank, op)).0;
        spent.operands = spent.operands.saturating_add(moved.saturating_sub(spent.cycles().0));
    }
    Some(spent)
}

/// TCM bytes that an op of the GEMM or math unit reads and writes: each operand once. It errs low for a GEMM that
/// reads one again for every fold.
pub fn operand_bytes(rank: &RankProgram, op: &Op) -> Bytes {
    let access = op.access();
    let bytes = access.reads().chain(access.write).map(|id| rank.views[id.index()].bytes());
    Bytes(bytes.fold(0, u64::saturating_add))
}

fn computed(spec: &MachineSpec, rank: &RankProgram, op: &Op) -> Option<Spent> {
    match op.cost_class() {
        // The op says nothing of work: all of it is taken to be needed.
        CostClass::Busy(BusyUnit::Gemm | BusyUnit::Math, cycles) => {
            let work = Work { amount: cycles, rate: Rate::whole(1) };
            Some(Spent { work, places: cycles, phases: 0, operands: 0, fill: 0 })
        }
        CostClass::Gemm => {
            let mut operands = op.access().reads().map(|id| &rank.views[id.index()]);
            let (a, b) = (operands.next()?, operands.next()?);
            let ([m, k], [_, n]) = (two(a), two(b));
            let each = spent_on_gemm(&spec.gemm, [m, n, k], [a.dtype, b.dtype]);
            Some(each.times(a.elements() / (m * k).max(1)))
        }
        CostClass::Math(class) => {
            let access = op.access();
            // A reduction goes through what it reads, any other op through what it writes.
            let most = if matches!(class, MathClass::Reduce) { access.reads().next() } else { access.write };
            let elements = rank.views[most?.index()].elements();
            Some(math(&spec.math, class, elements, || widest(rank, op)))
        }
        CostClass::Fold => {
            let elements = rank.views[op.access().reads().next()?.index()].elements();
            Some(fold(spec, op.messages().len(), elements, || widest(rank, op)))
        }
        CostClass::Control | CostClass::Dma | CostClass::Send | CostClass::Recv => None,
    }
}

/// Bytes of an element of an op's widest operand.
fn widest(rank: &RankProgram, op: &Op) -> u64 {
    let access = op.access();
    let sizes = access.reads().chain(access.write).map(|id| rank.views[id.index()].dtype.size());
    sizes.fold(0, u64::max)
}

/// The root's part of a reduction. The fabric brings one message, in which all is added; else every member's is
/// received, and added by the math unit, one after the other.
fn fold(spec: &MachineSpec, n_messages: usize, elements: u64, widest: impl FnOnce() -> u64) -> Spent {
    let recv = spec.ipcq.recv_cycles.0;
    match spec.noc.collectives {
        Collectives::Fabric => {
            let work = Work { amount: 0, rate: Rate::whole(1) };
            Spent { work, places: 0, phases: 0, operands: 0, fill: recv }
        }
        Collectives::Software => {
            let (each, n) = (math(&spec.math, MathClass::Simple, elements, widest), n_messages as u64);
            let work = Work { amount: each.work.amount.saturating_mul(n), ..each.work };
            let fill = each.fill.saturating_add(recv).saturating_mul(n);
            Spent { work, places: each.places.saturating_mul(n), fill, ..each }
        }
    }
}

/// The extents of a matrix, or of each of several; the verifier has seen to it that there are two.
fn two(view: &View) -> [u64; 2] {
    let n = view.shape.len();
    [u64::from(view.shape[n - 2]), u64::from(view.shape[n - 1])]
}

#[cfg(test)]
mod tests {
    use super::MathClass::{Cast, Divide, Exp, Reciprocal, Simple, Sqrt};
    use super::*;

    const F16: [DType; 2] = [DType::F16; 2];

    fn systolic(side: u32, dataflow: Dataflow, extents: [u64; 3]) -> u64 {
        gemm(&GemmSpec::Systolic { rows: side, cols: side, dataflow }, extents, F16).0
    }

    /// SCALE-Sim v2 @ 22f88b1 and, for the last five rows at 32×32, SCALE-Sim 3.0.0, as printed.
    #[test]
    fn systolic_gemm_takes_the_cycles_scale_sim_prints() {
        //  m,   n,   k,    os16,  os32,  ws16,  ws32, is16, is32
        for (m, n, k, expected) in [
            (128, 128, 128, [10111, 3039, 11135, 3551, 11135, 3551]),
            (16, 64, 64, [375, 251, 991, 439, 439, 315]),
            (16, 128, 128, [1263, 759, 3967, 1759, 1391, 887]),
            (64, 64, 64, [1503, 503, 1759, 631, 1759, 631]),
            (100, 70, 50, [2799, 1343, 2919, 1163, 3247, 1311]),
            (256, 256, 64, [24063, 8063, 19327, 5599, 19327, 5599]),
            (32, 32, 1024, [4215, 1085, 9983, 4031, 9983, 4031]),
        ] {
            let forms = [Dataflow::Os, Dataflow::Ws, Dataflow::Is];
            let ours: Vec<u64> = forms
                .iter()
                .flat_map(|&dataflow| [16, 32].map(|side| systolic(side, dataflow, [m, n, k])))
                .collect();
            assert_eq!(ours, expected, "{m}×{n}×{k}");
        }
        for (m, n, k, [os, ws, is]) in [
            (16, 64, 64, [251, 439, 315]),
            (128, 128, 128, [3039, 3551, 3551]),
            (16, 128, 64, [503, 879, 443]),
            (64, 64, 512, [2295, 5055, 5055]),
            (100, 70, 300, [4343, 5819, 6559]),
        ] {
            let cycles = |dataflow| systolic(32, dataflow, [m, n, k]);
            assert_eq!(
                [cycles(Dataflow::Os), cycles(Dataflow::Ws), cycles(Dataflow::Is)],
                [os, ws, is],
                "{m}×{n}×{k}"
            );
        }
    }

    #[test]
    fn a_rate_gemm_rounds_up() {
        let spec = GemmSpec::Rate { macs_per_cycle: Rate::whole(1000) };
        for (k, cycles) in [(10, 1), (11, 2)] {
            assert_eq!(gemm(&spec, [10, 10, k], F16), Cycles(cycles));
        }
    }

    /// One tile of 32³ takes 16, 32, 48 and 64 cycles from LoFi to HiFi4, and the wider operand decides; a part of a
    /// tile costs a tile. The last is 4096³ of bfp8 at HiFi2: 1.05 ms on 64 cores at 1 GHz, of 1.45 ms measured.
    #[test]
    fn phases_multiply_the_cycles_of_whole_tiles() {
        let phases = Phases { f32: 4, f16: 3, bf16: 2, f8: 1 };
        let spec = GemmSpec::Phases { tile: 32, cycles_per_tile: 16, phases };
        for (extents, operands, cycles) in [
            ([32, 32, 32], [DType::F8e4m3, DType::F8e5m2], 16),
            ([32, 32, 32], [DType::Bf16, DType::F8e4m3], 32),
            ([32, 32, 32], [DType::F8e4m3, DType::F16], 48),
            ([32, 32, 32], [DType::F32, DType::F32], 64),
            ([1, 33, 65], [DType::U8, DType::U8], 2 * 3 * 16),
            ([4096, 4096, 4096], [DType::Bf16, DType::Bf16], 64 * 1_048_576),
        ] {
            assert_eq!(gemm(&spec, extents, operands), Cycles(cycles), "{extents:?} {operands:?}");
        }
    }

    #[test]
    fn functions_and_narrow_elements_may_have_rates_of_their_own() {
        let mut spec = machine::Machine::preset("tiny").expect("a preset").spec().math;
        spec.start_cycles = Cycles(0);
        let of = |spec: &MathSpec| {
            let classes = [Simple, Cast, Divide, Reciprocal, Sqrt, Exp];
            classes.map(|class| math(spec, class, 64, || 2).cycles().0)
        };
        // Eight lanes; a class each.
        assert_eq!(of(&spec), [8, 8, 32, 32, 32, 32]);
        spec.functions = Some(machine::spec::FunctionCycles {
            reciprocal_cycles: Some(Cycles(2)),
            sqrt_cycles: Some(Cycles(3)),
            cast_cycles: Some(Cycles(5)),
        });
        assert_eq!(of(&spec), [8, 40, 32, 16, 24, 32]);
        (spec.lanes_16_bit, spec.lanes_8_bit) = (Some(16), Some(32));
        assert_eq!(of(&spec), [4, 20, 16, 8, 12, 16]);
        let simple = [1, 2, 4].map(|widest| math(&spec, Simple, 64, || widest).cycles().0);
        assert_eq!(simple, [2, 4, 8]);
    }
}
