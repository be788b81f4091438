//! Multisets of contributions.

use std::rc::Rc;

/// Least and greatest count of a key in an element. They differ where values of the run decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub least: u32,
    pub most: u32,
}

/// The counts of an element by key, ascending. Elements share them; most hold nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Option<Rc<[(u32, Count)]>>);

impl Keys {
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    pub fn iter(&self) -> impl Iterator<Item = (u32, Count)> + '_ {
        self.list().iter().copied()
    }
    pub fn count(&self, key: u32) -> Count {
        let list = self.list();
        list.binary_search_by_key(&key, |&(key, _)| key).map_or(Count::default(), |at| list[at].1)
    }

    /// With a contribution of its own.
    #[must_use]
    pub fn with(&self, key: u32) -> Keys {
        self.added(&Keys(Some([(key, Count { least: 1, most: 1 })].into())))
    }
    /// Keys of a value made from both.
    #[must_use]
    pub fn added(&self, other: &Keys) -> Keys {
        self.shared(other, |a, b| Count {
            least: a.least.saturating_add(b.least),
            most: a.most.saturating_add(b.most),
        })
    }
    /// Keys of a value that gathers both and counts neither twice.
    #[must_use]
    pub fn either(&self, other: &Keys) -> Keys {
        self.shared(other, |a, b| Count { least: a.least.max(b.least), most: a.most.max(b.most) })
    }
    /// Keys of a value that is one of the two.
    #[must_use]
    pub fn apart(&self, other: &Keys) -> Keys {
        self.joined(other, |a, b| Count { least: a.least.min(b.least), most: a.most.max(b.most) })
    }

    fn list(&self) -> &[(u32, Count)] {
        self.0.as_deref().unwrap_or_default()
    }
    /// For a `join` that nothing leaves unchanged.
    fn shared(&self, other: &Keys, join: fn(Count, Count) -> Count) -> Keys {
        if self.is_empty() {
            other.clone()
        } else if other.is_empty() {
            self.clone()
        } else {
            self.joined(other, join)
        }
    }
    fn joined(&self, other: &Keys, join: fn(Count, Count) -> Count) -> Keys {
        let (mut ours, mut others) = (self.list(), other.list());
        let mut all = Vec::with_capacity(ours.len().max(others.len()));
        while let Some(key) = [ours, others].into_iter().filter_map(|list| list.first()).map(|x| x.0).min() {
            all.push((key, join(take(&mut ours, key), take(&mut others, key))));
        }
        Keys((!all.is_empty()).then(|| all.into()))
    }
}

/// The count of `key`, if it is the first of the list, which then goes on after it.
fn take(list: &mut &[(u32, Count)], key: u32) -> Count {
    match list.split_first() {
        Some((&(first, count), rest)) if first == key => {
            *list = rest;
            count
        }
        Some(_) | None => Count::default(),
    }
}
