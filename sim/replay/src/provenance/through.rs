//! One op, backwards: from the elements that it wrote to those that it read.

use program::op::{BinaryFn, ReduceFn, UnaryFn};
use program::view::MAX_DIMS;
use program::{ComputeOp, Dims, Effect, Op, Operand, Target, View};

use super::field::Field;
use super::trace::{Graph, Walk};
use super::ways::Ways;
use crate::cpu::{SimdLevel, widen};
use crate::history::Part;
use crate::operands;

/// Visits all indices of a shape, row-major: number of the element, and its place by these strides.
pub fn each(shape: &Dims, strides: &Dims, mut visit: impl FnMut(usize, u64)) {
    let (mut index, mut place) = ([0u32; MAX_DIMS], 0u64);
    for at in 0..shape.product() as usize {
        visit(at, place);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            place += u64::from(strides[axis]);
            if index[axis] < shape[axis] {
                break;
            }
            place -= u64::from(strides[axis]) * u64::from(index[axis]);
            index[axis] = 0;
        }
    }
}

/// An op whose result is asked for.
struct Through<'g, 'a> {
    graph: &'g Graph<'a>,
    /// By read: view, address of its base, parts.
    reads: Vec<(&'a View, u64, &'g [Part])>,
    /// Shape of the result, and the ways of its elements, row-major.
    shape: Dims,
    ways: Vec<Ways>,
}

/// Asks for what `op` reads of all elements of its value that are asked for.
pub fn op(graph: &Graph<'_>, walk: &mut Walk, op: u32, value: &Field) {
    let program = &graph.log.program;
    let (rank, index) = graph.versions.op(op);
    let (views, named) = (&program.rank(rank).views, program.op(rank, index));
    let read = |(view, parts): (program::ViewId, _)| {
        let view = &views[view.index()];
        (view, graph.log.layout.locate(program, rank, view).1, parts)
    };
    let reads: Vec<_> = named.access().reads().zip(graph.reads.of(op as usize)).map(read).collect();
    let is_whole = value.is_all_function();
    if is_whole && takes_all(named) {
        reads.iter().for_each(|(view, base, parts)| graph.ask_all(walk, view, *base, parts));
        return;
    }
    let (shape, strides) = match (named.effect(), named.access().write) {
        (Effect::Move { to: Target::Slots(_), from }, _) => {
            let shape = views[from.index()].shape;
            (shape, shape.packed_strides())
        }
        (_, Some(to)) => (views[to.index()].shape, views[to.index()].compact_strides()),
        (_, None) => return,
    };
    let value = value.all();
    let mut ways = Vec::with_capacity(value.len());
    each(&shape, &strides, |_, place| ways.push(value.get(place as usize).copied().unwrap_or_default()));
    walk.steps += ways.len() as u64;
    let of = Through { graph, reads, shape, ways };
    if is_whole && of.takes_whole(walk, named) {
        return;
    }
    let asked = match named.effect() {
        Effect::Compute(compute) => of.compute(walk, compute),
        Effect::Fold(reduction) => of.reads.iter().map(|_| of.along(reduction.f)).collect(),
        Effect::Move { .. } => vec![of.ways.clone()],
        Effect::Nothing => Vec::new(),
    };
    for ((view, base, parts), ways) in of.reads.iter().zip(&asked) {
        graph.ask(walk, view, *base, parts, ways);
    }
}

/// What an operand is multiplied by.
enum Factors {
    One(f64),
    /// By element of the result.
    Each(Vec<f64>),
    Unknown,
}

/// Whether all that an op reads reaches all that it writes, whatever the values: not through a mask or a factor 0.
fn takes_all(op: &Op) -> bool {
    match op {
        Op::Compute(
            ComputeOp::Where { .. } | ComputeOp::Fma { .. } | ComputeOp::Binary { f: BinaryFn::Mul, .. },
        ) => false,
        Op::Compute(_)
        | Op::Move(_)
        | Op::Send(_)
        | Op::Recv(_)
        | Op::Sync(_)
        | Op::Queue(_)
        | Op::Note(_)
        | Op::Time(_) => true,
    }
}

