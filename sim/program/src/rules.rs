//! The rules that shapes, dtypes and memories of an op's operands obey. The recorder asks them as the author
//! writes, the verifier asks them again of any program.

use std::collections::BTreeSet;

use crate::dtype::DType;
use crate::op::{ComputeOp, MoveOp, NoteOp, Op, Operand, QueueOp, RecvOp, ReduceFn, Reduction, SendOp};
use crate::program::{Ring, SlotPlace};
use crate::view::{Base, Dims, Message, View, ViewId};
use crate::{Breach, RefusalKind};

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
        Op::Compute(ComputeOp::Dot { a, b, c, acc, .. }) => {
            operands.tcm("a", a)?;
            operands.tcm("b", b)?;
            operands.written("c", c)?;
            dot(view(a), view(b), view(c), acc)
        }
        Op::Compute(ComputeOp::Unary { x, to, .. }) => {
            operands.tcm("x", x)?;
            operands.written("to", to)?;
            same_shape(view(x), view(to))
        }
        Op::Compute(ComputeOp::Binary { x, y, to, .. }) => operands.elementwise(&[("x", x), ("y", y)], to),
        Op::Compute(ComputeOp::Compare { x, y, to, .. }) => {
            operands.elementwise(&[("x", x), ("y", y)], to)?;
            dtype("the result of compare", view(to), DType::U8)
        }
        Op::Compute(ComputeOp::Where { mask, x, y, to }) => {
            operands.elementwise(&[("mask", Operand::View(mask)), ("x", x), ("y", y)], to)?;
            dtype("the mask", view(mask), DType::U8)
        }
        Op::Compute(ComputeOp::Reduce { f, axis, x, to, acc, .. }) => {
            operands.tcm("x", x)?;
            operands.written("to", to)?;
            reduce(f, axis, view(x), view(to), acc)
        }
        Op::Compute(ComputeOp::Fill { to, .. }) => operands.written("to", to),
        Op::Compute(ComputeOp::Iota { axis, to, .. }) => operands.iota(axis, to),
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
    fn hbm(&self, name: &str, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Tensor(_) => Ok(()),
            Base::Buffer(_) | Base::Message(_) => Err(malformed(
                format!("`{name}` is not a tensor in HBM"),
                "`load` reads HBM, `store` writes it, `host_copy` does both",
            )),
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
    fn tcm(&self, name: &str, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Buffer(_) => Ok(()),
            Base::Tensor(_) => {
                Err(malformed(format!("`{name}` lies in HBM, units read TCM"), "`load` it first"))
            }
            Base::Message(message) => match self.rings[message.ring.index()].place {
                SlotPlace::Tcm => Ok(()),
                SlotPlace::Sram | SlotPlace::Hbm => Err(malformed(
                    format!("`{name}` is message {message}, whose slot is not in TCM"),
                    "receive it with `recv_into`, or place the ring's slots in TCM",
                )),
            },
        }
    }
    /// Writable: a buffer, each byte at most once.
    fn written(&self, name: &str, id: ViewId) -> Checked {
        let view = &self.views[id.index()];
        match view.base {
            Base::Buffer(_) => distinct(name, view),
            Base::Tensor(_) => Err(malformed(format!("`{name}` lies in HBM, units write TCM"), "`store` it")),
            Base::Message(message) => Err(malformed(
                format!("`{name}` is message {message}: nobody writes into a slot but its producer"),
                "write to a tile",
            )),
        }
    }
    fn message(&self, name: &str, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Message(_) => Ok(()),
            Base::Buffer(_) | Base::Tensor(_) => {
                Err(malformed(format!("`{name}` is not a received message"), "`send` a tile of this rank"))
            }
        }
    }
    fn sent(&self, id: ViewId) -> Checked {
        match self.views[id.index()].base {
            Base::Buffer(_) => Ok(()),
            Base::Tensor(_) => {
                Err(malformed("`from` lies in HBM, a send reads TCM".to_owned(), "`load` it first"))
            }
            Base::Message(message) => {
                Err(malformed(format!("`from` is received message {message}"), "pass it on with `forward`"))
            }
        }
    }
    fn iota(&self, axis: u8, to: ViewId) -> Checked {
        self.written("to", to)?;
        let to = &self.views[to.index()];
        axis_of(axis, to)?;
        dtype("the result of iota", to, DType::I32)
    }
    fn multicast(&self, messages: &[Message], from: ViewId) -> Checked {
        several(messages, "a multicast", "`send`")?;
        self.sent(from)
    }
    fn fold(&self, reduction: &Reduction) -> Checked {
        let Reduction { f, acc, messages, views, x, to } = reduction;
        several(messages, "a reduction", "`recv_into`")?;
        if views.len() != messages.len() {
            let text = format!("{} messages and {} views of them", messages.len(), views.len());
            return Err(malformed(text, "give one view a message, in the same order"));
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
                let of = format!("{message} is {} {}", view.shape, view.dtype);
                let text = format!("{of}, and `x` is {} {}", x.shape, x.dtype);
                return Err(mismatch(text, "give every member's tile, and the root's, one shape and dtype"));
            }
        }
        accumulates(*f, x.dtype, *acc)
    }
    fn elementwise(&self, operands: &[(&str, Operand)], to: ViewId) -> Checked {
        self.written("to", to)?;
        let to = self.views[to.index()].shape;
        for &(name, operand) in operands {
            let Some(id) = operand.view() else { continue };
            self.tcm(name, id)?;
            let from = self.views[id.index()].shape;
            if !broadcasts(from, to) {
                let message = format!("`{name}` is {from} and does not broadcast to the result, {to}");
                return Err(mismatch(message, "only extents of 1 and missing leading axes are repeated"));
            }
        }
        Ok(())
    }
}

