use machine::GemmSpec;
use machine::spec::{Dataflow, Phases};

use super::*;
use crate::cost::{gemm, spent, spent_on_gemm};
use crate::{Base, BufferId, ComputeOp, DType, Dims, RankProgram, View, ViewId};

const NS: Clock = Clock { period: Span::from_fs(1_000_000) };

fn systolic(side: u32, dataflow: Dataflow) -> GemmSpec {
    GemmSpec::Systolic { rows: side, cols: side, dataflow }
}

const REDMULE: GemmSpec = GemmSpec::Redmule { height: 32, width: 16, pipe: 1, elements_per_cycle: 256 };
const TILES: GemmSpec =
    GemmSpec::Phases { tile: 32, cycles_per_tile: 16, phases: Phases { f32: 4, f16: 3, bf16: 2, f8: 1 } };

/// An 8-row product on an array of 32 × 32, by hand: 2 · 4 folds of 8 rows with 94 cycles to load, fill and drain.
#[test]
fn a_small_product_is_mostly_fill_and_drain() {
    let spent = spent_on_gemm(&systolic(32, Dataflow::Ws), [8, 128, 64], [DType::F16; 2]);
    assert_eq!((spent.places, spent.fill), (8 * 8, 8 * 94 - 1));
    // 65536 multiply-adds at 1024 a cycle.
    assert_eq!(spent.at_peak(NS), Span::from_fs(64_000_000));
    let spent = spent_on_gemm(&systolic(32, Dataflow::Os), [8, 128, 64], [DType::F16; 2]);
    assert_eq!((spent.places, spent.fill), (4 * 64, 4 * 62 - 1));
}

#[test]
fn the_parts_add_up_and_work_is_never_more_than_its_places() {
    let specs = [
        systolic(32, Dataflow::Os),
        systolic(8, Dataflow::Ws),
        systolic(1, Dataflow::Os),
        systolic(16, Dataflow::Is),
        GemmSpec::Rate { macs_per_cycle: Rate::whole(1000) },
        REDMULE,
        TILES,
    ];
    for spec in specs {
        for extents in [[1, 1, 1], [8, 128, 64], [33, 31, 65], [512, 512, 512], [1, 4096, 7]] {
            let spent = spent_on_gemm(&spec, extents, [DType::F16; 2]);
            assert_eq!(spent.cycles(), gemm(&spec, extents, [DType::F16; 2]), "{spec:?} {extents:?}");
            assert!(spent.at_peak(NS) <= NS.span(Cycles(spent.places)), "{spec:?} {extents:?}");
        }
    }
}

#[test]
fn every_reason_is_told_apart() {
    let f16 = [DType::F16; 2];
    for (spec, extents, [places, phases, operands, fill], peak) in [
        // Whole tiles of LoFi, two more phases, and a product that fills one of eight tiles.
        (TILES, [32, 32, 32], [16, 32, 0, 0], 16_000_000),
        (TILES, [16, 16, 16], [16, 32, 0, 0], 2_000_000),
        // QKᵀ of FlatAttention's slice of 128 with D = 128: 4096 ideal cycles of 4224.
        (REDMULE, [128, 128, 128], [4096, 0, 0, 128], 4_096_000_000),
        // A slice of 16 half fills the rows, and takes its operands longer than it computes.
        (REDMULE, [16, 16, 128], [256, 0, 0, 80], 64_000_000),
        (GemmSpec::Rate { macs_per_cycle: Rate::whole(1000) }, [10, 10, 11], [2, 0, 0, 0], 1_100_000),
    ] {
        let spent = spent_on_gemm(&spec, extents, f16);
        assert_eq!(
            [spent.places, spent.phases, spent.operands, spent.fill],
            [places, phases, operands, fill],
            "{spec:?}"
        );
        assert_eq!(spent.at_peak(NS), Span::from_fs(peak), "{spec:?} {extents:?}");
    }
}

/// Products along leading axes follow one another; bytes take the cycles of the fastest dtype.
#[test]
fn several_products_take_as_many_times_as_long() {
    let mut spec = machine::Machine::preset("tiny").expect("a preset").spec().clone();
    spec.gemm = TILES;
    let view = |shape: &[u32], dtype| View::packed(Base::Buffer(BufferId(0)), Dims::new(shape), dtype);
    let dot = |leading: &[u32], of: DType, to: DType, acc: DType| {
        let shape = |m, n| [leading, &[m, n]].concat();
        let views = vec![view(&shape(40, 64), of), view(&shape(64, 33), of), view(&shape(40, 33), to)];
        let rank = RankProgram { views, ..RankProgram::default() };
        let (a, b, c) = (ViewId(0), ViewId(1), ViewId(2));
        spent(&spec, &rank, &ComputeOp::Dot { a, b, c, accumulate: false, acc }.into())
            .expect("the GEMM has it")
    };
    let one = dot(&[], DType::F16, DType::F32, DType::F32);
    assert_eq!(one, spent_on_gemm(&TILES, [40, 33, 64], [DType::F16; 2]));
    assert_eq!(dot(&[3], DType::F16, DType::F32, DType::F16), one.times(3));
    assert_eq!(dot(&[2, 3], DType::F16, DType::F32, DType::F32), one.times(6));
    let bytes = spent_on_gemm(&TILES, [40, 33, 64], [DType::F8e4m3; 2]);
    assert_eq!(dot(&[], DType::I8, DType::I32, DType::I32), bytes);
}