impl Through<'_, '_> {
    fn unary(&self, f: UnaryFn) -> Vec<Ways> {
        if UnaryFn::CASTS.contains(&f) {
            self.ways.clone()
        } else if f == UnaryFn::Neg {
            self.ways.iter().map(|ways| ways.scaled(-1.0)).collect()
        } else {
            self.function()
        }
    }

    /// What every `n` elements come from: its code, which they depend on by a function.
    fn together(&self, n: usize) -> Vec<Ways> {
        let sum = |ways: &[Ways]| {
            let mut all = Ways::NONE;
            ways.iter().for_each(|ways| all.add(ways.through_function()));
            all
        };
        self.ways.chunks(n).map(sum).collect()
    }

    /// By read: the ways of its elements, row-major.
    fn compute(&self, walk: &mut Walk, op: ComputeOp) -> Vec<Vec<Ways>> {
        match op {
            ComputeOp::Dot { accumulate, .. } => self.dot(walk, accumulate),
            ComputeOp::Unary { f, .. } => vec![self.unary(f)],
            ComputeOp::Binary { f: BinaryFn::Add, .. } => self.spread(|_, ways| ways),
            ComputeOp::Binary { f: BinaryFn::Sub, x, .. } => {
                let second = usize::from(x.view().is_some());
                self.spread(|read, ways| if read == second { ways.scaled(-1.0) } else { ways })
            }
            ComputeOp::Binary { f: BinaryFn::Mul, x, y, .. } => self.product([x, y]),
            ComputeOp::Binary { f: BinaryFn::Div, x, y, .. } => self.quotient([x, y]),
            ComputeOp::Binary {
                f:
                    BinaryFn::Maxnum
                    | BinaryFn::Minnum
                    | BinaryFn::Maximum
                    | BinaryFn::Minimum
                    | BinaryFn::Rem
                    | BinaryFn::Shl
                    | BinaryFn::Shr
                    | BinaryFn::And
                    | BinaryFn::Or
                    | BinaryFn::Xor
                    | BinaryFn::Pow,
                ..
            }
            | ComputeOp::Compare { .. } => self.spread(|_, ways| ways.through_function()),
            ComputeOp::Where { x, y, .. } => self.branches([x, y]),
            ComputeOp::Reduce { f, axis, .. } => vec![self.reduced(f, usize::from(axis))],
            ComputeOp::Fma { x, y, z, .. } => {
                let mut asked = self.product([x, y]);
                if z.view().is_some() {
                    asked.push(self.spread_to(asked.len(), |_, ways| ways));
                }
                asked
            }
            ComputeOp::Scan { f, axis, .. } => vec![self.scanned(f, usize::from(axis))],
            ComputeOp::Dequantize { format, .. } => {
                [format.per_byte(), format.block()].map(|n| self.together(n as usize)).into()
            }
            ComputeOp::Fill { .. } | ComputeOp::Iota { .. } => Vec::new(),
        }
    }

    /// Asks for all that a product reads, where all of it is asked for as something that a function reaches; not where
    /// a factor is 0 anywhere.
    fn takes_whole(&self, walk: &mut Walk, op: &Op) -> bool {
        let Op::Compute(ComputeOp::Binary { f: BinaryFn::Mul, x, y, .. }) = *op else { return false };
        let numbers = Self::numbers([x, y]);
        // Values are known of factors that are both views.
        let may_mask = self.graph.masked && numbers.iter().all(Option::is_some);
        let is_zero = |operand: Operand, number: Option<usize>| match (operand, number) {
            (Operand::Constant(constant), _) => constant.exact() == 0.0,
            (Operand::View(_), Some(read)) if may_mask => {
                self.values(read).is_some_and(|values| values.contains(&0.0))
            }
            (Operand::View(_), Some(_) | None) => false,
        };
        if is_zero(x, numbers[0]) || is_zero(y, numbers[1]) {
            return false;
        }
        self.reads.iter().for_each(|(view, base, parts)| self.graph.ask_all(walk, view, *base, parts));
        true
    }

    fn function(&self) -> Vec<Ways> {
        self.ways.iter().map(|ways| ways.through_function()).collect()
    }

    fn along(&self, f: ReduceFn) -> Vec<Ways> {
        match f {
            ReduceFn::Sum => self.ways.clone(),
            ReduceFn::Prod
            | ReduceFn::Maxnum
            | ReduceFn::Minnum
            | ReduceFn::Max
            | ReduceFn::Min
            | ReduceFn::Any
            | ReduceFn::All
            | ReduceFn::Argmax
            | ReduceFn::Argmin => self.function(),
        }
    }

