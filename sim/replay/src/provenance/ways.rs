//! Ways from one element to another: not at all, through functions alone, or so many times along sums and products.

/// Ways from one element to another. A way counts when the result is linear in the element along it: through moves,
/// casts, sums, products, the numerator of a division and the branches of `where`. All others go through a function,
/// and are not counted. Saturates at 2³² − 2.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ways {
    /// One more than the ways that count.
    count: u32,
    /// Change of the result by a change of 1, along the ways that count. NaN where a factor on the way is not known.
    weight: f32,
}

impl Ways {
    pub const NONE: Ways = Ways { count: 0, weight: 0.0 };
    /// Reached, and only through functions.
    pub const FUNCTION: Ways = Ways { count: 1, weight: 0.0 };
    pub const ONCE: Ways = Ways { count: 2, weight: 1.0 };

    /// As one number; 0 is [`Ways::NONE`].
    pub const fn bits(self) -> u64 {
        self.count as u64 | (self.weight.to_bits() as u64) << 32
    }
    pub const fn of_bits(bits: u64) -> Ways {
        Ways { count: bits as u32, weight: f32::from_bits((bits >> 32) as u32) }
    }
    pub const fn reaches(self) -> bool {
        self.count > 0
    }
    /// Linear ways.
    pub const fn times(self) -> u32 {
        self.count.saturating_sub(1)
    }
    /// Sum over linear ways of the product of the factors on each; `None` when one is not known.
    pub fn weight(self) -> Option<f64> {
        (!self.weight.is_nan()).then_some(f64::from(self.weight))
    }
    pub fn add(&mut self, other: Ways) {
        if !self.reaches() {
            *self = other;
        } else if other.reaches() {
            self.count = self.count.saturating_add(other.times());
            self.weight += other.weight;
        }
    }
    /// Through a factor.
    #[must_use]
    pub fn scaled(self, by: f64) -> Ways {
        Ways { weight: if self.times() > 0 { (f64::from(self.weight) * by) as f32 } else { 0.0 }, ..self }
    }
    /// Through a factor that is not known.
    #[must_use]
    pub fn unknown(self) -> Ways {
        self.scaled(f64::NAN)
    }
    /// What is left of it behind a function.
    #[must_use]
    pub fn through_function(self) -> Ways {
        Ways { count: self.count.min(1), weight: 0.0 }
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
        assert_eq!(sum(&[Ways { count: u32::MAX, weight: 1.0 }, Ways::ONCE]).times(), u32::MAX - 1);
        assert!(!Ways::NONE.through_function().reaches());
    }

    #[test]
    fn weights_are_products_along_a_way_and_sums_over_ways() {
        let mut sum = Ways::ONCE.scaled(0.5).scaled(-4.0);
        sum.add(Ways::ONCE);
        sum.add(Ways::FUNCTION);
        assert_eq!((sum.times(), sum.weight()), (2, Some(-1.0)));
        assert_eq!(sum.unknown().weight(), None);
        assert_eq!(Ways::FUNCTION.unknown(), Ways::FUNCTION);
    }
}
