//! Semaphores as the ops use them: what grows one, and what a wait asks of it.

use serde::{Deserialize, Serialize};

use super::field::{Field, one_of};
use super::{NumberError, Op, OpIndex, SemaphoreId, SyncOp, json};
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

/// A semaphore of `to` is set to `value`, which is not below what it is, once the ops `after` are done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetSignal {
    pub semaphore: SemaphoreId,
    pub to: Rank,
    pub value: u32,
    /// By how much it grows: the verifier's, from the order of all uses.
    #[serde(default, skip_serializing_if = "json::is_zero")]
    pub amount: u32,
    pub after: Box<[OpIndex]>,
}

impl SetSignal {
    /// One that waits for nothing and is not verified.
    pub fn new(semaphore: SemaphoreId, to: Rank, value: u32) -> SetSignal {
        SetSignal { semaphore, to, value, amount: 0, after: [].into() }
    }
    #[must_use]
    pub fn after(self, after: impl Into<Box<[OpIndex]>>) -> SetSignal {
        SetSignal { after: after.into(), ..self }
    }
}

impl From<SetSignal> for SyncOp {
    fn from(set: SetSignal) -> SyncOp {
        SyncOp::SignalSet { set: Box::new(set) }
    }
}

impl Field for Box<SetSignal> {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        let SetSignal { semaphore, to, value, amount, after } = &**self;
        semaphore.put(numbers);
        to.put(numbers);
        value.put(numbers);
        amount.put(numbers);
        after.put(numbers);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Box<SetSignal>, E> {
        let (semaphore, to) = (Field::take(next)?, Field::take(next)?);
        let (value, amount, after) = (Field::take(next)?, Field::take(next)?, Field::take(next)?);
        Ok(Box::new(SetSignal { semaphore, to, value, amount, after }))
    }
    fn ops_mut(&mut self) -> Option<&mut [OpIndex]> {
        Some(&mut self.after)
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
        if let SyncOp::Signal { to, semaphore, amount, .. } = *self {
            Some(Growth { to, semaphore, amount })
        } else if let SyncOp::SignalSet { set } = self {
            Some(Growth { to: set.to, semaphore: set.semaphore, amount: set.amount })
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
    pub fn signals_after(&self) -> Option<&[OpIndex]> {
        if let SyncOp::Signal { after, .. } = self {
            Some(after)
        } else if let SyncOp::SignalSet { set } = self {
            Some(&set.after)
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
    pub fn signals_after(&self) -> Option<&[OpIndex]> {
        if let Op::Sync(op) = self { op.signals_after() } else { None }
    }
}
