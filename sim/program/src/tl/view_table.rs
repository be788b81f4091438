//! The view table of a rank while it is recorded: every view stands in it once.

use std::collections::BTreeMap;

use crate::view::{Base, View, ViewId};

/// Places of views that were asked for lately, a power of two. Most views are asked for a few times in a row, and a
/// search of the whole table compares many of them.
const RECENT: usize = 1 << 10;

#[derive(Debug)]
pub(super) struct ViewTable {
    ids: BTreeMap<View, ViewId>,
    /// By place; an entry may be of another view, which a comparison shows.
    recent: Vec<ViewId>,
}

impl ViewTable {
    pub fn new() -> ViewTable {
        ViewTable { ids: BTreeMap::new(), recent: vec![ViewId::default(); RECENT] }
    }

    /// The entry of a view in `views`, at its end if it is new.
    pub fn id(&mut self, view: View, views: &mut Vec<View>) -> ViewId {
        let recent = &mut self.recent[place(&view)];
        if views.get(recent.index()) != Some(&view) {
            *recent = *self.ids.entry(view).or_insert_with(|| {
                views.push(view);
                ViewId(views.len() as u32 - 1)
            });
        }
        *recent
    }
}

/// Any number below [`RECENT`] that follows from the view alone.
fn place(view: &View) -> usize {
    let base = match view.base {
        Base::Buffer(buffer) => u64::from(buffer.0),
        Base::Tensor(tensor) => u64::from(tensor.0) << 1,
        Base::Message(message) => (u64::from(message.ring.0) << 32) | u64::from(message.number),
    };
    let axes = view.shape.iter().chain(view.strides.iter());
    let form = axes.fold(view.offset, |form, &axis| form.wrapping_mul(31).wrapping_add(u64::from(axis)));
    let mixed = (base.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ form).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 40) as usize % RECENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::DType;
    use crate::view::{BufferId, Dims};

    /// More views than there are places, each asked for again.
    #[test]
    fn a_view_has_one_entry_however_often_it_is_asked_for() {
        let (mut table, mut views) = (ViewTable::new(), Vec::new());
        let view =
            |n: u32| View::packed(Base::Buffer(BufferId(n / 3)), Dims::new(&[1 + n % 3, 4]), DType::F16);
        for _ in 0..2 {
            for n in 0..3 * RECENT as u32 {
                assert_eq!(table.id(view(n), &mut views), ViewId(n));
                assert_eq!(table.id(view(n / 2), &mut views), ViewId(n / 2));
            }
        }
        assert_eq!(views.len(), 3 * RECENT);
    }
}
