//! Edits of what ops compute: another function, operands exchanged, another constant, wider sums.

use program::op::{BinaryFn, CompareFn, Constant, ReduceFn, UnaryFn};
use program::{ComputeOp, DType, Op, OpIndex, Operand, Program, Rank};

use super::{At, Edit, Kind, OfLine};

/// A function that elements, or a reduction, are computed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Unary(UnaryFn),
    Binary(BinaryFn),
    Compare(CompareFn),
    Reduce(ReduceFn),
}

/// Functions that are mistaken for one another.
const PAIRS: [[Function; 2]; 12] = {
    use Function::{Binary, Compare, Reduce, Unary};
    [
        [Unary(UnaryFn::Exp), Unary(UnaryFn::Exp2)],
        [Unary(UnaryFn::Log), Unary(UnaryFn::Log2)],
        [Unary(UnaryFn::Sqrt), Unary(UnaryFn::Rsqrt)],
        [Binary(BinaryFn::Add), Binary(BinaryFn::Sub)],
        [Binary(BinaryFn::Mul), Binary(BinaryFn::Div)],
        [Binary(BinaryFn::Maximum), Binary(BinaryFn::Minimum)],
        [Compare(CompareFn::Lt), Compare(CompareFn::Le)],
        [Compare(CompareFn::Gt), Compare(CompareFn::Ge)],
        [Compare(CompareFn::Lt), Compare(CompareFn::Gt)],
        [Compare(CompareFn::Le), Compare(CompareFn::Ge)],
        [Reduce(ReduceFn::Sum), Reduce(ReduceFn::Max)],
        [Reduce(ReduceFn::Max), Reduce(ReduceFn::Min)],
    ]
};

/// What the edited ops compute; `None` of an op that such an edit does not reach.
type New = Box<dyn Fn(&ComputeOp) -> Option<ComputeOp>>;

/// A change of ops: its kind, and what it is in words.
struct Change {
    kind: Kind,
    what: String,
    new: New,
}

impl Change {
    fn of(kind: Kind, what: String, new: impl Fn(&ComputeOp) -> Option<ComputeOp> + 'static) -> Change {
        Change { kind, what, new: Box::new(new) }
    }
}

pub fn edits<'a>(program: &Program, lines: &[OfLine]) -> Vec<Edit<'a>> {
    let of_line = |line: &OfLine| {
        let ops: Vec<ComputeOp> = line.ops.iter().filter_map(|&at| computed(program, at)).collect();
        let all = ops.first().map(|first| changes(first, &ops)).unwrap_or_default();
        all.into_iter().map(|change| edit(program, line, change)).collect::<Vec<Edit<'a>>>()
    };
    lines.iter().flat_map(of_line).chain([all_widened()]).collect()
}

fn computed(program: &Program, (rank, index): At) -> Option<ComputeOp> {
    if let Op::Compute(op) = program.op(rank, index) { Some(*op) } else { None }
}

/// A change of the ops of a line that it reaches: no others are named.
fn edit<'a>(program: &Program, line: &OfLine, Change { kind, what, new }: Change) -> Edit<'a> {
    let is_reached = |at: &At| computed(program, *at).is_some_and(|op| new(&op).is_some_and(|new| new != op));
    let ops: Vec<At> = line.ops.iter().copied().filter(is_reached).collect();
    let made = move |program: &Program, ops: &[At]| changed(program, ops.iter().copied(), &new);
    Edit::of(kind, ops, move |name| format!("{what} at {name}"), made)
}

/// All sums of the program in f32.
fn all_widened<'a>() -> Edit<'a> {
    let made = |program: &Program| {
        let ranks = (0..).map(Rank).zip(&program.ranks);
        let all = ranks.flat_map(|(rank, of)| (0..of.ops.len() as u32).map(move |at| (rank, OpIndex(at))));
        changed(program, all, &widened)
    };
    Edit::whole(Kind::DType, "all sums of the program in f32".to_owned(), made)
}

/// The program with what is new of some ops; `None` where nothing is.
fn changed(
    program: &Program,
    ops: impl Iterator<Item = At>,
    new: &dyn Fn(&ComputeOp) -> Option<ComputeOp>,
) -> Option<Program> {
    let new: Vec<(At, ComputeOp)> = ops.filter_map(|at| Some((at, new(&computed(program, at)?)?))).collect();
    let mut changed = program.clone();
    for ((rank, index), op) in new.iter().copied() {
        changed.ranks[rank.index()].ops[index.index()] = Op::Compute(op);
    }
    (!new.is_empty()).then_some(changed)
}

