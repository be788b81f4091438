//! Mistakes of value, each named with the inputs, the rank and the cause; the repaired twin says nothing.

use kernels::{Inputs, Plain, Recorded};
use machine::Machine;
use ndarray::{ArrayD, Axis, Ix2};
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{Base, ComputeOp, DType, MoveOp, Op, Program, TensorId};

use crate::simulate::{Options, simulate};

const F32: DType = DType::F32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// Rank 1 adds its own twice.
    DoubledPartial,
    /// Rank 1 does not add what it receives.
    LostPartial,
    /// Rank 0 loads its rows of a one further.
    OffByOne,
    /// Rank 1 stores its two tiles in each other's place.
    SwappedTiles,
    /// Rank 1 takes page 3 of b where the table says 2.
    WrongPage,
    /// Rank 1 loads its rows of a from a whole chunk before.
    StaleChunk,
    /// Rank 0 leaves out the last quarter of the sum.
    ShortSum,
    /// Rank 1 scales by 0.5.
    Scaled,
}

/// y = the sum of the rows of x; each rank has one, and sends what it has to the rank before it.
fn sum(mistake: Mistake) -> Recorded {
    let mut recording = Recording::new("sum", 3);
    let (x, y) = (recording.input("x", [3, 8], F32), recording.output("y", [1, 8], F32));
    let shares = [0, 1, 2].map(|rank| recording.input_share(x, rank, [rank, 0], [1, 8]));
    let whole = recording.output_share(y, 0, [0, 0], [1, 8]);
    recording.links(Topology::Line, 2, 32, SlotPlace::Tcm);
    let program = recording.record(|tl| {
        let rank = tl.rank();
        let mut own = tl.load(tl.tensor(shares[rank as usize]));
        if rank == 1 && mistake == Mistake::DoubledPartial {
            own = tl.add(own, own);
        }
        if tl.neighbour(Direction::Right).is_some() {
            let got = tl.recv(Direction::Right, [1, 8], F32);
            if rank != 1 || mistake != Mistake::LostPartial {
                own = tl.add(own, got);
            }
            tl.release(got);
        }
        if tl.neighbour(Direction::Left).is_some() {
            tl.send(Direction::Left, own);
        } else {
            tl.store(own, tl.tensor(whole));
        }
    });
    let sum = |inputs: &Inputs| inputs["x"].sum_axis(Axis(0)).insert_axis(Axis(0));
    let reference = Plain::rounded("y", F32, sum).reference("sum", vec![("x", vec![3, 8])]);
    Recorded { program: program.expect("a program"), reference: Some(reference), machine: None }
}

/// y = a · b, four rows a rank; the depth goes in four pages of two, and the columns in two tiles.
fn product(mistake: Mistake) -> Recorded {
    let mut recording = Recording::new("product", 2);
    let [a, b] = [("a", [9, 8]), ("b", [8, 8])].map(|(name, shape)| recording.input(name, shape, F32));
    let y = recording.output("y", [8, 8], F32);
    let shares = [0, 1].map(|rank| {
        let a = recording.input_share(a, rank, [0, 0], [9, 8]);
        let b = recording.input_share(b, rank, [0, 0], [8, 8]);
        [a, b, recording.output_share(y, rank, [4 * rank, 0], [4, 8])]
    });
    let program = recording.record(|tl| multiply(tl, shares[tl.rank() as usize], mistake));
    let reference = Plain { output: "y", dtype: F32, of: exact, naive: None };
    let reference = reference.reference("product", vec![("a", vec![9, 8]), ("b", vec![8, 8])]);
    Recorded { program: program.expect("a program"), reference: Some(reference), machine: None }
}

fn multiply(tl: &mut Tl, [a, b, y]: [TensorId; 3], mistake: Mistake) {
    let rank = tl.rank();
    let is = |of: u32, other: Mistake| rank == of && mistake == other;
    let first = match () {
        () if is(0, Mistake::OffByOne) => 1,
        () if is(1, Mistake::StaleChunk) => 0,
        () => 4 * rank,
    };
    let pages = if is(1, Mistake::WrongPage) { [0, 1, 3, 3] } else { [0, 1, 2, 3] };
    let used = if is(0, Mistake::ShortSum) { 3 } else { 4 };
    for tile in [0, 1] {
        let sum = tl.full([4, 4], F32, 0.0);
        for (page, &of) in (0..).zip(&pages[..used]) {
            let left = tl.load(tl.tensor(a).slice(0, first, 4).slice(1, 2 * page, 2));
            let right = tl.load(tl.tensor(b).slice(0, 2 * of, 2).slice(1, 4 * tile, 4));
            tl.dot_acc(sum, left, right);
        }
        let made = if is(1, Mistake::Scaled) { tl.mul(sum, 0.5) } else { sum };
        let place = if is(1, Mistake::SwappedTiles) { 1 - tile } else { tile };
        tl.store(made, tl.tensor(y).slice(1, 4 * place, 4));
    }
}

fn exact(inputs: &Inputs) -> ArrayD<f64> {
    let [a, b] = ["a", "b"].map(|name| inputs[name].clone().into_dimensionality::<Ix2>().expect("a matrix"));
    a.slice(ndarray::s![0..8, ..]).dot(&b).into_dyn()
}

