//! Conversion of a pass to a launch.

use program::op::{Constant, Operand as Read, ReduceFn, UnaryFn};
use program::{Base, ComputeOp, DType, MoveOp, Op, ScaledFormat, Sign, View, ViewId};

use super::{Family, Launch};
use crate::device::DeviceError;
use crate::params::{Operand, Params, code_of, padded};
use crate::plan::{BufferId, Pass};

type Launched = Result<Launch, DeviceError>;

pub(super) fn launch(pass: &Pass) -> Launched {
    let views = Views(pass);
    if let Op::Move(MoveOp::Copy { from, to }) = pass.op {
        return views.copy(from, to);
    }
    let Some(compute) = pass.op.compute() else {
        let kind = pass.op.kind();
        return Err(unfit(format!("`{kind}` is not a pass: a plan has `copy` for ops that move bytes")));
    };
    match compute {
        ComputeOp::Dot { a, b, c, accumulate, acc } => views.dot([a, b, c], accumulate, acc),
        ComputeOp::Unary { f, x, to } => views.unary(f, x, to),
        ComputeOp::Binary { f, x, y, to } => {
            let alone = f.is_of_integers_alone().then_some(views.sign(&[x, y])?);
            let integer = alone.or(views.all_integers(&[x, y])?);
            views.elementwise((Family::Binary, f.code().into()), integer, &[x, y], to)
        }
        ComputeOp::Compare { f, x, y, to } => {
            if !views.view(to)?.dtype.is_truth() {
                return Err(unfit("a comparison writes bool or u8, not what its view says".to_owned()));
            }
            views.elementwise((Family::Compare, f.code().into()), views.all_integers(&[x, y])?, &[x, y], to)
        }
        ComputeOp::Where { mask, x, y, to } => {
            // The mask does not decide.
            let integer = views.all_integers(&[x, y])?;
            views.elementwise((Family::Where, 0), integer, &[Read::View(mask), x, y], to)
        }
        ComputeOp::Reduce { f, axis, x, to, acc, .. } => views.reduce(f, usize::from(axis), [x, to], acc),
        ComputeOp::Scan { f, axis, x, to, acc, .. } => views.scan(f, usize::from(axis), [x, to], acc),
        ComputeOp::Fma { x, y, z, to } => {
            let integer = views.all_integers(&[x, y, z])?;
            views.elementwise((Family::Fma, 0), integer, &[x, y, z], to)
        }
        ComputeOp::Fill { value, to } => {
            let integer = match value {
                Constant::Unsigned(_) => Some(Sign::Unsigned),
                Constant::Integer(_) => Some(Sign::Signed),
                Constant::Float(_) => None,
            };
            let x = Operand::of_constant(value, integer);
            let params = Params { integer: code_of(integer), x, ..Params::to(views.view(to)?)? };
            Ok(Launch::new(Family::Fill, vec![], views.buffer(to)?, params))
        }
        ComputeOp::Dequantize { format, x, scales, to } => views.dequantize(format, [x, scales, to]),
        ComputeOp::Iota { axis, start, step, to } => views.iota(usize::from(axis), [start, step], to),
    }
}

fn unfit(what: String) -> DeviceError {
    DeviceError::Unfit(what)
}

/// The views of a pass, by the ids of its op.
struct Views<'a>(&'a Pass);

