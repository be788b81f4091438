//! Random ops of units, and moves between memories.

use program::op::{
    BinaryFn, BusyUnit, CompareFn, ComputeOp, Constant, MoveOp, NoteOp, Operand, ReduceFn, TimeOp, UnaryFn,
};
use program::{Base, DType, Dims, Rank, ScaledFormat, View};

use super::draft::Draft;
use super::tables::any_dtype;

const INTEGERS: [DType; 6] = [DType::U8, DType::I32, DType::I8, DType::I16, DType::U16, DType::Bool];
/// Beside u32 none is below 0.
const UNSIGNED: [DType; 4] = [DType::U32, DType::U32, DType::U8, DType::U16];
/// In which integers are summed.
const SUMS: [DType; 5] = [DType::I32, DType::I32, DType::U32, DType::I8, DType::U16];

const TRUTHS: [DType; 2] = [DType::U8, DType::Bool];

/// Which dtypes are operands of one op.
#[derive(Clone, Copy)]
enum Kin {
    /// All but u32 and truth values.
    Any,
    /// Those beside which u32 is taken.
    Unsigned,
    /// All but u32; constants are 0 and 1.
    Truths,
}

/// Elements of the result of an op.
const MOST_ELEMENTS: u64 = 16;

impl Draft<'_> {
    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
    fn any_dtype(&mut self) -> DType {
        any_dtype(&mut self.random)
    }

    /// Dtypes of the operands of one op.
    fn kin(&mut self) -> Kin {
        match self.below(4) {
            0 => Kin::Unsigned,
            1 => Kin::Truths,
            _ => Kin::Any,
        }
    }
    /// A dtype of operands that are computed together.
    fn of(&mut self, kin: Kin) -> DType {
        let any = self.any_dtype();
        match kin {
            Kin::Unsigned if !any.is_float() => self.pick(&UNSIGNED),
            Kin::Any if any == DType::U32 || any == DType::Bool => DType::I16,
            Kin::Truths if any == DType::U32 => DType::Bool,
            Kin::Unsigned | Kin::Any | Kin::Truths => any,
        }
    }
    /// A whole number that the dtype holds.
    pub(super) fn number(&mut self, dtype: DType, below: u64) -> Constant {
        let below = if dtype == DType::Bool { 2 } else { below };
        Constant::of(self.random.below(below) as f32)
    }

    pub fn compute(&mut self, rank: Rank) {
        let shape = self.shape(MOST_ELEMENTS);
        match self.random.below(15) {
            12 => self.fma(rank, shape),
            13 => self.scan(rank, shape),
            14 => self.dequantize(rank),
            0 => self.dot(rank),
            1 => self.unary(rank, shape),
            2..5 => self.binary(rank, shape),
            5 => self.compare(rank, shape),
            6 => self.choose(rank, shape),
            7 => self.reduce(rank),
            8 => self.fill(rank, shape),
            9 => self.iota(rank),
            10 => self.copy(rank),
            _ => self.note(rank),
        }
    }

    fn dot(&mut self, rank: Rank) {
        let float = [DType::F32, DType::F16, DType::Bf16, DType::F8e4m3, DType::F8e5m2];
        let [m, k, n] = [(); 3].map(|()| 1 + self.below(3) as u32);
        let of_bytes = self.percent(30);
        let bytes = [DType::I8, DType::U8];
        let [a, b] = [(); 2].map(|()| if of_bytes { self.pick(&bytes) } else { self.pick(&float) });
        let [c, acc] = if of_bytes {
            [DType::I32; 2]
        } else {
            [self.pick(&float), self.pick(&[DType::F32, DType::F32, DType::F16, DType::Bf16])]
        };
        let a = self.source(rank, Dims::new(&[m, k]), a);
        let b = self.source(rank, Dims::new(&[k, n]), b);
        let c = self.target(rank, Dims::new(&[m, n]), c);
        let accumulate = self.percent(40);
        self.push(rank, ComputeOp::Dot { a, b, c, accumulate, acc });
    }
    /// One or two blocks; 64 bytes hold them.
    fn dequantize(&mut self, rank: Rank) {
        let format = self.pick(&ScaledFormat::ALL);
        let narrow = [DType::F16, DType::Bf16, DType::F8e4m3, DType::F8e5m2];
        let n = if format.block() == 16 && self.percent(50) { 16 } else { 32 };
        let to = if n == 16 && self.percent(30) { DType::F32 } else { self.pick(&narrow) };
        let shape = Dims::new(&[n]);
        let [of_x, of_scales] = format.shapes(shape).expect("it is whole blocks");
        let x = self.source(rank, of_x, format.elements());
        let scales = self.source(rank, of_scales, format.scales());
        let to = self.target(rank, shape, to);
        self.push(rank, ComputeOp::Dequantize { format, x, scales, to });
    }
    fn unary(&mut self, rank: Rank, shape: Dims) {
        let (f, any, to) = (self.pick(&UnaryFn::ALL), self.any_dtype(), self.any_dtype());
        let from = if f.is_of_integers_alone() { self.pick(&INTEGERS) } else { any };
        let x = self.source(rank, shape, from);
        let to = self.target(rank, shape, to);
        self.push(rank, ComputeOp::Unary { f, x, to });
    }
    /// A view that broadcasts to a shape, or a constant.
    fn operand(&mut self, rank: Rank, shape: Dims, kin: Kin) -> Operand {
        if self.percent(20) {
            let below = if matches!(kin, Kin::Truths) { 2 } else { 4 };
            return Operand::Constant(self.number(DType::I32, below));
        }
        let mut from: Vec<u32> = shape.to_vec();
        for extent in &mut from {
            if self.percent(15) {
                *extent = 1;
            }
        }
        let missing = if self.percent(20) { self.below(from.len() + 1) } else { 0 };
        let dtype = self.of(kin);
        Operand::View(self.source(rank, Dims::new(&from[missing..]), dtype))
    }
    fn binary(&mut self, rank: Rank, shape: Dims) {
        let (f, to) = (self.pick(&BinaryFn::ALL), self.any_dtype());
        let (x, y) = if f == BinaryFn::Pow {
            let (dtype, exponent) = (self.of(Kin::Any), self.random.below(8) as i32);
            let x = Operand::View(self.source(rank, shape, dtype));
            let exponent = if dtype.is_float() { exponent - 3 } else { exponent };
            (x, Operand::Constant(Constant::of(exponent as f32)))
        } else if f.is_of_integers_alone() {
            let integers = if self.percent(30) { &UNSIGNED[..] } else { &INTEGERS };
            let (x, y) = (self.pick(integers), self.pick(integers));
            (Operand::View(self.source(rank, shape, x)), Operand::View(self.source(rank, shape, y)))
        } else {
            let kin = self.kin();
            (self.operand(rank, shape, kin), self.operand(rank, shape, kin))
        };
        let to = self.target(rank, shape, to);
        self.push(rank, ComputeOp::Binary { f, x, y, to });
    }
    fn fma(&mut self, rank: Rank, shape: Dims) {
        let kin = self.kin();
        let [x, y, z] = [(); 3].map(|()| self.operand(rank, shape, kin));
        let dtype = self.any_dtype();
        let to = self.target(rank, shape, dtype);
        self.push(rank, ComputeOp::Fma { x, y, z, to });
    }
    fn scan(&mut self, rank: Rank, shape: Dims) {
        if shape.is_empty() {
            return;
        }
        let axis = self.below(shape.len()) as u8;
        let folds: Vec<ReduceFn> = ReduceFn::ALL.into_iter().filter(|f| f.of_two().is_some()).collect();
        let (f, dtype, to) = (self.pick(&folds), self.any_dtype(), self.any_dtype());
        let acc = if dtype.is_float() { self.pick(&[DType::F32, DType::F16]) } else { self.pick(&SUMS) };
        let wrap = self.percent(90);
        let x = self.source(rank, shape, dtype);
        let to = self.target(rank, shape, to);
        self.push(rank, ComputeOp::Scan { f, axis, x, to, acc, wrap });
    }
    fn compare(&mut self, rank: Rank, shape: Dims) {
        let f = self.pick(&CompareFn::ALL);
        let kin = self.kin();
        let (x, y) = (self.operand(rank, shape, kin), self.operand(rank, shape, kin));
        let truth = self.pick(&TRUTHS);
        let to = self.target(rank, shape, truth);
        self.push(rank, ComputeOp::Compare { f, x, y, to });
    }
    fn choose(&mut self, rank: Rank, shape: Dims) {
        let (truth, kin) = (self.pick(&TRUTHS), self.kin());
        let mask = self.source(rank, shape, truth);
        let (x, y, to) = (self.operand(rank, shape, kin), self.operand(rank, shape, kin), self.of(kin));
        let to = self.target(rank, shape, to);
        self.push(rank, ComputeOp::Where { mask, x, y, to });
    }
    fn reduce(&mut self, rank: Rank) {
        let mut shape = self.shape(MOST_ELEMENTS);
        if shape.is_empty() {
            shape = Dims::new(&[3]);
        }
        let axis = self.below(shape.len());
        let (f, dtype, to) = (self.pick(&ReduceFn::ALL), self.any_dtype(), self.any_dtype());
        let acc = if dtype.is_float() { self.pick(&[DType::F32, DType::F16]) } else { self.pick(&SUMS) };
        let given = f.gives().map(|dtype| if dtype.is_truth() { self.pick(&TRUTHS) } else { dtype });
        let (wrap, to) = (self.percent(90), given.unwrap_or(to));
        let x = self.source(rank, shape, dtype);
        let to = self.target(rank, shape.with(axis, 1), to);
        self.push(rank, ComputeOp::Reduce { f, axis: axis as u8, x, to, acc, wrap });
    }
    fn fill(&mut self, rank: Rank, shape: Dims) {
        let dtype = self.any_dtype();
        let value = self.number(dtype, 9);
        let to = self.target(rank, shape, dtype);
        self.push(rank, ComputeOp::Fill { value, to });
    }
    fn iota(&mut self, rank: Rank) {
        let shape = Dims::new(&[1 + self.below(4) as u32, 1 + self.below(3) as u32]);
        let (axis, start) = (self.below(2) as u8, self.random.below(100) as i32);
        let step = self.random.below(7) as i32 - 3;
        let to = self.target(rank, shape, DType::I32);
        self.push(rank, ComputeOp::Iota { axis, start, step, to });
    }
    pub fn copy(&mut self, rank: Rank) {
        // What units do not compute on is moved.
        let (most, dtype) = if self.percent(10) {
            (MOST_ELEMENTS / 2, self.pick(&[DType::I64, DType::F64]))
        } else {
            (MOST_ELEMENTS, self.any_dtype())
        };
        let shape = self.shape(most);
        let from = self.source(rank, shape, dtype);
        let to = self.target(rank, shape, dtype);
        self.push(rank, MoveOp::Copy { from, to });
    }
    /// What takes time alone would make the program compute nothing; so it is the ledger, and time now and then.
    fn note(&mut self, rank: Rank) {
        let shape = self.shape(MOST_ELEMENTS);
        let view = self.buffer_view(rank, shape, DType::F32, false);
        match self.random.below(3) {
            0 => self.append(rank, NoteOp::Contribute { view, key: 1 }),
            1 => {
                let (unit, cycles) = (self.pick(&BusyUnit::ALL), self.random.below(200));
                if self.target.is_queued() {
                    self.open[rank.index()] = true;
                }
                self.append(rank, TimeOp::Busy { unit, cycles })
            }
            _ => self.append(rank, NoteOp::Expect { view, keys: [1].into() }),
        };
    }

    pub fn load(&mut self, rank: Rank) {
        let from = self.tensor(rank, false);
        let to = self.target(rank, from.shape, from.dtype);
        let from = self.view(rank, from);
        self.push(rank, MoveOp::Load { from, to });
    }
    pub fn store(&mut self, rank: Rank) {
        let to = self.tensor(rank, true);
        let from = self.source(rank, to.shape, to.dtype);
        let to = self.view(rank, to);
        self.push(rank, MoveOp::Store { from, to });
    }
    /// Every output gets all of its bytes.
    pub fn store_outputs(&mut self) {
        for rank in 0..self.program.n_ranks() {
            if self.percent(4) {
                continue;
            }
            let (rank, tensor) = (Rank(rank), program::TensorId(2 * rank + 1));
            let it = &self.program.tensors[tensor.index()];
            let (shape, dtype) = (Dims::new(&it.shape), it.dtype);
            let from = self.buffer_view(rank, shape, dtype, false);
            let to = self.view(rank, View::packed(Base::Tensor(tensor), shape, dtype));
            self.push(rank, MoveOp::Store { from, to });
        }
    }
}
