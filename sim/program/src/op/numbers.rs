//! An op as numbers: a code for its kind, its scalars and its views. Digests and sealed files are made of these, so
//! a code is never given to another kind.

use super::field::Field;
use super::{NumberError, Op, SyncOp};
use crate::view::{Message, ViewId};

/// A release that names no ops has a code of its own, and no list.
const BARE_RELEASE: u8 = 16;

impl Op {
    /// The op's code in a log.
    pub fn code(&self) -> u8 {
        if self.bare_release().is_some() { BARE_RELEASE } else { self.row_code() }
    }

    /// Appends all fields of an op except its kind and its views.
    pub fn put_scalars(&self, numbers: &mut Vec<u64>) {
        match self.bare_release() {
            Some(message) => message.put(numbers),
            None => self.put_fields(numbers),
        }
    }

    /// The op with this code, from its scalars and then its views, which `next` gives one by one.
    ///
    /// # Errors
    /// Those of `next`, and [`NumberError`].
    pub fn of_numbers<E: From<NumberError>>(
        code: u8,
        next: &mut impl FnMut() -> Result<u64, E>,
    ) -> Result<Op, E> {
        if code == BARE_RELEASE {
            let message = Message::take(next)?;
            return Ok(SyncOp::Release { message, after: [].into() }.into());
        }
        let mut op = Op::take_fields(code, next)?;
        op.try_each_view(&mut |view| {
            *view = ViewId(u32::take::<E>(next)?);
            Ok::<(), E>(())
        })?;
        Ok(op)
    }

    fn bare_release(&self) -> Option<&Message> {
        if let Op::Sync(SyncOp::Release { message, after }) = self
            && after.is_empty()
        {
            Some(message)
        } else {
            None
        }
    }
}
