//! The views of an op, by what it does with them.

use super::{Operand, Reduction};
use crate::view::ViewId;

/// Views of an op in their order: at most four of its own, and those of the members of a reduction before or after
/// them. Traversals go through those of millions of ops, so nothing is allocated, and a view that is not there costs
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct Views<'a> {
    before: &'a [ViewId],
    own: [ViewId; Views::MOST],
    at: u8,
    end: u8,
    after: &'a [ViewId],
}

impl Default for Views<'_> {
    #[inline(always)]
    fn default() -> Self {
        Views { before: &[], own: [ViewId(0); Views::MOST], at: 0, end: 0, after: &[] }
    }
}

impl<'a> Views<'a> {
    const MOST: usize = 4;

    #[inline(always)]
    pub(super) fn and(mut self, view: Option<ViewId>) -> Views<'a> {
        if let Some(view) = view {
            self.own[usize::from(self.end)] = view;
            self.end += 1;
        }
        self
    }
    /// The members of a reduction, which come before all others.
    pub(super) fn members(self, members: &'a [ViewId]) -> Views<'a> {
        Views { before: members, ..self }
    }
}

impl Iterator for Views<'_> {
    type Item = ViewId;

    #[inline]
    fn next(&mut self) -> Option<ViewId> {
        if let Some((first, rest)) = self.before.split_first() {
            self.before = rest;
            return Some(*first);
        }
        if self.at < self.end {
            let view = self.own[usize::from(self.at)];
            self.at += 1;
            return Some(view);
        }
        let (first, rest) = self.after.split_first()?;
        self.after = rest;
        Some(*first)
    }
}

/// The views an op reads and writes, slots of messages included: at most three and one, but for a reduction, which
/// reads a slot of each member besides. A receive that does not copy touches no bytes: it only makes a message
/// readable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access<'a> {
    reads: Views<'a>,
    pub write: Option<ViewId>,
}

impl<'a> Access<'a> {
    #[inline]
    pub fn reads(&self) -> Views<'a> {
        self.reads
    }
}

/// An access, while the fields of an op are gone through. Each method is a role of a field.
#[derive(Default)]
pub(super) struct Roles<'a> {
    access: Access<'a>,
}

impl<'a> Roles<'a> {
    #[inline(always)]
    pub fn read(mut self, field: &impl Readable) -> Roles<'a> {
        self.access.reads = self.access.reads.and(field.view());
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
        self.access.reads = self.access.reads.and(self.access.write.filter(|_| *flag));
        self
    }
    #[inline(always)]
    pub fn names(self, _field: &ViewId) -> Roles<'a> {
        self
    }
    #[inline(always)]
    pub fn fold(mut self, reduction: &'a Reduction) -> Roles<'a> {
        self.access.reads.after = &reduction.views;
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
    #[inline(always)]
    fn view(&self) -> Option<ViewId> {
        Some(*self)
    }
}

impl Readable for Operand {
    #[inline(always)]
    fn view(&self) -> Option<ViewId> {
        Operand::view(*self)
    }
}