    /// Strides of an operand, packed, as it broadcasts to the shape of the result.
    fn broadcast(&self, view: &View) -> Dims {
        let packed = view.shape.packed_strides();
        let missing = self.shape.len() - view.shape.len().min(self.shape.len());
        let stride = |axis: usize| match axis.checked_sub(missing) {
            Some(own) if view.shape[own] > 1 => packed[own],
            Some(_) | None => 0,
        };
        Dims::new(&(0..self.shape.len()).map(stride).collect::<Vec<u32>>())
    }

    /// Ways of every operand of an op by element.
    fn spread(&self, of: impl Fn(usize, Ways) -> Ways) -> Vec<Vec<Ways>> {
        (0..self.reads.len()).map(|read| self.spread_to(read, |_, ways| of(read, ways))).collect()
    }

    /// Ways of one operand; `of` knows the number of the element of the result.
    fn spread_to(&self, read: usize, of: impl Fn(usize, Ways) -> Ways) -> Vec<Ways> {
        let view = self.reads[read].0;
        let mut asked = vec![Ways::NONE; view.elements() as usize];
        each(&self.shape, &self.broadcast(view), |at, place| {
            asked[place as usize].add(of(at, self.ways[at]));
        });
        asked
    }

    /// The value of a read at every element of the result, or `None` where values are not known.
    fn seen(&self, read: usize) -> Option<Vec<f64>> {
        let (view, ..) = self.reads[read];
        let values = self.values(read)?;
        let mut seen = Vec::with_capacity(self.ways.len());
        each(&self.shape, &self.broadcast(view), |_, place| seen.push(values[place as usize]));
        Some(seen)
    }

    /// The elements of a read, row-major.
    fn values(&self, read: usize) -> Option<Vec<f64>> {
        let (view, base, parts) = self.reads[read];
        let operand = operands::Operand::read(self.graph.values?, view, parts, || base);
        widen(&operand.strided(), SimdLevel::detect()).ok()
    }

    /// Whether an element that is asked for is linear in what is read.
    fn is_linear(&self) -> bool {
        self.ways.iter().any(|ways| ways.times() > 0)
    }

    /// Numbers of the reads that operands are.
    fn numbers(operands: [Operand; 2]) -> [Option<usize>; 2] {
        let first = operands[0].view().map(|_| 0);
        [first, operands[1].view().map(|_| usize::from(first.is_some()))]
    }

    /// The values of an operand at every element of the result, where they are known and of use.
    fn factors(&self, operand: Operand, number: Option<usize>) -> Factors {
        match (operand, number) {
            (Operand::Constant(constant), _) => Factors::One(constant.exact()),
            (Operand::View(_), Some(read)) if self.graph.masked || self.is_linear() => {
                self.seen(read).map_or(Factors::Unknown, Factors::Each)
            }
            (Operand::View(_), Some(_) | None) => Factors::Unknown,
        }
    }

    /// A factor counts where the other one is not 0: that of a constant, and of a mask.
    fn product(&self, operands: [Operand; 2]) -> Vec<Vec<Ways>> {
        let numbers = Self::numbers(operands);
        let asked = [0, 1].map(|at| {
            let read = numbers[at]?;
            Some(match self.factors(operands[1 - at], numbers[1 - at]) {
                Factors::One(0.0) => self.spread_to(read, |_, _| Ways::NONE),
                Factors::One(by) => self.spread_to(read, |_, ways| ways.scaled(by)),
                Factors::Each(by) => self.spread_to(read, |element, ways| self.through(ways, by[element])),
                Factors::Unknown => self.spread_to(read, |_, ways| ways.unknown()),
            })
        });
        asked.into_iter().flatten().collect()
    }

    /// Through a factor that may be a mask.
    fn through(&self, ways: Ways, by: f64) -> Ways {
        if by == 0.0 && self.graph.masked { Ways::NONE } else { ways.scaled(by) }
    }