fn same_shape(from: &View, to: &View) -> Checked {
    if from.shape == to.shape {
        return Ok(());
    }
    let message = format!("{} does not go into {}", from.shape, to.shape);
    Err(mismatch(message, "give both the same shape, with `slice`, `reshape` or `broadcast`"))
}

fn same(from: &View, to: &View) -> Checked {
    same_shape(from, to)?;
    if from.dtype == to.dtype {
        return Ok(());
    }
    Err(mismatch(
        format!("{} does not go into {}", from.dtype, to.dtype),
        "convert with `cast`: moves keep the dtype",
    ))
}

fn dtype(what: &str, view: &View, wanted: DType) -> Checked {
    if view.dtype == wanted {
        return Ok(());
    }
    Err(mismatch(format!("{what} is {}, not {wanted}", view.dtype), &format!("make it {wanted}")))
}

fn dot(a: &View, b: &View, c: &View, acc: DType) -> Checked {
    let shapes = format!("a is {}, b is {}, c is {}", a.shape, b.shape, c.shape);
    let (&[m, k], &[k2, n], &[m2, n2]) = (&*a.shape, &*b.shape, &*c.shape) else {
        return Err(mismatch(shapes, "dot takes two axes: reshape first"));
    };
    if (m, k, n) != (m2, k2, n2) {
        return Err(mismatch(shapes, "dot takes [m, k] · [k, n] to [m, n]: `trans` or `slice` an operand"));
    }
    if let Some(view) = [a, b, c].into_iter().find(|view| !view.dtype.is_float()) {
        return Err(mismatch(format!("an operand is {}", view.dtype), "dot takes floats: `cast` it"));
    }
    if acc != DType::F32 {
        return Err(mismatch(format!("dot accumulates in {acc}"), "accumulate in f32"));
    }
    Ok(())
}

fn reduce(f: ReduceFn, axis: u8, x: &View, to: &View, acc: DType) -> Checked {
    let axis = axis_of(axis, x)?;
    let kept = x.shape.with(axis, 1);
    if to.shape != kept {
        let message = format!("reducing axis {axis} of {} gives {kept}, not {}", x.shape, to.shape);
        return Err(mismatch(message, "keep the axis, with extent 1"));
    }
    accumulates(f, x.dtype, acc)
}

fn accumulates(f: ReduceFn, dtype: DType, acc: DType) -> Checked {
    if f == ReduceFn::Sum && dtype.is_float() != acc.is_float() {
        let message = format!("a sum of {dtype} accumulates in {acc}");
        return Err(mismatch(message, "accumulate floats in a float, integers in an integer"));
    }
    Ok(())
}

/// The messages of a collective: at least one, each on a ring of its own.
fn several(messages: &[Message], what: &str, instead: &str) -> Checked {
    if messages.is_empty() {
        return Err(malformed(format!("{what} without messages"), "name one message of each ring"));
    }
    let rings: BTreeSet<_> = messages.iter().map(|message| message.ring).collect();
    if rings.len() < messages.len() {
        let text = format!("{what} has two messages of one ring");
        return Err(malformed(text, &format!("name each ring once; for one alone there is {instead}")));
    }
    Ok(())
}

fn axis_of(axis: u8, view: &View) -> Result<usize, Breach> {
    let axis = usize::from(axis);
    if axis < view.shape.len() {
        return Ok(axis);
    }
    Err(mismatch(format!("axis {axis} of a tile of {}", view.shape), "count axes from 0"))
}

/// The view by which a receive names its message: all of it.
fn whole(message: Message, view: &View) -> Checked {
    if view.base == Base::Message(message) && view.offset == 0 && view.is_packed() {
        return Ok(());
    }
    Err(malformed(
        format!("the view of a receive is not all of message {message}"),
        "give the packed view at offset 0 of the message received",
    ))
}

/// Refuses a view that may touch a byte twice. Exact for slices, transposes and broadcasts of packed tensors;
/// of hand-made strides it may refuse some that interleave without touching.
fn distinct(name: &str, view: &View) -> Checked {
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
            let message = format!(
                "`{name}` has strides {:?} on {}: it writes some bytes twice",
                view.strides, view.shape
            );
            return Err(malformed(message, "write to a view without broadcast"));
        }
        reach = reach.saturating_add(u64::from(stride) * u64::from(extent - 1));
    }
    Ok(())
}

fn mismatch(message: String, repair: &str) -> Breach {
    Breach::new(RefusalKind::Mismatch, message, repair)
}

fn malformed(message: String, repair: &str) -> Breach {
    Breach::new(RefusalKind::Malformed, message, repair)
}
