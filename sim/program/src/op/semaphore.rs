//! Semaphores as the ops use them: what grows one, and what a wait asks of it.

use serde::{Deserialize, Serialize};

use super::field::{Field, one_of};
use super::{NumberError, Op, SemaphoreId, SyncOp};
use crate::program::Rank;

/// What a wait asks of its semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// It is at least the value.
    Ge,
    /// It is the value.
    Eq,
    /// It is at least the value, which the wait takes from it at once.
    Take,
}

impl Asks {
    const ALL: [Asks; 3] = [Asks::Ge, Asks::Eq, Asks::Take];

    pub const fn name(self) -> &'static str {
        match self {
            Asks::Ge => "ge",
            Asks::Eq => "eq",
            Asks::Take => "take",
        }
    }
}

impl Field for Asks {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        numbers.push(*self as u64);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Asks, E> {
        Ok(one_of(&Asks::ALL, next()?)?)
    }
}

/// What a signal adds to a semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    pub to: Rank,
    pub semaphore: SemaphoreId,
    pub amount: u32,
}

impl SyncOp {
    /// What the op adds to a semaphore, of one in a program that is verified. Sums of these are what waits count.
    pub fn growth(&self) -> Option<Growth> {
        if let SyncOp::Signal { to, semaphore, amount, .. }
        | SyncOp::SignalSet { to, semaphore, amount, .. } = *self
        {
            Some(Growth { to, semaphore, amount })
        } else {
            None
        }
    }
    /// The semaphore of its own rank that the op waits for, and how much must have been signalled to it.
    pub fn count(&self) -> Option<(SemaphoreId, u32)> {
        if let SyncOp::WaitGe { semaphore, value: count } | SyncOp::WaitUntil { semaphore, count, .. } = *self
        {
            Some((semaphore, count))
        } else {
            None
        }
    }
    /// What a signal waits for before it leaves.
    pub fn signals_after(&self) -> Option<&[super::OpIndex]> {
        if let SyncOp::Signal { after, .. } | SyncOp::SignalSet { after, .. } = self {
            Some(after)
        } else {
            None
        }
    }
}

impl Op {
    /// As [`SyncOp::growth`].
    #[inline]
    pub fn growth(&self) -> Option<Growth> {
        if let Op::Sync(op) = self { op.growth() } else { None }
    }
    /// As [`SyncOp::count`].
    #[inline]
    pub fn count(&self) -> Option<(SemaphoreId, u32)> {
        if let Op::Sync(op) = self { op.count() } else { None }
    }
    /// As [`SyncOp::signals_after`].
    #[inline]
    pub fn signals_after(&self) -> Option<&[super::OpIndex]> {
        if let Op::Sync(op) = self { op.signals_after() } else { None }
    }
}
