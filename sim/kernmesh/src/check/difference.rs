//! Distance of a device's outputs from those of the CPU.

use replay::verdict::ulp;
use replay::{HostValue, HostValues};

/// Over all values of all outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// In ulp of the output's dtype at the CPU's value.
    pub max_ulp: f64,
    pub differing_share: f64,
    pub max_abs: f64,
}

impl Difference {
    pub fn of(made: &HostValues, meant: &HostValues) -> Difference {
        let (mut all, mut differing, mut found) = (0u64, 0u64, Difference::default());
        for (made, meant) in made.values().zip(meant.values()) {
            let size = meant.dtype.size() as usize;
            let bits = made.bytes.chunks(size).zip(meant.bytes.chunks(size));
            all += meant.bytes.len() as u64 / meant.dtype.size();
            differing += bits.filter(|(made, meant)| made != meant).count() as u64;
            found.widen(made, meant);
        }
        let differing_share = if all == 0 { 0.0 } else { differing as f64 / all as f64 };
        Difference { differing_share, ..found }
    }

    fn widen(&mut self, made: &HostValue, meant: &HostValue) {
        let dtype = meant.dtype;
        let values = made.values().into_iter().zip(meant.values());
        for (made, meant) in values.filter(|(made, meant)| made.to_bits() != meant.to_bits()) {
            let apart = (f64::from(made) - f64::from(meant)).abs();
            // A NaN, or an infinity, where the CPU has none is as wrong as can be.
            let apart = if apart.is_finite() { apart } else { f64::MAX };
            self.max_abs = self.max_abs.max(apart);
            self.max_ulp = self.max_ulp.max((apart / ulp(dtype, f64::from(meant))).min(f64::MAX));
        }
    }

    /// Whether every value is a number where the CPU's is.
    pub fn is_finite(&self) -> bool {
        self.max_abs < f64::MAX
    }
}

#[cfg(test)]
mod tests {
    use program::DType;

    use super::*;

    fn f16(values: &[f32]) -> HostValues {
        [("y".to_owned(), HostValue::of(values, &[values.len() as u32], DType::F16))].into()
    }

    #[test]
    fn a_difference_is_counted_and_measured() {
        let meant = f16(&[1.0, 2.0, 0.0, -4.0]);
        for (made, share, max_ulp, max_abs) in [
            ([1.0, 2.0, 0.0, -4.0], 0.0, 0.0, 0.0),
            ([1.0, 2.0 + 1.0 / 512.0, 0.0, -4.0], 0.25, 1.0, 1.0 / 512.0),
            ([1.0, 2.0, -0.0, -4.5], 0.5, 128.0, 0.5),
        ] {
            let found = Difference::of(&f16(&made), &meant);
            assert_eq!((found.differing_share, found.max_ulp, found.max_abs), (share, max_ulp, max_abs));
        }
        let nan = Difference::of(&f16(&[f32::NAN, 2.0, 0.0, -4.0]), &meant);
        assert!(!nan.is_finite() && nan.max_abs < f64::INFINITY, "{nan:?}");
    }
}
