//! How an element reaches another: not at all, through functions alone, or so many times along sums and products.

/// Ways from one element to another. A way counts when the result is linear in the element along it: through moves,
/// casts, sums, products, the numerator of a division and the branches of `where`. All others go through a function,
/// and are not counted. Saturates at 2³² − 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ways(u32);

impl Ways {
    pub const NONE: Ways = Ways(0);
    /// Reached, and only through functions.
    pub const FUNCTION: Ways = Ways(1);
    pub const ONCE: Ways = Ways(2);

    pub const fn reaches(self) -> bool {
        self.0 > 0
    }
    /// Linear ways.
    pub const fn times(self) -> u32 {
        self.0.saturating_sub(1)
    }
    pub fn add(&mut self, other: Ways) {
        if !self.reaches() {
            *self = other;
        } else if other.reaches() {
            self.0 = self.0.saturating_add(other.times());
        }
    }
    /// What is left of it behind a function.
    #[must_use]
    pub fn through_function(self) -> Ways {
        Ways(self.0.min(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_add_up_and_end_at_functions() {
        let sum = |ways: &[Ways]| {
            let mut sum = Ways::NONE;
            ways.iter().for_each(|way| sum.add(*way));
            sum
        };
        assert_eq!(sum(&[]), Ways::NONE);
        assert_eq!(sum(&[Ways::FUNCTION, Ways::FUNCTION]), Ways::FUNCTION);
        assert_eq!(sum(&[Ways::ONCE, Ways::FUNCTION, Ways::ONCE]).times(), 2);
        assert_eq!(sum(&[Ways::ONCE; 5]).through_function(), Ways::FUNCTION);
        assert_eq!(sum(&[Ways(u32::MAX), Ways::ONCE]), Ways(u32::MAX));
        assert!(!Ways::NONE.through_function().reaches());
    }
}
