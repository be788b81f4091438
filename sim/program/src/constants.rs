//! The form of constants in JSON, which follows from the dtype that holds them.
//!
//! A float constant is written with the shortest digits of its f32. Above 2^24 those may be the digits of another
//! integer, so an integer constant is written with all of its digits, and a number is read by the dtype that holds it.

use std::borrow::Cow;

use crate::dtype::{DType, Sign};
use crate::op::{ComputeOp, Constant, Op, Operand};
use crate::program::{FORMAT, RankProgram};
use crate::view::{View, ViewId};

/// The dtype in which the constants of an elementwise op are computed: f32 beside floats. Beside integers alone they
/// are integers, unless the result is a float: `None`, for which either will do. Where views and result have one dtype
/// it must hold them, else the 32 bits of the op must.
pub(crate) fn computed_in(views: &[DType], to: Option<DType>) -> Option<DType> {
    if views.is_empty() || views.iter().any(|dtype| dtype.is_float()) {
        return Some(DType::F32);
    }
    if to.is_some_and(DType::is_float) {
        return None;
    }
    let same = views.iter().chain(&to).all(|dtype| *dtype == views[0]);
    Some(if same { views[0] } else { Sign::of(views.iter().copied()).dtype() })
}

impl RankProgram {
    /// Rounds each constant that was read from JSON and that a float holds, where its digits are those of an f32.
    pub fn settle_constants(&mut self) {
        for op in &mut self.ops {
            if let Op::Compute(op) = op {
                change_constants(op, &self.views, |value, float| if float { value.settled() } else { value });
            }
        }
    }
}

impl Op {
    /// The op in the form that JSON needs, in a format: what no float holds is an integer there.
    pub fn for_json(&self, views: &[View], format: u32) -> Cow<'_, Op> {
        if format < FORMAT {
            return Cow::Owned(self.for_json(views, FORMAT).into_owned().with_names_of_format_1());
        }
        let Op::Compute(compute) = self else { return Cow::Borrowed(self) };
        let mut written = *compute;
        change_constants(&mut written, views, |value, float| if float { value } else { value.as_integer() });
        if written == *compute { Cow::Borrowed(self) } else { Cow::Owned(Op::Compute(written)) }
    }
}

/// Gives each constant of an op, and whether a float holds it, to `change`. Views that do not exist are left to the
/// verifier.
fn change_constants(op: &mut ComputeOp, views: &[View], change: impl Fn(Constant, bool) -> Constant) {
    let dtype = |id: ViewId| views.get(id.index()).map(|view| view.dtype);
    let float = |held: Option<DType>| held.is_some_and(DType::is_float);
    let beside = |operands: &[Operand], to: Option<ViewId>| {
        let views: Vec<DType> = operands.iter().filter_map(|it| it.view()).filter_map(dtype).collect();
        computed_in(&views, to.and_then(dtype))
    };
    match op {
        ComputeOp::Fill { value, to } => *value = change(*value, float(dtype(*to))),
        ComputeOp::Where { x, y, to, .. } => {
            let float = float(dtype(*to));
            [x, y].into_iter().for_each(|it| it.change_constant(|value| change(value, float)));
        }
        ComputeOp::Binary { x, y, to, .. } => {
            let float = float(beside(&[*x, *y], Some(*to)));
            [x, y].into_iter().for_each(|it| it.change_constant(|value| change(value, float)));
        }
        ComputeOp::Compare { x, y, .. } => {
            let float = float(beside(&[*x, *y], None));
            [x, y].into_iter().for_each(|it| it.change_constant(|value| change(value, float)));
        }
        ComputeOp::Fma { x, y, z, to } => {
            let float = float(beside(&[*x, *y, *z], Some(*to)));
            [x, y, z].into_iter().for_each(|it| it.change_constant(|value| change(value, float)));
        }
        ComputeOp::Dot { .. }
        | ComputeOp::Unary { .. }
        | ComputeOp::Reduce { .. }
        | ComputeOp::Scan { .. }
        | ComputeOp::Dequantize { .. }
        | ComputeOp::Iota { .. } => {}
    }
}

impl Operand {
    fn change_constant(&mut self, change: impl Fn(Constant) -> Constant) {
        match self {
            Operand::Constant(value) => *value = change(*value),
            Operand::View(_) => {}
        }
    }
}
