//! The rules that shapes, dtypes and memories of an op's operands obey. The recorder asks them as the author
//! writes, the verifier asks them again of any program.

mod dtypes;

use std::collections::BTreeSet;

pub use crate::breach::{Breach, Collective};
use crate::constants::computed_in;
use crate::dtype::DType;
use crate::op::{BinaryFn, ComputeOp, MoveOp, NoteOp, Op, Operand, QueueOp, RecvOp, Reduction, SendOp};
use crate::program::{Ring, SlotPlace};
use crate::scaled::ScaledFormat;
use crate::view::{Base, Dims, Message, View, ViewId};
use dtypes::{accumulates, blocks, computable, dot, dtype, one_sign, reduce, truth};

type Checked = Result<(), Breach>;

/// The shape two shapes broadcast to: an extent of 1, or a missing leading axis, is repeated.
pub fn broadcast(a: Dims, b: Dims) -> Option<Dims> {
    let (mut long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let missing = long.len() - short.len();
    for axis in 0..short.len() {
        let (x, y) = (long[missing + axis], short[axis]);
        if x != y && x != 1 && y != 1 {
            return None;
        }
        long = long.with(missing + axis, if x == 1 { y } else { x });
    }
    Some(long)
}

/// Whether `from` can be repeated to fill `to`.
pub fn broadcasts(from: Dims, to: Dims) -> bool {
    broadcast(from, to) == Some(to)
}

/// Checks one op whose view ids, and whose views' rings, exist.
///
/// # Errors
/// The first rule that is broken.
pub fn check(op: &Op, views: &[View], rings: &[Ring]) -> Checked {
    let operands = Operands { views, rings };
    let view = |id: ViewId| &views[id.index()];
    match *op {
        Op::Move(MoveOp::Load { from, to }) => {
            operands.hbm("from", from)?;
            operands.written("to", to)?;
            same(view(from), view(to))
        }
        Op::Move(MoveOp::Store { from, to }) => {
            operands.tcm("from", from)?;
            operands.stored(from, to)
        }
        Op::Move(MoveOp::Copy { from, to }) => {
            operands.tcm("from", from)?;
            operands.written("to", to)?;
            same(view(from), view(to))
        }
        Op::Compute(compute) => {
            let access = op.access();
            computable(access.reads().chain(access.write).map(|id| view(id).dtype))?;
            operands.compute(compute)
        }
        Op::Send(SendOp::Send { from, .. }) => operands.sent(from),
        Op::Send(SendOp::Multicast { ref messages, from }) => operands.multicast(messages, from),
        Op::Send(SendOp::Forward { from, .. }) => operands.message("from", from),
        Op::Recv(RecvOp::Recv { message, view: id } | RecvOp::RecvAsync { message, view: id }) => {
            whole(message, view(id))
        }
        Op::Recv(RecvOp::RecvCopy { message, view: id, to }) => {
            whole(message, view(id))?;
            operands.written("to", to)?;
            same(view(id), view(to))
        }
        Op::Recv(RecvOp::RecvReduce { ref reduction }) => operands.fold(reduction),
        Op::Note(NoteOp::Contribute { view: id, .. } | NoteOp::Expect { view: id, .. }) => {
            operands.tcm("view", id)
        }
        Op::Queue(QueueOp::HostCopy { from, to }) => {
            operands.hbm("from", from).and_then(|()| operands.stored(from, to))
        }
        Op::Sync(_)
        | Op::Time(_)
        | Op::Queue(QueueOp::Commit {} | QueueOp::EventSignal { .. } | QueueOp::EventWait { .. }) => Ok(()),
    }
}

/// Which memories an op's operands may lie in.
struct Operands<'a> {
    views: &'a [View],
    rings: &'a [Ring],
}

