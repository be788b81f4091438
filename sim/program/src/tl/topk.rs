//! The largest few along an axis, one after the other and without a sort.

use std::panic::Location;

use crate::dtype::DType;
use crate::op::{CompareFn, ReduceFn};
use crate::tl::recorder::Tl;
use crate::tl::tile::Tile;

impl Tl {
    /// The `k` largest along an axis, the largest first, and their places along it as i32: four ops for each of them. Of
    /// equal ones the first comes first. What was taken counts as the least number of its dtype from then on, so that a
    /// row that has not `k` numbers above it ends with that number, at the first place where it is.
    #[track_caller]
    pub fn topk(&mut self, x: Tile, k: u32, axis: usize) -> (Tile, Tile) {
        self.catch(x.fault);
        let taken = x.shape().get(axis).copied();
        let Some(extent) = taken.filter(|&extent| (1..=extent).contains(&k)) else {
            let message = format!("the {k} largest along axis {axis} of {}", x.shape());
            let help = "take at least one, and at most as many as the axis has";
            self.fail(Location::caller(), message, help);
            return (x, x);
        };
        let shape = x.shape().with(axis, k);
        let (values, places) = (self.tile(shape, x.dtype()), self.tile(shape, DType::I32));
        let numbers = self.iota(x.shape().with(axis, extent), axis, 0, 1);
        let mut left = x;
        let least = match x.dtype().integers() {
            Some([least, _]) => least as f64,
            // fp8 e4m3 has no infinity.
            None if x.dtype() == DType::F8e4m3 => -x.dtype().largest(),
            None => f64::NEG_INFINITY,
        };
        for at in 0..k {
            let place = places.slice(axis, at, 1);
            self.to(place).reduce(ReduceFn::Argmax, left, axis);
            self.to(values.slice(axis, at, 1)).max(left, axis);
            if at + 1 < k {
                let is_taken = self.compare(CompareFn::Eq, numbers, place);
                left = self.where_(is_taken, least, left);
            }
        }
        (values, places)
    }
}
