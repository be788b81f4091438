//! Destinations of packets.

use crate::error::KernelError;
use crate::request::Request;
use machine::Random;

/// The patterns of BookSim2 for a square mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Any PE with equal probability, the sender itself among them.
    Uniform,
    /// One further along each axis, from the last to the first.
    Neighbor,
    /// (x, y) to (y, x).
    Transpose,
    /// (x, y) to (k − 1 − x, k − 1 − y).
    Bitcomp,
    /// ⌈k / 2⌉ − 1 further along each axis, from the last to the first.
    Tornado,
}

impl Pattern {
    pub fn read(request: &mut Request) -> Result<Pattern, KernelError> {
        let words = ["uniform", "neighbor", "transpose", "bitcomp", "tornado"];
        Ok(match request.choice("pattern", &words)? {
            "neighbor" => Pattern::Neighbor,
            "transpose" => Pattern::Transpose,
            "bitcomp" => Pattern::Bitcomp,
            "tornado" => Pattern::Tornado,
            _ => Pattern::Uniform,
        })
    }

    pub fn destination(self, from: u32, k: u32, random: &mut Random) -> u32 {
        let (x, y) = (from % k, from / k);
        let (x, y) = match self {
            Pattern::Uniform => return random.below(u64::from(k * k)) as u32,
            Pattern::Neighbor => ((x + 1) % k, (y + 1) % k),
            Pattern::Transpose => (y, x),
            Pattern::Bitcomp => (k - 1 - x, k - 1 - y),
            Pattern::Tornado => ((x + k.div_ceil(2) - 1) % k, (y + k.div_ceil(2) - 1) % k),
        };
        y * k + x
    }
}
