//! The op that lost a contribution, or counted it again.

use diagnostic::{Contribution, LastUse};

use super::held::Held;
use super::{Expected, Ledger};

impl Ledger<'_> {
    /// Why a key is missing.
    pub(super) fn of_missing(
        &self,
        expected: &Expected<'_>,
        held: Option<&Held<'_>>,
        key: u32,
    ) -> Contribution {
        if self.born(key).is_none() {
            return Contribution::Unmarked;
        }
        let last = match held.map(|held| held.last_made_from(key, expected.at)) {
            Some(Some(last)) => LastUse::Op(self.op(last)),
            Some(None) => LastUse::Unused,
            None => LastUse::Unknown,
        };
        Contribution::Lost { into: self.op(expected.at), last }
    }

    /// Why a key is there too often.
    pub(super) fn of_twice(
        &self,
        expected: &Expected<'_>,
        held: Option<&Held<'_>>,
        key: u32,
    ) -> Contribution {
        if !expected.keys.contains(&key) {
            return Contribution::NotExpected { by: self.op(expected.at) };
        }
        Contribution::Twice { by: held.and_then(|held| held.first_doubled(key)).map(|merge| self.op(merge)) }
    }
}