    fn quotient(&self, operands: [Operand; 2]) -> Vec<Vec<Ways>> {
        let numbers = Self::numbers(operands);
        let numerator = numbers[0].map(|read| {
            // Of a constant over a divisor nothing asks for the divisor's values, and they are not kept.
            let by = self.factors(operands[1], numbers[1]);
            self.spread_to(read, |element, ways| match &by {
                Factors::One(by) => ways.scaled(1.0 / by),
                Factors::Each(by) => ways.scaled(1.0 / by[element]),
                Factors::Unknown => ways.unknown(),
            })
        });
        let divisor = numbers[1].map(|read| self.spread_to(read, |_, ways| ways.through_function()));
        numerator.into_iter().chain(divisor).collect()
    }

    /// The mask, and of the branches what it lets through.
    fn branches(&self, operands: [Operand; 2]) -> Vec<Vec<Ways>> {
        let mask = self.seen(0);
        let mut asked = vec![self.spread_to(0, |_, ways| ways.through_function())];
        for (is_first, operand) in [(true, operands[0]), (false, operands[1])] {
            if operand.view().is_some() {
                let let_through = |at: usize| mask.as_ref().is_none_or(|mask| (mask[at] != 0.0) == is_first);
                let of = |at, ways| if let_through(at) { ways } else { Ways::NONE };
                asked.push(self.spread_to(asked.len(), of));
            }
        }
        asked
    }

    /// An element reaches those after it along the axis.
    fn scanned(&self, f: ReduceFn, axis: usize) -> Vec<Ways> {
        let mut ways = self.along(f);
        let inner = self.shape.packed_strides()[axis] as usize;
        for part in ways.chunks_exact_mut((inner * self.shape[axis] as usize).max(1)) {
            for at in (0..part.len() - inner).rev() {
                let after = part[at + inner];
                part[at].add(after);
            }
        }
        ways
    }

    fn reduced(&self, f: ReduceFn, axis: usize) -> Vec<Ways> {
        let (view, ..) = self.reads[0];
        let ways = self.along(f);
        // The axis stays, with extent 1: along it the result repeats.
        let packed = self.shape.packed_strides();
        let strides = if axis < packed.len() { packed.with(axis, 0) } else { packed };
        let mut asked = Vec::with_capacity(view.elements() as usize);
        each(&view.shape, &strides, |_, place| {
            asked.push(ways.get(place as usize).copied().unwrap_or_default())
        });
        asked
    }

    fn dot(&self, walk: &mut Walk, accumulate: bool) -> Vec<Vec<Ways>> {
        let matrix = |at: usize| {
            let shape = &self.reads[at].0.shape;
            [shape[shape.len() - 2] as usize, shape[shape.len() - 1] as usize]
        };
        let ([m, k], [_, n]) = (matrix(0), matrix(1));
        let [mut a, mut b] = [0, 1].map(|at| vec![Ways::NONE; self.reads[at].0.elements() as usize]);
        let asked: Vec<usize> = (0..self.ways.len()).filter(|&at| self.ways[at].reaches()).collect();
        let is_of_use = self.is_linear() || (self.graph.masked && asked.len() < self.ways.len());
        let known = if is_of_use { self.values(0).zip(self.values(1)) } else { None };
        if let Some((left, right)) = known {
            walk.steps += (asked.len() * k) as u64;
            for at in asked {
                // Rows are counted through all matrices; those of b begin with its own matrix.
                let (i, j, ways) = (at / n, at % n, self.ways[at]);
                let first = i / m * k;
                for l in 0..k {
                    a[i * k + l].add(self.through(ways, right[(first + l) * n + j]));
                    b[(first + l) * n + j].add(self.through(ways, left[i * k + l]));
                }
            }
        } else {
            let matrices = self.ways.len() / (m * n).max(1);
            let (mut rows, mut columns) = (vec![Ways::NONE; matrices * m], vec![Ways::NONE; matrices * n]);
            for at in asked {
                rows[at / n].add(self.ways[at].unknown());
                columns[at / (m * n) * n + at % n].add(self.ways[at].unknown());
            }
            walk.steps += (a.len() + b.len()) as u64;
            (0..a.len()).for_each(|at| a[at] = rows[at / k]);
            (0..b.len()).for_each(|at| b[at] = columns[at / (k * n) * n + at % n]);
        }
        let mut all = vec![a, b];
        all.extend(accumulate.then(|| self.ways.clone()));
        all
    }
}
