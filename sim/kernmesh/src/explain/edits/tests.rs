//! Edits and searches in words: what is said is what was changed, and how far a search went.

use program::op::{BinaryFn, Constant, UnaryFn};
use program::tl::{Recording, Tile, TileOrConst, Tl};
use program::{ComputeOp, DType, Operand, ViewId};

use super::*;

fn recorded(kernel: fn(&mut Tl)) -> Program {
    Recording::new("edited", 1).record(kernel).expect("a program")
}

#[track_caller]
fn tile(tl: &mut Tl, value: f32) -> Tile {
    tl.full([4], DType::F32, value)
}

/// The program with the first edit that has all of these words; `None` where there is none, or it changes nothing.
fn edited(program: &Program, words: &[&str]) -> Option<Program> {
    let lines = lines(program);
    let all = of_functions::edits(program, &lines).into_iter().chain(of_views::edits(program, &lines));
    let mut named = all.filter(|edit| {
        let said = edit.said(program, &edit.ops);
        words.iter().all(|word| said.contains(word))
    });
    named.find_map(|edit| (edit.made)(program, &edit.ops))
}

/// Ops of this kind: their operands, and what they write.
fn of_kind(program: &Program, kind: &str) -> Vec<(Vec<ViewId>, ViewId)> {
    let ops = (0..program.ranks[0].ops.len() as u32).map(OpIndex);
    let of = ops.filter(|&at| OpRef::of(program, Rank(0), at).kind == kind);
    of.map(|at| program.op(Rank(0), at).access())
        .map(|access| (access.reads().collect(), access.write.expect("a compute op")))
        .collect()
}

#[test]
fn ops_in_place_write_to_each_others_place_and_read_their_own() {
    let program = recorded(|tl| {
        let all = tile(tl, -1.0);
        for half in [0, 2] {
            let own = all.slice(0, half, 2);
            tl.to(own).unary(UnaryFn::Abs, own);
        }
    });
    let [(a, to_a), (b, to_b)] = &of_kind(&program, "abs")[..] else { panic!("two ops") };
    let changed = edited(&program, &["rank 0, op 1 (abs", "write to each other's place"]).expect("an edit");
    assert_eq!(of_kind(&changed, "abs"), [(a.clone(), *to_b), (b.clone(), *to_a)]);
}

/// Constants are no tiles, and both operands may be one tile.
#[test]
fn a_tile_that_is_read_is_named_by_its_place_among_those() {
    let program = recorded(|tl| {
        let (x, w) = (tile(tl, 1.0), tile(tl, 3.0));
        tl.sub(2.0, x);
        tl.sub(w, w);
    });
    let [(x, to), (w, to_w)] = &of_kind(&program, "sub")[..] else { panic!("two ops") };
    let check = |op: usize, place: &str, fill: u32, expected: Option<(Vec<ViewId>, ViewId)>| {
        let read = format!("the {place} tile that is read, in rank 0, op {} (sub", 2 + op);
        let made = format!("is what the line of rank 0, op {fill} (fill");
        let changed = edited(&program, &[&read, &made]);
        assert_eq!(changed.map(|changed| of_kind(&changed, "sub")[op].clone()), expected, "{read} {made}");
    };
    let (x, w) = (x[0], w[0]);
    check(0, "first", 1, Some((vec![w], *to)));
    check(0, "second", 1, None);
    check(1, "first", 0, Some((vec![x, w], *to_w)));
    check(1, "second", 0, Some((vec![w, x], *to_w)));
}

#[test]
fn a_constant_is_changed_at_every_op_that_is_named() {
    let program = recorded(|tl| {
        let x = tile(tl, 1.0);
        let operands: [[TileOrConst; 2]; 4] =
            [[x.into(), 3.0.into()], [x.into(), 3.0.into()], [0.5.into(), x.into()], [x.into(), x.into()]];
        for [x, y] in operands {
            tl.binary(BinaryFn::Mul, x, y);
        }
    });
    // The op without a constant is not named.
    let changed = edited(&program, &["9 is the constant at all 3 ops of rank 0"]).expect("an edit");
    let is_nine = |op: &&Op| {
        let Op::Compute(ComputeOp::Binary { x, y, .. }) = op else { return false };
        [x, y].contains(&&Operand::Constant(Constant::of(9.0)))
    };
    assert_eq!(changed.ranks[0].ops.iter().filter(is_nine).count(), 3);
}

#[test]
fn a_search_without_a_result_says_how_far_it_went() {
    let kinds = || [Kind::Barrier, Kind::LeftOut].into();
    for (gave_up, start) in [
        (false, "with each of 7 edits something is wrong; "),
        (true, "after 7 edits the limit of 1048576 ops or 2048 edits was reached; "),
    ] {
        let said = Searched { found: None, runs: 7, kinds: kinds(), nearest: None, gave_up }.why_not();
        let kinds =
            "kinds of edits: an op or an operand left out, a barrier; offsets of views are not changed";
        assert_eq!(said, format!("{start}{kinds}"));
    }
}
