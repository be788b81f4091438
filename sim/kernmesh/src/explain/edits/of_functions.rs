//! Edits of what ops compute: another function, operands exchanged, another constant, wider sums.

use program::op::{BinaryFn, CompareFn, Constant, ReduceFn, UnaryFn};
use program::{ComputeOp, DType, Op, Operand, Program};

use super::{At, Edit, OfLine};

/// Functions that are mistaken for one another.
const UNARY: [[UnaryFn; 2]; 3] =
    [[UnaryFn::Exp, UnaryFn::Exp2], [UnaryFn::Log, UnaryFn::Log2], [UnaryFn::Sqrt, UnaryFn::Rsqrt]];
const BINARY: [[BinaryFn; 2]; 3] =
    [[BinaryFn::Add, BinaryFn::Sub], [BinaryFn::Mul, BinaryFn::Div], [BinaryFn::Maximum, BinaryFn::Minimum]];
const COMPARE: [[CompareFn; 2]; 4] = [
    [CompareFn::Lt, CompareFn::Le],
    [CompareFn::Gt, CompareFn::Ge],
    [CompareFn::Lt, CompareFn::Gt],
    [CompareFn::Le, CompareFn::Ge],
];
const REDUCE: [[ReduceFn; 2]; 2] = [[ReduceFn::Sum, ReduceFn::Max], [ReduceFn::Max, ReduceFn::Min]];

/// What the edited ops compute; `None` of an op that such an edit does not reach.
type Change = Box<dyn Fn(&ComputeOp) -> Option<ComputeOp>>;

pub fn edits<'a>(program: &Program, lines: &[OfLine]) -> Vec<Edit<'a>> {
    let of_line = |line: &OfLine| {
        let (rank, index) = line.ops[0];
        let Op::Compute(op) = program.op(rank, index) else { return Vec::new() };
        changes(op).into_iter().map(|(what, change)| edit(line.ops.clone(), what, change)).collect()
    };
    lines.iter().flat_map(of_line).chain([all_widened()]).collect()
}

/// All sums of the program in f32.
fn all_widened<'a>() -> Edit<'a> {
    let made = |program: &Program| {
        let (mut changed, mut is_any) = (program.clone(), false);
        for op in changed.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
            let Op::Compute(compute) = op else { continue };
            let Some((_, change)) = widened(compute) else { continue };
            if let Some(new) = change(compute) {
                (*op, is_any) = (Op::Compute(new), true);
            }
        }
        is_any.then_some(changed)
    };
    Edit::whole("all sums of the program in f32".to_owned(), made)
}

fn edit<'a>(ops: Vec<At>, what: String, change: Change) -> Edit<'a> {
    let made = move |program: &Program, ops: &[At]| {
        let mut changed = program.clone();
        for (rank, index) in ops {
            let op = &mut changed.ranks[rank.index()].ops[index.index()];
            let Op::Compute(before) = op else { return None };
            *op = Op::Compute(change(before)?);
        }
        Some(changed)
    };
    Edit::of(ops, move |name| format!("{what} at {name}"), made)
}

/// The changes that mean something for an op, in words.
fn changes(op: &ComputeOp) -> Vec<(String, Change)> {
    let mut all: Vec<(String, Change)> = functions(op);
    all.extend(constants(op));
    all.extend(exchanged(op));
    all.extend(widened(op));
    all
}

/// The other of each pair that has a function.
fn others<F: Copy + PartialEq>(pairs: &[[F; 2]], f: F) -> Vec<F> {
    let other = |pair: &[F; 2]| match [pair[0] == f, pair[1] == f] {
        [true, _] => Some(pair[1]),
        [false, true] => Some(pair[0]),
        [false, false] => None,
    };
    pairs.iter().filter_map(other).collect()
}

fn in_place(new: &str, old: &str) -> String {
    format!("`{new}` in place of `{old}`")
}

fn functions(op: &ComputeOp) -> Vec<(String, Change)> {
    let mut all: Vec<(String, Change)> = Vec::new();
    if let ComputeOp::Unary { f, .. } = *op {
        for new in others(&UNARY, f) {
            let change = move |op: &ComputeOp| {
                let ComputeOp::Unary { x, to, .. } = *op else { return None };
                Some(ComputeOp::Unary { f: new, x, to })
            };
            all.push((in_place(new.name(), f.name()), Box::new(change)));
        }
    } else if let ComputeOp::Binary { f, .. } = *op {
        for new in others(&BINARY, f) {
            let change = move |op: &ComputeOp| {
                let ComputeOp::Binary { x, y, to, .. } = *op else { return None };
                Some(ComputeOp::Binary { f: new, x, y, to })
            };
            all.push((in_place(new.name(), f.name()), Box::new(change)));
        }
    } else if let ComputeOp::Compare { f, .. } = *op {
        for new in others(&COMPARE, f) {
            let change = move |op: &ComputeOp| {
                let ComputeOp::Compare { x, y, to, .. } = *op else { return None };
                Some(ComputeOp::Compare { f: new, x, y, to })
            };
            all.push((in_place(new.name(), f.name()), Box::new(change)));
        }
    } else if let ComputeOp::Reduce { f, .. } = *op {
        for new in others(&REDUCE, f) {
            let change = move |op: &ComputeOp| {
                let mut changed = *op;
                let ComputeOp::Reduce { f, .. } = &mut changed else { return None };
                *f = new;
                Some(changed)
            };
            all.push((in_place(new.name(), f.name()), Box::new(change)));
        }
    }
    all
}

/// Another constant beside a tile: its negative, its inverse, its root or its square.
fn constants(op: &ComputeOp) -> Vec<(String, Change)> {
    let ComputeOp::Binary { y: Operand::Constant(now), .. } = *op else { return Vec::new() };
    let x = now.value();
    let mut values: Vec<f32> = Vec::new();
    for value in [-x, 1.0 / x, x.sqrt(), x * x] {
        if value.is_finite() && value != x && !values.contains(&value) {
            values.push(value);
        }
    }
    let change = |value: f32| {
        let change = move |op: &ComputeOp| {
            let ComputeOp::Binary { f, x, to, .. } = *op else { return None };
            Some(ComputeOp::Binary { f, x, y: Operand::Constant(Constant::of(value)), to })
        };
        (format!("{value} in place of {x}"), Box::new(change) as Change)
    };
    values.into_iter().map(change).collect()
}

/// The operands of a difference or a quotient, each in place of the other.
fn exchanged(op: &ComputeOp) -> Option<(String, Change)> {
    let ComputeOp::Binary { f: BinaryFn::Sub | BinaryFn::Div, .. } = *op else { return None };
    let change = |op: &ComputeOp| {
        let ComputeOp::Binary { f, x, y, to } = *op else { return None };
        Some(ComputeOp::Binary { f, x: y, y: x, to })
    };
    Some(("operands exchanged".to_owned(), Box::new(change)))
}

/// A sum that is kept in f32.
fn widened(op: &ComputeOp) -> Option<(String, Change)> {
    let (ComputeOp::Dot { acc, .. } | ComputeOp::Reduce { acc, .. }) = *op else { return None };
    if !matches!(acc, DType::F16 | DType::Bf16) {
        return None;
    }
    let change = |op: &ComputeOp| {
        let mut changed = *op;
        let (ComputeOp::Dot { acc, .. } | ComputeOp::Reduce { acc, .. }) = &mut changed else { return None };
        *acc = DType::F32;
        Some(changed)
    };
    Some((format!("sums in f32 in place of {acc}"), Box::new(change)))
}