/// The changes that mean something for ops of one line, of which the first is given.
fn changes(first: &ComputeOp, ops: &[ComputeOp]) -> Vec<Change> {
    let mut all = functions(first);
    all.extend(constants(ops));
    if let ComputeOp::Binary { f: BinaryFn::Sub | BinaryFn::Div, .. } = first {
        all.push(Change::of(Kind::Exchanged, "operands exchanged".to_owned(), exchanged));
    }
    if ops.iter().any(|op| widened(op).is_some()) {
        all.push(Change::of(Kind::DType, "sums in f32".to_owned(), widened));
    }
    all
}

impl Function {
    fn of(op: &ComputeOp) -> Option<Function> {
        if let ComputeOp::Unary { f, .. } = *op {
            Some(Function::Unary(f))
        } else if let ComputeOp::Binary { f, .. } = *op {
            Some(Function::Binary(f))
        } else if let ComputeOp::Compare { f, .. } = *op {
            Some(Function::Compare(f))
        } else if let ComputeOp::Reduce { f, .. } = *op {
            Some(Function::Reduce(f))
        } else {
            None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Function::Unary(f) => f.name(),
            Function::Binary(f) => f.name(),
            Function::Compare(f) => f.name(),
            Function::Reduce(f) => f.name(),
        }
    }

    /// The other of each pair that it is of.
    fn others(self) -> impl Iterator<Item = Function> {
        let other = move |[a, b]: [Function; 2]| match [a == self, b == self] {
            [true, _] => Some(b),
            [false, true] => Some(a),
            [false, false] => None,
        };
        PAIRS.into_iter().filter_map(other)
    }

    /// The op with this function.
    fn in_op(self, op: &ComputeOp) -> Option<ComputeOp> {
        let mut op = *op;
        if let (ComputeOp::Unary { f, .. }, Function::Unary(new)) = (&mut op, self) {
            *f = new;
        } else if let (ComputeOp::Binary { f, .. }, Function::Binary(new)) = (&mut op, self) {
            *f = new;
        } else if let (ComputeOp::Compare { f, .. }, Function::Compare(new)) = (&mut op, self) {
            *f = new;
        } else if let (ComputeOp::Reduce { f, .. }, Function::Reduce(new)) = (&mut op, self) {
            *f = new;
        } else {
            return None;
        }
        Some(op)
    }
}

/// Another function. All ops of a line have one.
fn functions(op: &ComputeOp) -> Vec<Change> {
    let Some(old) = Function::of(op) else { return Vec::new() };
    let change = |new: Function| {
        let what = format!("`{}` in place of `{}`", new.name(), old.name());
        Change::of(Kind::Function, what, move |op| new.in_op(op))
    };
    old.others().map(change).collect()
}

/// Another constant beside a tile: that of another op of the line, the negative, the inverse, the root or the square of one.
fn constants(ops: &[ComputeOp]) -> Vec<Change> {
    let constant = |op: &ComputeOp| {
        let ComputeOp::Binary { x, y, .. } = *op else { return None };
        [x, y]
            .into_iter()
            .find_map(|it| if let Operand::Constant(now) = it { Some(now.value()) } else { None })
    };
    let known: Vec<f32> = ops.iter().filter_map(constant).collect();
    let mut values: Vec<f32> = Vec::new();
    for value in known.iter().flat_map(|&x| [x, -x, 1.0 / x, x.sqrt(), x * x]) {
        let is_other = known.iter().any(|&now| now != value);
        if value.is_finite() && is_other && !values.contains(&value) {
            values.push(value);
        }
    }
    let change = |value: f32| {
        let new = move |op: &ComputeOp| {
            let ComputeOp::Binary { f, mut x, mut y, to } = *op else { return None };
            let of_op = [&mut x, &mut y].into_iter().find(|it| matches!(it, Operand::Constant(_)))?;
            *of_op = Operand::Constant(Constant::of(value));
            Some(ComputeOp::Binary { f, x, y, to })
        };
        Change::of(Kind::Constant, format!("{value} is the constant"), new)
    };
    values.into_iter().take(MOST_CONSTANTS).map(change).collect()
}

/// Constants that are tried at one line.
const MOST_CONSTANTS: usize = 16;

/// The operands of a difference or a quotient, each in place of the other.
fn exchanged(op: &ComputeOp) -> Option<ComputeOp> {
    let ComputeOp::Binary { f, x, y, to } = *op else { return None };
    Some(ComputeOp::Binary { f, x: y, y: x, to })
}

/// The sum in f32, of one that is kept in fewer bits.
fn widened(op: &ComputeOp) -> Option<ComputeOp> {
    let mut op = *op;
    let (ComputeOp::Dot { acc, .. } | ComputeOp::Reduce { acc, .. }) = &mut op else { return None };
    if !matches!(acc, DType::F16 | DType::Bf16) {
        return None;
    }
    *acc = DType::F32;
    Some(op)
}
