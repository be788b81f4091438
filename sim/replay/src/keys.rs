//! Multisets of contributions, as the ledger keeps them for every version.

use std::collections::BTreeMap;
use std::rc::Rc;

/// How often a key is in the elements of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// In the element that has it least often.
    pub least: u32,
    pub most: u32,
}

/// The counts of a value by key. Values share what they have in common; most hold nothing.
#[derive(Clone, Debug, Default)]
pub struct Keys(Option<Rc<BTreeMap<u32, Count>>>);

impl Keys {
    pub fn count(&self, key: u32) -> Count {
        self.0.as_ref().and_then(|keys| keys.get(&key)).copied().unwrap_or_default()
    }
    pub fn iter(&self) -> impl Iterator<Item = (u32, Count)> + '_ {
        self.0.iter().flat_map(|keys| keys.iter().map(|(&key, &count)| (key, count)))
    }

    /// With a contribution of its own.
    #[must_use]
    pub fn with(self, key: u32) -> Keys {
        let one = Count { least: 1, most: 1 };
        self.added(Keys(Some(Rc::new(BTreeMap::from([(key, one)])))))
    }
    /// Of a value that both went into.
    #[must_use]
    pub fn added(self, other: Keys) -> Keys {
        self.shared(other, |a, b| Count {
            least: a.least.saturating_add(b.least),
            most: a.most.saturating_add(b.most),
        })
    }
    /// Of a value that is the one here and the other there, or gathers both without counting either twice.
    #[must_use]
    pub fn either(self, other: Keys) -> Keys {
        self.shared(other, |a, b| Count { least: a.least.max(b.least), most: a.most.max(b.most) })
    }
    /// Of a value some of whose elements come from the one and some from the other.
    #[must_use]
    pub fn apart(self, other: Keys) -> Keys {
        self.joined(other, |a, b| Count { least: a.least.min(b.least), most: a.most.max(b.most) })
    }

    /// For a `join` that nothing leaves unchanged.
    fn shared(self, other: Keys, join: fn(Count, Count) -> Count) -> Keys {
        match (&self.0, &other.0) {
            (None, _) => other,
            (_, None) => self,
            (Some(_), Some(_)) => self.joined(other, join),
        }
    }
    fn joined(self, other: Keys, join: fn(Count, Count) -> Count) -> Keys {
        let all = self.iter().chain(other.iter());
        let all: BTreeMap<u32, Count> =
            all.map(|(key, _)| (key, join(self.count(key), other.count(key)))).collect();
        Keys((!all.is_empty()).then(|| Rc::new(all)))
    }
}
