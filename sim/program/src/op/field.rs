//! A field of an op: how it is written in numbers, and which views, messages and ops it names.

use super::access::Views;
use super::{Constant, EventId, OpIndex, Operand, Reduction, SemaphoreId};
use crate::program::Rank;
use crate::view::{Message, RingId, ViewId};

/// Numbers that are no op.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("{0} is not the code of an op")]
    NoOp(u8),
    #[error("{0} is too large")]
    TooLarge(u64),
    #[error("{code} is not one of the {n} that exist")]
    NotOneOf { code: u64, n: usize },
}

impl From<NumberError> for String {
    fn from(error: NumberError) -> String {
        error.to_string()
    }
}

/// What an op is made of. Its views are written after all its other numbers, and by the op.
pub(crate) trait Field: Sized {
    /// Appends the field, but not the views in it.
    fn put(&self, numbers: &mut Vec<u64>);
    /// Reads what [`Field::put`] appended, with views that are still to be filled in.
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Self, E>;

    #[inline(always)]
    fn views<'a>(&'a self, views: Views<'a>) -> Views<'a> {
        views
    }
    /// Visits the same views in the same order.
    fn try_each_view<E>(&mut self, _visit: &mut impl FnMut(&mut ViewId) -> Result<(), E>) -> Result<(), E> {
        Ok(())
    }
    fn messages(&self) -> Option<&[Message]> {
        None
    }
    fn ops_mut(&mut self) -> Option<&mut [OpIndex]> {
        None
    }
}

fn narrow<T: TryFrom<u64>>(number: u64) -> Result<T, NumberError> {
    T::try_from(number).map_err(|_| NumberError::TooLarge(number))
}

/// The entry of a table that has this code.
pub(crate) fn one_of<T: Copy>(table: &[T], code: u64) -> Result<T, NumberError> {
    let found = usize::try_from(code).ok().and_then(|code| table.get(code));
    found.copied().ok_or(NumberError::NotOneOf { code, n: table.len() })
}

/// Numbers, and ids that wrap one.
macro_rules! numbers {
    ($($ty:ty: $to:expr, $from:expr;)*) => {$(
        impl Field for $ty {
            #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
                numbers.push($to(*self));
            }
            fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<$ty, E> {
                Ok($from(narrow(next()?)?))
            }
        }
    )*};
}

numbers! {
    u8: u64::from, |n: u8| n;
    u32: u64::from, |n: u32| n;
    u64: u64::from, |n: u64| n;
    i32: |n: i32| u64::from(n.cast_unsigned()), u32::cast_signed;
    Rank: |rank: Rank| u64::from(rank.0), Rank;
    OpIndex: |op: OpIndex| u64::from(op.0), OpIndex;
    EventId: |event: EventId| u64::from(event.0), EventId;
    SemaphoreId: |semaphore: SemaphoreId| u64::from(semaphore.0), SemaphoreId;
}

impl Field for Constant {
    fn put(&self, numbers: &mut Vec<u64>) {
        numbers.push(self.bits());
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Constant, E> {
        Ok(Constant::of_bits(next()?)?)
    }
}

impl Field for bool {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        numbers.push(u64::from(*self));
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<bool, E> {
        Ok(one_of(&[false, true], next()?)?)
    }
}

impl Field for ViewId {
    fn put(&self, _numbers: &mut Vec<u64>) {}
    fn take<E: From<NumberError>>(_next: &mut impl FnMut() -> Result<u64, E>) -> Result<ViewId, E> {
        Ok(ViewId(0))
    }
    #[inline(always)]
    fn views<'a>(&'a self, views: Views<'a>) -> Views<'a> {
        views.and(Some(*self))
    }
    fn try_each_view<E>(&mut self, visit: &mut impl FnMut(&mut ViewId) -> Result<(), E>) -> Result<(), E> {
        visit(self)
    }
}

/// 0 for a view, else one more than the bits of the constant.
impl Field for Operand {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        numbers.push(match self {
            Operand::View(_) => 0,
            Operand::Constant(constant) => 1 + constant.bits(),
        });
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Operand, E> {
        match next()?.checked_sub(1) {
            None => Ok(Operand::View(ViewId(0))),
            Some(bits) => Ok(Operand::Constant(Constant::of_bits(bits)?)),
        }
    }
    #[inline(always)]
    fn views<'a>(&'a self, views: Views<'a>) -> Views<'a> {
        views.and(self.view())
    }
    fn try_each_view<E>(&mut self, visit: &mut impl FnMut(&mut ViewId) -> Result<(), E>) -> Result<(), E> {
        match self {
            Operand::View(view) => visit(view),
            Operand::Constant(_) => Ok(()),
        }
    }
}

impl Field for Message {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        numbers.extend([u64::from(self.ring.0), u64::from(self.number)]);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Message, E> {
        Ok(Message { ring: RingId(narrow(next()?)?), number: narrow(next()?)? })
    }
    fn messages(&self) -> Option<&[Message]> {
        Some(std::slice::from_ref(self))
    }
}

/// The length, then the items. A list grows as its items are read, so that a length alone allocates nothing.
fn put_list<T: Field>(items: &[T], numbers: &mut Vec<u64>) {
    numbers.push(items.len() as u64);
    items.iter().for_each(|item| item.put(numbers));
}
fn take_list<T: Field, E: From<NumberError>>(
    next: &mut impl FnMut() -> Result<u64, E>,
) -> Result<Box<[T]>, E> {
    let n = next()?;
    let mut items = Vec::new();
    for _ in 0..n {
        items.push(T::take(next)?);
    }
    Ok(items.into())
}

impl Field for Box<[u32]> {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        put_list(self, numbers);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Box<[u32]>, E> {
        take_list(next)
    }
}

impl Field for Box<[OpIndex]> {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        put_list(self, numbers);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Box<[OpIndex]>, E> {
        take_list(next)
    }
    fn ops_mut(&mut self) -> Option<&mut [OpIndex]> {
        Some(self)
    }
}

impl Field for Box<[Message]> {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        put_list(self, numbers);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Box<[Message]>, E> {
        take_list(next)
    }
    fn messages(&self) -> Option<&[Message]> {
        Some(self)
    }
}

/// Its members have as many views as messages, so only the messages have a length.
impl Field for Box<Reduction> {
    #[inline]
    fn put(&self, numbers: &mut Vec<u64>) {
        self.f.put(numbers);
        self.acc.put(numbers);
        self.messages.put(numbers);
    }
    fn take<E: From<NumberError>>(next: &mut impl FnMut() -> Result<u64, E>) -> Result<Box<Reduction>, E> {
        let (f, acc, messages) = (Field::take(next)?, Field::take(next)?, <Box<[Message]>>::take(next)?);
        let views = vec![ViewId(0); messages.len()].into();
        Ok(Box::new(Reduction { f, acc, messages, views, x: ViewId(0), to: ViewId(0) }))
    }
    #[inline(always)]
    fn views<'a>(&'a self, views: Views<'a>) -> Views<'a> {
        views.members(&self.views).and(Some(self.x)).and(Some(self.to))
    }
    fn try_each_view<E>(&mut self, visit: &mut impl FnMut(&mut ViewId) -> Result<(), E>) -> Result<(), E> {
        self.views.iter_mut().chain([&mut self.x, &mut self.to]).try_for_each(visit)
    }
    fn messages(&self) -> Option<&[Message]> {
        Some(&self.messages)
    }
}
