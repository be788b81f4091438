//! Conversion of a pass to a launch.

use program::op::{Constant, Operand as Read, ReduceFn, UnaryFn};
use program::{Base, ComputeOp, DType, MoveOp, Op, View, ViewId};

use super::{Family, Launch};
use crate::device::DeviceError;
use crate::params::{Operand, Params, padded};
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
            let integer = f.is_of_integers_alone() || views.all_integers(&[x, y])?;
            views.elementwise((Family::Binary, f.code().into()), integer, &[x, y], to)
        }
        ComputeOp::Compare { f, x, y, to } => {
            if views.view(to)?.dtype != DType::U8 {
                return Err(unfit("a comparison writes u8, not what its view says".to_owned()));
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
            let integer = matches!(value, Constant::Integer(_));
            let x = Operand::of_constant(value, integer);
            let params = Params { integer: integer.into(), x, ..Params::to(views.view(to)?)? };
            Ok(Launch::new(Family::Fill, vec![], views.buffer(to)?, params))
        }
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
        let integer = u32::from(f.of_integers().is_some() && !from.dtype.is_float());
        let x_operand = Operand::broadcast(from, result.shape)?;
        let params = Params { f: f.code().into(), integer, x: x_operand, ..Params::to(result)? };
        Ok(Launch::new(Family::Unary, vec![Some(self.buffer(x)?)], self.buffer(to)?, params))
    }

    fn elementwise(&self, (family, f): (Family, u32), integer: bool, reads: &[Read], to: ViewId) -> Launched {
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
        let params = Params { f, integer: integer.into(), x, y, z, ..Params::to(result)? };
        Ok(Launch::new(family, inputs, self.buffer(to)?, params))
    }

    /// As the CPU decides it: all are integers, and not all are constants.
    fn all_integers(&self, reads: &[Read]) -> Result<bool, DeviceError> {
        let mut a_view = false;
        for read in reads {
            let whole = match *read {
                Read::View(id) => {
                    a_view = true;
                    !self.view(id)?.dtype.is_float()
                }
                Read::Constant(constant) => constant.integer().is_some(),
            };
            if !whole {
                return Ok(false);
            }
        }
        Ok(a_view)
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
        Ok(Params {
            f: f.code().into(),
            integer: integer.into(),
            x_step: from.strides[axis],
            acc: acc.code().into(),
            x: Operand { offset: checked(from)?.offset, ..Operand::broadcast(&one, result.shape)? },
            ..Params::to(result)?
        })
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
        let (&[m, k], &[k2, n], &[m2, n2]) = (&*left.shape, &*right.shape, &*result.shape) else {
            return Err(unfit(format!("a dot of {}: it takes two axes", shapes())));
        };
        if (m, k, n) != (m2, k2, n2) {
            return Err(unfit(format!("a dot of {}: it takes [m, k] · [k, n] to [m, n]", shapes())));
        }
        let integer = !acc.is_float();
        if integer && [left, right, result].iter().any(|view| view.dtype.is_float()) {
            return Err(unfit(format!("floats cannot accumulate in {acc}: use a float dtype")));
        }
        let params = Params {
            f: accumulate.into(),
            integer: integer.into(),
            steps: k,
            x_step: left.strides[1],
            y_step: right.strides[0],
            acc: acc.code().into(),
            x: Operand { strides: [0, 0, left.strides[0], 0], ..checked(left)? },
            y: Operand { strides: [0, 0, 0, right.strides[1]], ..checked(right)? },
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
