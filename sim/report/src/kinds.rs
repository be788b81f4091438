//! Kinds of ops: ops of one kind have the same words, source, unit and work, and each is in the page once.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::column::Column;

/// What ops of one kind share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub label: u32,
    pub source: u32,
    pub unit: u64,
    pub work: Work,
}

/// What an op asks for, whenever it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work {
    /// Multiply-adds of a dot.
    pub macs: u64,
    /// Bytes read and written outside the TCMs.
    pub bytes: u64,
    /// Bytes of the messages that it sends.
    pub sent: u64,
}

#[derive(Debug, Default, Serialize)]
pub struct Kinds {
    #[serde(skip)]
    known: BTreeMap<Kind, u32>,
    n: u32,
    label: Column,
    source: Column,
    unit: Column,
    macs: Column,
    bytes: Column,
    sent: Column,
}

impl Kinds {
    /// Its number: kinds are numbered as they come.
    pub fn of(&mut self, kind: Kind) -> u32 {
        if let Some(&known) = self.known.get(&kind) {
            return known;
        }
        let number = self.n;
        self.n += 1;
        self.known.insert(kind, number);
        let Kind { label, source, unit, work } = kind;
        self.label.put_after(u64::from(label));
        self.source.put_after(u64::from(source));
        self.unit.put(unit);
        self.macs.put(work.macs);
        self.bytes.put(work.bytes);
        self.sent.put(work.sent);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_kinds_are_one() {
        let mut kinds = Kinds::default();
        let kind = |unit, macs| Kind { unit, work: Work { macs, ..Work::default() }, ..Kind::default() };
        let numbers = [kind(1, 2), kind(1, 3), kind(1, 2), kind(2, 2), kind(1, 3)].map(|it| kinds.of(it));
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        assert_eq!(kinds.n, 3);
    }
}
