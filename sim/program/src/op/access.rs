//! The views of an op, by what it does with them.

use super::{Operand, Reduction};
use crate::view::ViewId;

/// The views an op reads and writes, slots of messages included: at most three and one, but for a reduction, which
/// reads a slot of each member besides. A receive that does not copy touches no bytes: it only makes a message
/// readable.
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
}

/// An access, while the fields of an op are gone through. Each method is a role of a field.
#[derive(Default)]
pub(super) struct Roles<'a> {
    access: Access<'a>,
    n_reads: usize,
}

impl<'a> Roles<'a> {
    #[inline(always)]
    pub fn read(mut self, field: &impl Readable) -> Roles<'a> {
        self.access.reads[self.n_reads] = field.view();
        self.n_reads += 1;
        self
    }
    #[inline(always)]
    pub fn write(mut self, field: &ViewId) -> Roles<'a> {
        self.access.write = Some(*field);
        self
    }
    /// What is written is read, too, when the flag is set.
    #[inline(always)]
    pub fn update(mut self, flag: &bool) -> Roles<'a> {
        self.access.reads[self.n_reads] = self.access.write.filter(|_| *flag);
        self.n_reads += 1;
        self
    }
    #[inline(always)]
    pub fn names(self, _field: &ViewId) -> Roles<'a> {
        self
    }
    #[inline(always)]
    pub fn fold(mut self, reduction: &'a Reduction) -> Roles<'a> {
        self.access.members = &reduction.views;
        self.read(&reduction.x).write(&reduction.to)
    }
    #[inline(always)]
    pub fn access(self) -> Access<'a> {
        self.access
    }
}

/// What an op can read.
pub(super) trait Readable {
    /// The view that is read; `None` of a constant.
    fn view(&self) -> Option<ViewId>;
}

impl Readable for ViewId {
    fn view(&self) -> Option<ViewId> {
        Some(*self)
    }
}

impl Readable for Operand {
    fn view(&self) -> Option<ViewId> {
        Operand::view(*self)
    }
}

/// The views of an op in the order of its fields; of a reduction its members first.
#[derive(Default)]
pub(crate) struct Views<'a> {
    members: &'a [ViewId],
    own: [Option<ViewId>; 4],
    n_own: usize,
}

impl<'a> Views<'a> {
    #[inline(always)]
    pub fn and(mut self, view: Option<ViewId>) -> Views<'a> {
        self.own[self.n_own] = view;
        self.n_own += 1;
        self
    }
    /// The members of a reduction, which come before all others.
    pub fn members(mut self, members: &'a [ViewId]) -> Views<'a> {
        self.members = members;
        self
    }
    pub fn iter(self) -> impl Iterator<Item = ViewId> + use<'a> {
        self.members.iter().copied().chain(self.own.into_iter().flatten())
    }
}
