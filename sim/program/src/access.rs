//! What ops read and write.

use crate::op::Op;
use crate::view::ViewId;

/// The views an op reads and writes, slots of messages included: at most three and one, but for a reduction, which
/// reads a slot of each member besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access<'a> {
    reads: [Option<ViewId>; 3],
    /// Read after those.
    members: &'a [ViewId],
    pub write: Option<ViewId>,
}

impl<'a> Access<'a> {
    pub fn reads(&self) -> impl Iterator<Item = ViewId> + use<'a> {
        self.reads.into_iter().flatten().chain(self.members.iter().copied())
    }
    fn new<const N: usize>(reads: [Option<ViewId>; N], write: Option<ViewId>) -> Access<'a> {
        let mut access = Access { reads: [None; 3], members: &[], write };
        // One by one: a copy of all would wait for the stores that put the array together.
        access.reads.iter_mut().zip(reads).for_each(|(to, read)| *to = read);
        access
    }
}

impl Op {
    /// What the op reads and writes when it runs. `Recv` and `RecvAsync` touch no bytes: they only make
    /// a message readable.
    pub fn access(&self) -> Access<'_> {
        match *self {
            Op::Load { from, to }
            | Op::Store { from, to }
            | Op::Copy { from, to }
            | Op::HostCopy { from, to } => Access::new([Some(from)], Some(to)),
            Op::Dot { a, b, c, accumulate, .. } => {
                Access::new([Some(a), Some(b), accumulate.then_some(c)], Some(c))
            }
            Op::Unary { x, to, .. } | Op::Reduce { x, to, .. } => Access::new([Some(x)], Some(to)),
            Op::Binary { x, y, to, .. } | Op::Compare { x, y, to, .. } => {
                Access::new([x.view(), y.view()], Some(to))
            }
            Op::Where { mask, x, y, to } => Access::new([Some(mask), x.view(), y.view()], Some(to)),
            Op::Fill { to, .. } | Op::Iota { to, .. } => Access::new([], Some(to)),
            Op::Send { from, .. } | Op::Forward { from, .. } | Op::Multicast { from, .. } => {
                Access::new([Some(from)], None)
            }
            Op::RecvCopy { view, to, .. } => Access::new([Some(view)], Some(to)),
            Op::RecvReduce(ref reduction) => {
                Access { members: &reduction.views, ..Access::new([Some(reduction.x)], Some(reduction.to)) }
            }
            Op::Recv { .. }
            | Op::RecvAsync { .. }
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. } => Access::default(),
        }
    }

    /// Every view the op names: those it touches, and those of receives and of the ledger.
    pub fn views(&self) -> impl Iterator<Item = ViewId> + '_ {
        let named = match *self {
            Op::Recv { view, .. }
            | Op::RecvAsync { view, .. }
            | Op::Contribute { view, .. }
            | Op::Expect { view, .. } => Some(view),
            Op::Load { .. }
            | Op::Store { .. }
            | Op::Copy { .. }
            | Op::Dot { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Where { .. }
            | Op::Reduce { .. }
            | Op::Fill { .. }
            | Op::Iota { .. }
            | Op::Send { .. }
            | Op::Forward { .. }
            | Op::Multicast { .. }
            | Op::RecvCopy { .. }
            | Op::RecvReduce(_)
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. }
            | Op::HostCopy { .. } => None,
        };
        let access = self.access();
        access.reads().chain([access.write, named].into_iter().flatten())
    }
}
