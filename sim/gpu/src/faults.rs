//! Seeded faults: what a comparison must reject. Each is planted in a plan that is right, and kept only where it
//! changes a bit of an output.

use program::op::{BinaryFn, UnaryFn};
use program::program::Role;
use program::{ComputeOp, DType, MoveOp, Op, Operand, Program, TensorId, View, ViewId};
use serde::Serialize;

use crate::Cpu;
use crate::device::{Device, DeviceError};
use crate::plan::{BufferId, Contents, Init, Pass, Plan, buffer_of};

/// A mistake that kernels and their ports have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A partial is merged without the factor that belongs to its maximum.
    DroppedCorrection,
    /// One rank's share of the last input counts as zeros.
    SkippedShard,
    /// A tile is loaded from where that of another group lies.
    WrongGroup,
    /// Every dot rounds its sums to f16.
    F16Accumulation,
}

/// A plan with a fault in it.
#[derive(Clone, Debug)]
pub struct Planted {
    pub plan: Plan,
    pub contents: Contents,
}

/// Places tried before a fault counts as one that the plan has no place for.
const TRIES: usize = 16;

impl Fault {
    pub const ALL: [Fault; 4] =
        [Fault::DroppedCorrection, Fault::SkippedShard, Fault::WrongGroup, Fault::F16Accumulation];

    pub const fn name(self) -> &'static str {
        match self {
            Fault::DroppedCorrection => "dropped_correction",
            Fault::SkippedShard => "skipped_shard",
            Fault::WrongGroup => "wrong_group",
            Fault::F16Accumulation => "f16_accumulation",
        }
    }

    /// The fault at one of its places, which the seed chooses among those that change an output; `None` when no
    /// place does.
    ///
    /// # Errors
    /// [`DeviceError`] when the plan itself cannot be run.
    pub fn plant(
        self,
        program: &Program,
        plan: &Plan,
        contents: &Contents,
        seed: u64,
    ) -> Result<Option<Planted>, DeviceError> {
        let right = Cpu::default().run(plan, contents)?;
        let places = self.places(program, plan);
        let n = places.len();
        let from = if n == 0 { 0 } else { (seed % n as u64) as usize };
        for place in places.iter().cycle().skip(from).take(n.min(TRIES)) {
            let mut planted = Planted { plan: plan.clone(), contents: contents.clone() };
            place.plant(&mut planted);
            // A fault that makes an op impossible is rejected before any number is.
            if Cpu::default().run(&planted.plan, &planted.contents).is_ok_and(|wrong| wrong != right) {
                return Ok(Some(planted));
            }
        }
        Ok(None)
    }

    fn places(self, program: &Program, plan: &Plan) -> Vec<Place> {
        let passes = || {
            let command_buffers = plan.command_buffers.iter().enumerate();
            command_buffers
                .flat_map(|(at, it)| it.passes.iter().enumerate().map(move |(i, pass)| ((at, i), pass)))
        };
        match self {
            Fault::DroppedCorrection => passes().filter_map(|(at, pass)| uncorrected(at, pass)).collect(),
            Fault::SkippedShard => shares(program).into_iter().map(Place::Zeros).collect(),
            Fault::WrongGroup => {
                let loads: Vec<_> =
                    passes().filter_map(|(at, pass)| Some((at, given(plan, pass)?))).collect();
                loads.iter().filter_map(|&(at, view)| Some(Place::From(at, another(&loads, view)?))).collect()
            }
            Fault::F16Accumulation => vec![Place::F16],
        }
    }
}

/// A command buffer, and a pass of it.
type At = (usize, usize);

/// One way to plant a fault.
enum Place {
    /// The pass becomes a cast of this view.
    Cast(At, ViewId),
    /// The buffer is given as zeros.
    Zeros(BufferId),
    /// The pass, a copy, reads this view.
    From(At, View),
    F16,
}

impl Place {
    fn plant(&self, planted: &mut Planted) {
        let command_buffers = &mut planted.plan.command_buffers;
        match *self {
            Place::Cast((command_buffer, pass), x) => {
                let pass = &mut command_buffers[command_buffer].passes[pass];
                pass.op = Op::Compute(ComputeOp::Unary { f: UnaryFn::Cast, x, to: pass.writes() });
            }
            Place::Zeros(buffer) => {
                if let Some(bytes) = planted.contents.0.get_mut(&buffer) {
                    bytes.fill(0);
                }
            }
            Place::From((command_buffer, pass), view) => {
                command_buffers[command_buffer].passes[pass].views[0] = view
            }
            Place::F16 => {
                for pass in command_buffers.iter_mut().flat_map(|command_buffer| &mut command_buffer.passes) {
                    if let Op::Compute(ComputeOp::Dot { acc, .. }) = &mut pass.op {
                        *acc = DType::F16;
                    }
                }
            }
        }
    }
}

/// A product of a tile and one factor for each of its rows, less the factor.
fn uncorrected(at: At, pass: &Pass) -> Option<Place> {
    let Op::Compute(ComputeOp::Binary { f: BinaryFn::Mul, x: Operand::View(x), y: Operand::View(y), to }) =
        pass.op
    else {
        return None;
    };
    let whole = |id: ViewId| pass.view(id).shape == pass.view(to).shape;
    match (whole(x), whole(y)) {
        (true, false) => Some(Place::Cast(at, x)),
        (false, true) => Some(Place::Cast(at, y)),
        (true, true) | (false, false) => None,
    }
}

/// The buffers that hold the shares of the last input.
fn shares(program: &Program) -> Vec<BufferId> {
    let last = (program.inputs.len() as u32).wrapping_sub(1);
    let tensors = program.tensors.iter().enumerate();
    let is_share = |role: &Role| role.given().is_some_and(|(of, _)| of == last);
    tensors
        .filter(|(_, tensor)| is_share(&tensor.role))
        .map(|(id, _)| BufferId::of_tensor(TensorId(id as u32)))
        .collect()
}

/// What a pass loads, if it is a load of what the host gave.
fn given(plan: &Plan, pass: &Pass) -> Option<View> {
    let Op::Move(MoveOp::Copy { from, .. }) = pass.op else { return None };
    let view = *pass.view(from);
    (plan.buffers[buffer_of(&view).index()].init == Init::Given).then_some(view)
}

/// The next view of the same buffer and form that lies elsewhere.
fn another(loads: &[(At, View)], view: View) -> Option<View> {
    let alike = |other: &View| View { offset: view.offset, ..*other } == view && other.offset != view.offset;
    let mut others: Vec<View> = loads.iter().map(|&(_, other)| other).filter(alike).collect();
    others.sort_by_key(|other| other.offset);
    let next = others.iter().find(|other| other.offset > view.offset).or(others.first());
    next.copied()
}
