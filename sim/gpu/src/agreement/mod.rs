//! Trials for any device: passes whose results the CPU backend defines. `Trial::check` wants equal bits;
//! `Trial::differences` says where they differ, for a device that has leave to.

mod elementwise;
mod moves;
mod sums;
mod trial;
mod values;

pub(crate) use trial::{Lies, Trial};

/// Every family, every dtype, and what is special about each.
pub(crate) fn trials() -> Vec<Trial> {
    [moves::trials(), elementwise::trials(), sums::trials()].into_iter().flatten().collect()
}