impl Operands<'_> {
    fn compute(&self, op: ComputeOp) -> Checked {
        let view = |id: ViewId| &self.views[id.index()];
        match op {
            ComputeOp::Dot { a, b, c, acc, .. } => {
                self.tcm("a", a)?;
                self.tcm("b", b)?;
                self.written("c", c)?;
                dot(view(a), view(b), view(c), acc)
            }
            ComputeOp::Unary { f, x, to } => {
                self.tcm("x", x)?;
                self.written("to", to)?;
                if f.is_of_integers_alone() {
                    self.integers(f.name(), &[("x", Operand::View(x))])?;
                }
                same_shape(view(x), view(to))
            }
            ComputeOp::Binary { f, x, y, to } => {
                self.elementwise(&[("x", x), ("y", y)], to)?;
                if f.is_of_integers_alone() {
                    self.integers(f.name(), &[("x", x), ("y", y)])?;
                }
                if f == BinaryFn::Pow {
                    self.exponent(x, y)?;
                }
                self.constants(&[("x", x), ("y", y)], Some(to))
            }
            ComputeOp::Compare { x, y, to, .. } => {
                self.elementwise(&[("x", x), ("y", y)], to)?;
                truth("the result of compare", view(to))?;
                self.constants(&[("x", x), ("y", y)], None)
            }
            ComputeOp::Where { mask, x, y, to } => {
                self.elementwise(&[("mask", Operand::View(mask)), ("x", x), ("y", y)], to)?;
                truth("the mask", view(mask))?;
                self.constants(&[("x", x), ("y", y)], Some(to))?;
                [("x", x), ("y", y)].into_iter().try_for_each(|(name, it)| held(name, it, view(to).dtype))
            }
            ComputeOp::Reduce { f, axis, x, to, acc, .. } => {
                self.tcm("x", x)?;
                self.written("to", to)?;
                reduce(f, axis, view(x), view(to), acc)
            }
            ComputeOp::Fill { value, to } => {
                self.written("to", to)?;
                held("value", Operand::Constant(value), view(to).dtype)
            }
            ComputeOp::Iota { axis, to, .. } => self.iota(axis, to),
            ComputeOp::Fma { x, y, z, to } => {
                let operands = [("x", x), ("y", y), ("z", z)];
                self.elementwise(&operands, to)?;
                self.constants(&operands, Some(to))
            }
            ComputeOp::Dequantize { format, x, scales, to } => self.unpacked(format, [x, scales, to]),
            ComputeOp::Scan { f, axis, x, to, acc, .. } => {
                self.tcm("x", x)?;
                self.written("to", to)?;
                axis_of(axis, view(x))?;
                if f.of_two().is_none() {
                    return Err(Breach::Folds { f: f.name() });
                }
                same_shape(view(x), view(to))?;
                accumulates(f, view(x).dtype, acc)
            }
        }
    }
    fn unpacked(&self, format: ScaledFormat, views: [ViewId; 3]) -> Checked {
        let [x, scales, to] = views;
        self.tcm("x", x)?;
        self.tcm("scales", scales)?;
        self.written("to", to)?;
        blocks(format, views.map(|id| &self.views[id.index()]))
    }
    fn hbm(&self, operand: &'static str, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Tensor(_) => Ok(()),
            Base::Buffer(_) | Base::Message(_) => Err(Breach::NotInHbm { operand }),
        }
    }
    /// Moved into HBM.
    fn stored(&self, from: ViewId, to: ViewId) -> Checked {
        self.hbm("to", to)?;
        let (from, to) = (&self.views[from.index()], &self.views[to.index()]);
        distinct("to", to)?;
        same(from, to)
    }
    /// Readable by a unit: a buffer, or a message whose slot is in TCM.
    fn tcm(&self, operand: &'static str, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Buffer(_) => Ok(()),
            Base::Tensor(_) => Err(Breach::ReadsHbm { operand }),
            Base::Message(message) => match self.rings[message.ring.index()].place {
                SlotPlace::Tcm => Ok(()),
                SlotPlace::Sram | SlotPlace::Hbm => Err(Breach::SlotNotInTcm { operand, message }),
            },
        }
    }
    /// Writable: a buffer, each byte at most once.
    fn written(&self, operand: &'static str, id: ViewId) -> Checked {
        let view = &self.views[id.index()];
        match view.base {
            Base::Buffer(_) => distinct(operand, view),
            Base::Tensor(_) => Err(Breach::WritesHbm { operand }),
            Base::Message(message) => Err(Breach::WritesSlot { operand, message }),
        }
    }
    fn message(&self, operand: &'static str, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Message(_) => Ok(()),
            Base::Buffer(_) | Base::Tensor(_) => Err(Breach::NotAMessage { operand }),
        }
    }
    fn sent(&self, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Buffer(_) => Ok(()),
            Base::Tensor(_) => Err(Breach::SendsHbm),
            Base::Message(message) => Err(Breach::SendsMessage { message }),
        }
    }
    fn integers(&self, f: &'static str, operands: &[(&'static str, Operand)]) -> Checked {
        for &(operand, it) in operands {
            let is_integer = match it {
                Operand::View(id) => !self.views[id.index()].dtype.is_float(),
                Operand::Constant(value) => value.integer().is_some(),
            };
            if !is_integer {
                return Err(Breach::NotIntegers { f, operand });
            }
        }
        Ok(())
    }
    /// The exponent of `pow`: a whole constant, of integers not below 0.
    fn exponent(&self, x: Operand, y: Operand) -> Checked {
        let of_integers = match x {
            Operand::View(id) => !self.views[id.index()].dtype.is_float(),
            Operand::Constant(value) => value.integer().is_some(),
        };
        let exponent = match y {
            Operand::Constant(value) => value.integer(),
            Operand::View(_) => None,
        };
        let most = i64::from(BinaryFn::LARGEST_EXPONENT);
        let least = if of_integers { 0 } else { -most };
        match exponent {
            Some(exponent) if (least..=most).contains(&exponent) => Ok(()),
            Some(_) | None => Err(Breach::Exponent { of_integers }),
        }
    }
    fn iota(&self, axis: u8, to: ViewId) -> Checked {
        self.written("to", to)?;
        let to = &self.views[to.index()];
        axis_of(axis, to)?;
        dtype("the result of iota", to, DType::I32)
    }
    fn multicast(&self, messages: &[Message], from: ViewId) -> Checked {
        several(messages, Collective::Multicast)?;
        self.sent(from)
    }
    fn fold(&self, reduction: &Reduction) -> Checked {
        let Reduction { f, acc, messages, views, x, to } = reduction;
        several(messages, Collective::Reduction)?;
        if f.of_two().is_none() {
            return Err(Breach::Folds { f: f.name() });
        }
        if views.len() != messages.len() {
            return Err(Breach::ViewCount { messages: messages.len(), views: views.len() });
        }
        self.tcm("x", *x)?;
        self.written("to", *to)?;
        let (x, to) = (&self.views[x.index()], &self.views[to.index()]);
        same_shape(x, to)?;
        for (message, id) in messages.iter().zip(views) {
            let view = &self.views[id.index()];
            whole(*message, view)?;
            self.tcm("the view of a member", *id)?;
            if (view.shape, view.dtype) != (x.shape, x.dtype) {
                let (is, x) = ((view.shape, view.dtype), (x.shape, x.dtype));
                return Err(Breach::Member { message: *message, is, x });
            }
        }
        accumulates(*f, x.dtype, *acc)?;
        computable([x.dtype, to.dtype, *acc])?;
        one_sign([x.dtype, *acc].into_iter())
    }
    fn constants(&self, operands: &[(&'static str, Operand)], to: Option<ViewId>) -> Checked {
        let of = |id: ViewId| self.views[id.index()].dtype;
        // An op has three operands at most.
        let (mut views, mut n) = ([DType::F32; 3], 0);
        for id in operands.iter().filter_map(|(_, it)| it.view()) {
            (views[n], n) = (of(id), n + 1);
        }
        let views = &views[..n];
        one_sign(views.iter().copied())?;
        let Some(dtype) = computed_in(views, to.map(of)) else { return Ok(()) };
        operands.iter().try_for_each(|&(name, it)| held(name, it, dtype))
    }
    fn elementwise(&self, operands: &[(&'static str, Operand)], to: ViewId) -> Checked {
        self.written("to", to)?;
        let to = self.views[to.index()].shape;
        for &(name, operand) in operands {
            let Some(id) = operand.view() else { continue };
            self.tcm(name, id)?;
            let from = self.views[id.index()].shape;
            if !broadcasts(from, to) {
                return Err(Breach::Broadcast { operand: name, from, to });
            }
        }
        Ok(())
    }
}

/// A constant that is stored, or computed with, in a dtype.
fn held(operand: &'static str, it: Operand, dtype: DType) -> Checked {
    match it {
        Operand::Constant(value) if !value.fits(dtype) => Err(Breach::Constant { operand, value, dtype }),
        Operand::Constant(_) | Operand::View(_) => Ok(()),
    }
}

fn same_shape(from: &View, to: &View) -> Checked {
    if from.shape == to.shape {
        return Ok(());
    }
    Err(Breach::Shape { from: from.shape, to: to.shape })
}

fn same(from: &View, to: &View) -> Checked {
    same_shape(from, to)?;
    if from.dtype == to.dtype {
        return Ok(());
    }
    Err(Breach::DType { from: from.dtype, to: to.dtype })
}

/// The messages of a collective: at least one, each on a ring of its own.
fn several(messages: &[Message], of: Collective) -> Checked {
    if messages.is_empty() {
        return Err(Breach::NoMessages { of });
    }
    let rings: BTreeSet<_> = messages.iter().map(|message| message.ring).collect();
    if rings.len() < messages.len() {
        return Err(Breach::RingTwice { of });
    }
    Ok(())
}

fn axis_of(axis: u8, view: &View) -> Result<usize, Breach> {
    let axis = usize::from(axis);
    if axis < view.shape.len() {
        return Ok(axis);
    }
    Err(Breach::Axis { axis, shape: view.shape })
}

/// The view by which a receive names its message: all of it.
fn whole(message: Message, view: &View) -> Checked {
    if view.base == Base::Message(message) && view.offset == 0 && view.is_packed() {
        return Ok(());
    }
    Err(Breach::NotWhole { message })
}

/// Refuses a view that may touch a byte twice. Exact for slices, transposes and broadcasts of packed tensors;
/// of hand-made strides it may refuse some that interleave without touching.
fn distinct(operand: &'static str, view: &View) -> Checked {
    let mut axes: Vec<(u32, u32)> = view
        .strides
        .iter()
        .copied()
        .zip(view.shape.iter().copied())
        .filter(|&(_, extent)| extent > 1)
        .collect();
    axes.sort_unstable();
    let mut reach = 0u64;
    for (stride, extent) in axes {
        if u64::from(stride) <= reach {
            return Err(Breach::WritesTwice { operand, strides: view.strides, shape: view.shape });
        }
        reach = reach.saturating_add(u64::from(stride) * u64::from(extent - 1));
    }
    Ok(())
}