/// A built-in kernel, with a change of its program.
fn changed(kernel: &str, given: &str, change: impl FnOnce(&mut Program)) -> Recorded {
    let given = given.split_whitespace().filter_map(|it| it.split_once('='));
    let given = given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let mut recorded = kernels::find(kernel).expect("a kernel").record(&given).expect("parameters");
    change(&mut recorded.program);
    recorded
}

/// What is said of a wrong output; nothing of a right one.
fn said(recorded: Recorded) -> String {
    let run = simulate(recorded, &Machine::preset("sip").expect("a preset"), &Options::default());
    let verdict = run.expect("a run").computed.verdict.expect("a verdict");
    assert_eq!(verdict.pass(), verdict.provenance.is_none());
    let Some(found) = &verdict.provenance else { return String::new() };
    let rows = crate::render::provenance(&verdict.leading().output, found);
    assert!(rows.lines().count() <= 10, "{rows}");
    rows
}

fn check(name: &str, found: &str, expected: &[&str]) {
    for line in expected {
        assert!(found.replace("\n           ", " ").contains(line), "{name} lacks `{line}`:\n{found}");
    }
}

#[test]
fn a_partial_that_is_doubled_or_lost_is_named() {
    assert_eq!(said(sum(Mistake::None)), "");
    for (mistake, expected) in [
        (
            Mistake::DoubledPartial,
            &["takes x[1, ", " of rank 1 twice, and others once", "all 8 elements of y[0, 0:8]"][..],
        ),
        (Mistake::LostPartial, &["lacks x[2, ", " of rank 2"]),
    ] {
        let found = said(sum(mistake));
        println!("{mistake:?}\n{found}");
        check(&format!("{mistake:?}"), &found, expected);
    }
}

#[test]
fn what_is_taken_in_place_of_another_is_named() {
    assert_eq!(said(product(Mistake::None)), "");
    for (mistake, expected) in [
        (Mistake::OffByOne, &["y[0:4, 0:8], written by rank 0", ": +1 along axis 0", "in place of a["][..]),
        (Mistake::SwappedTiles, &["y[4:8, 0:8], written by rank 1", "takes b[0:8, ", "in place of b[0:8, "]),
        (Mistake::WrongPage, &["y[4:8, 0:8], written by rank 1", "lacks b[4:6, "]),
        (Mistake::StaleChunk, &["written by rank 1", ": -4 along axis 0", "in place of a["]),
        (Mistake::ShortSum, &["written by rank 0", "lacks a[", ", 6:8]", "lacks b[6:8, "]),
        (Mistake::Scaled, &["written by rank 1", "takes the inputs that it should"]),
    ] {
        let found = said(product(mistake));
        println!("{mistake:?}\n{found}");
        check(&format!("{mistake:?}"), &found, expected);
    }
}

const PREFILL: &str =
    "ranks=2 heads=4 kv_heads=2 head_dim=8 kv_len=16 q_len=8 kv_block=8 causal=true dtype=f32";

/// Rank 1 loads K and V of the first head for the second.
fn wrong_group(program: &mut Program) {
    let tensors = program.tensors.clone();
    let rank = &mut program.ranks[1];
    let loads: Vec<_> = rank
        .ops
        .iter()
        .filter_map(|op| match op {
            Op::Move(MoveOp::Load { from, .. }) => Some(*from),
            _ => None,
        })
        .collect();
    for from in loads {
        let view = &mut rank.views[from.index()];
        if let Base::Tensor(tensor) = view.base
            && ["k", "v"].iter().any(|name| tensors[tensor.index()].name.starts_with(name))
        {
            view.offset = 0;
        }
    }
}

/// Every query of rank 0 sees one key more.
fn unmasked(program: &mut Program) {
    for op in &mut program.ranks[0].ops {
        if let Op::Compute(ComputeOp::Iota { axis: 0, start, .. }) = op {
            *start += 1;
        }
    }
}

#[test]
fn a_wrong_group_and_an_unmasked_tail_are_named() {
    assert_eq!(said(changed("mesh_kv", PREFILL, |_| {})), "");
    let group = said(changed("mesh_kv", PREFILL, wrong_group));
    println!("group\n{group}");
    check("group", &group, &["of rank 1 in place of v[1, ", "out["]);
    let tail = said(changed("mesh_kv", PREFILL, unmasked));
    println!("tail\n{tail}");
    check("tail", &tail, &["which the reference does not", "written by rank 0"]);
}

/// The last chunk of a is loaded from the first.
#[test]
fn a_chunk_too_early_is_named() {
    let given = "ranks=2 m=8 n=8 k=256 dtype=f32";
    assert_eq!(said(changed("gemm", given, |_| {})), "");
    let found = said(changed("gemm", given, |program| {
        let rank = &mut program.ranks[1];
        let is_second =
            |view: &&mut program::View| matches!(view.base, Base::Tensor(_)) && view.offset == 512;
        rank.views.iter_mut().filter(is_second).for_each(|view| view.offset = 0);
    }));
    println!("chunk\n{found}");
    check("chunk", &found, &["c[4:8, ", "lacks a[", ", 128:256] of rank 1"]);
}