impl Views<'_> {
    fn view(&self, id: ViewId) -> Result<&View, DeviceError> {
        self.0.views.get(id.index()).ok_or_else(|| {
            unfit(format!("{id} of a `{}` is not among the views of its pass", self.0.op.kind()))
        })
    }
    fn buffer(&self, id: ViewId) -> Result<BufferId, DeviceError> {
        match self.view(id)?.base {
            Base::Tensor(tensor) => Ok(BufferId(tensor.0)),
            Base::Buffer(_) | Base::Message(_) => {
                Err(unfit(format!("{id} of a pass has no tensor as its base")))
            }
        }
    }

    fn copy(&self, from: ViewId, to: ViewId) -> Launched {
        let (source, result) = (self.view(from)?, self.view(to)?);
        if (source.shape, source.dtype) != (result.shape, result.dtype) {
            let (a, b) = ((source.shape, source.dtype), (result.shape, result.dtype));
            return Err(unfit(format!("a copy of {} {} into {} {}", a.0, a.1, b.0, b.1)));
        }
        let params = Params { x: Operand::broadcast(source, result.shape)?, ..Params::to(result)? };
        Ok(Launch::new(Family::Copy, vec![Some(self.buffer(from)?)], self.buffer(to)?, params))
    }

    fn unary(&self, f: UnaryFn, x: ViewId, to: ViewId) -> Launched {
        let (from, result) = (self.view(x)?, self.view(to)?);
        let is_integer = f.of_integers().is_some() && !from.dtype.is_float();
        let integer = code_of(is_integer.then(|| Sign::of([from.dtype])));
        let x_operand = Operand::broadcast(from, result.shape)?;
        let params = Params { f: f.code().into(), integer, x: x_operand, ..Params::to(result)? };
        Ok(Launch::new(Family::Unary, vec![Some(self.buffer(x)?)], self.buffer(to)?, params))
    }

    fn elementwise(
        &self,
        (family, f): (Family, u32),
        integer: Option<Sign>,
        reads: &[Read],
        to: ViewId,
    ) -> Launched {
        let result = self.view(to)?;
        let mut operands = [Operand::default(); 3];
        let mut inputs = Vec::new();
        for (operand, read) in operands.iter_mut().zip(reads) {
            *operand = match *read {
                Read::View(id) => Operand::broadcast(self.view(id)?, result.shape)?,
                Read::Constant(constant) => Operand::of_constant(constant, integer),
            };
            inputs.push(read.view().map(|id| self.buffer(id)).transpose()?);
        }
        let [x, y, z] = operands;
        let params = Params { f, integer: code_of(integer), x, y, z, ..Params::to(result)? };
        Ok(Launch::new(family, inputs, self.buffer(to)?, params))
    }

    /// How the 32 bits of an op on integers count.
    fn sign(&self, reads: &[Read]) -> Result<Sign, DeviceError> {
        let views = reads.iter().filter_map(|read| read.view()).map(|id| Ok(self.view(id)?.dtype));
        Ok(Sign::of(views.collect::<Result<Vec<_>, DeviceError>>()?))
    }

    /// As the CPU decides it: all are integers, and not all are constants.
    fn all_integers(&self, reads: &[Read]) -> Result<Option<Sign>, DeviceError> {
        let (mut a_view, sign) = (false, self.sign(reads)?);
        for read in reads {
            let whole = match *read {
                Read::View(id) => {
                    a_view = true;
                    !self.view(id)?.dtype.is_float()
                }
                Read::Constant(constant) => constant.word(sign).is_some(),
            };
            if !whole {
                return Ok(None);
            }
        }
        Ok(a_view.then_some(sign))
    }

    fn reduce(&self, f: ReduceFn, axis: usize, [x, to]: [ViewId; 2], acc: DType) -> Launched {
        let (from, result) = (self.view(x)?, self.view(to)?);
        if axis >= from.shape.len() || result.shape != from.shape.with(axis, 1) {
            let shapes = format!("axis {axis} of {} to {}", from.shape, result.shape);
            return Err(unfit(format!("a reduction of {shapes}: keep the axis, with extent 1")));
        }
        let params = Params { steps: from.shape[axis], ..self.along(f, axis, [from, result], acc)? };
        Ok(Launch::new(Family::Reduce, vec![Some(self.buffer(x)?)], self.buffer(to)?, params))
    }

    /// A reduction of which each element has one step more than the one before it.
    fn scan(&self, f: ReduceFn, axis: usize, [x, to]: [ViewId; 2], acc: DType) -> Launched {
        let (from, result) = (self.view(x)?, self.view(to)?);
        let n = from.shape.len();
        if axis >= n || result.shape != from.shape {
            let shapes = format!("axis {axis} of {} to {}", from.shape, result.shape);
            return Err(unfit(format!("a scan of {shapes}: keep the shape")));
        }
        let more = padded((0..n).map(|a| u32::from(a == axis)), 0);
        let y = Operand { strides: more, ..Operand::constant(0) };
        let params = Params { steps: 1, y, ..self.along(f, axis, [from, result], acc)? };
        Ok(Launch::new(Family::Reduce, vec![Some(self.buffer(x)?)], self.buffer(to)?, params))
    }

    /// All but the steps: x is read from the beginning of the axis on.
    fn along(
        &self,
        f: ReduceFn,
        axis: usize,
        [from, result]: [&View; 2],
        acc: DType,
    ) -> Result<Params, DeviceError> {
        let integer = f.stays_integer(!from.dtype.is_float(), acc);
        if integer && from.dtype.is_float() {
            return Err(unfit(format!("floats cannot accumulate in {acc}: use a float dtype")));
        }
        let one = View { shape: from.shape.with(axis, 1), ..*from };
        // A sum counts as what it accumulates in, and the largest as its operand.
        let counts = Sign::of([if f.accumulates() { acc } else { from.dtype }]);
        Ok(Params {
            f: f.code().into(),
            integer: code_of(integer.then_some(counts)),
            x_step: from.strides[axis],
            acc: acc.code().into(),
            x: Operand { offset: checked(from)?.offset, ..Operand::broadcast(&one, result.shape)? },
            ..Params::to(result)?
        })
    }

    /// The steps of x and y say how many elements share a byte, and a scale.
    fn dequantize(&self, format: ScaledFormat, [x, scales, to]: [ViewId; 3]) -> Launched {
        let (elements, by, result) = (self.view(x)?, self.view(scales)?, self.view(to)?);
        if format.shapes(result.shape) != Some([elements.shape, by.shape]) {
            let shapes = format!("{} by {} to {}", elements.shape, by.shape, result.shape);
            return Err(unfit(format!("{format} of {shapes}: its last axis is whole blocks")));
        }
        let params = Params {
            f: format.code().into(),
            x_step: format.per_byte(),
            y_step: format.block(),
            x: checked(elements)?,
            y: checked(by)?,
            ..Params::to(result)?
        };
        let inputs = vec![Some(self.buffer(x)?), Some(self.buffer(scales)?)];
        Ok(Launch::new(Family::Dequantize, inputs, self.buffer(to)?, params))
    }

    fn iota(&self, axis: usize, [start, step]: [i32; 2], to: ViewId) -> Launched {
        let result = self.view(to)?;
        let n = result.shape.len();
        if axis >= n {
            return Err(unfit(format!("axis {axis} of {}: count axes from 0", result.shape)));
        }
        let along = padded((0..n).map(|a| u32::from(a == axis)), 0);
        let x = Operand { strides: along, ..Operand::constant(start.cast_unsigned()) };
        let y = Operand::constant(step.cast_unsigned());
        let params = Params { f: 1, integer: 1, x, y, ..Params::to(result)? };
        Ok(Launch::new(Family::Fill, vec![], self.buffer(to)?, params))
    }

    fn dot(&self, [a, b, c]: [ViewId; 3], accumulate: bool, acc: DType) -> Launched {
        let (left, right, result) = (self.view(a)?, self.view(b)?, self.view(c)?);
        let shapes = || format!("{} · {} to {}", left.shape, right.shape, result.shape);
        let axes = result.shape.len();
        let fits = axes >= 2
            && left.shape.len() == axes
            && right.shape.len() == axes
            && left.shape[axes - 1] == right.shape[axes - 2]
            && result.shape == left.shape.with(axes - 1, right.shape[axes - 1])
            && result.shape == right.shape.with(axes - 2, left.shape[axes - 2]);
        if !fits {
            return Err(unfit(format!("a dot of {}: it takes […, m, k] · […, k, n] to […, m, n]", shapes())));
        }
        let (rows, columns) = (axes - 2, axes - 1);
        let integer = !acc.is_float();
        if integer && [left, right, result].iter().any(|view| view.dtype.is_float()) {
            return Err(unfit(format!("floats cannot accumulate in {acc}: use a float dtype")));
        }
        let params = Params {
            f: accumulate.into(),
            integer: code_of(integer.then_some(Sign::of([acc]))),
            steps: left.shape[columns],
            x_step: left.strides[columns],
            y_step: right.strides[rows],
            acc: acc.code().into(),
            x: Operand {
                strides: padded(left.strides.with(columns, 0).iter().copied(), 0),
                ..checked(left)?
            },
            y: Operand { strides: padded(right.strides.with(rows, 0).iter().copied(), 0), ..checked(right)? },
            ..Params::to(result)?
        };
        Ok(Launch::new(
            Family::Dot,
            vec![Some(self.buffer(a)?), Some(self.buffer(b)?)],
            self.buffer(c)?,
            params,
        ))
    }
}

/// A view with its own strides, once it is known that a shader can address all of it.
fn checked(view: &View) -> Result<Operand, DeviceError> {
    Operand::broadcast(view, view.shape)
}
