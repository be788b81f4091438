//! Common parameters of kernels, with one meaning and one set of allowed values.

use machine::RankAxis;
use program::DType;
use program::program::SlotPlace;
use program::tl::{Recording, Topology};

use crate::chain::Chain;
use crate::error::KernelError;
use crate::request::{Param, Request};
use crate::waits::Waits;

pub const FLOATS: [DType; 5] = [DType::F32, DType::F16, DType::Bf16, DType::F8e4m3, DType::F8e5m2];
/// Partials carry −inf and sums beyond 448, which 8-bit floats do not hold.
pub const WIRES: [DType; 3] = [DType::F32, DType::F16, DType::Bf16];

pub const MAX_RANKS: u32 = 1024;
pub const MAX_HEADS: u32 = 4096;
pub const MAX_DIM: u32 = 65536;
pub const MAX_TOKENS: u32 = 1 << 24;
pub const MAX_SLOTS: u32 = 4096;

pub const DTYPE: Param =
    Param { name: "dtype", default: "f16", doc: "of inputs and output: f32, f16, bf16, f8e4m3 or f8e5m2" };
pub const TOPOLOGY: Param = Param { name: "topology", default: "line", doc: "of the ranks: line or ring" };
pub const SLOTS: Param = Param { name: "slots", default: "8", doc: "slots of every ring of messages" };
pub const RANK_AXIS: Param =
    Param { name: "rank_axis", default: "pe", doc: "pe: a rank is a PE; cube: a rank is PE 0 of a cube" };

/// Placement and links of the ranks.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    pub chain: Chain,
    pub slots: u32,
    pub rank_axis: RankAxis,
    pub waits: Waits,
}

impl Network {
    pub fn read(request: &mut Request, fewest_ranks: u32, most_ranks: u32) -> Result<Network, KernelError> {
        let ranks = request.number("ranks", fewest_ranks..=most_ranks)?;
        let topology = match request.choice("topology", &["line", "ring"])? {
            "ring" => Topology::Ring,
            _ => Topology::Line,
        };
        let network = Network::of(request, ranks)?;
        Ok(Network { chain: Chain { topology, ranks }, ..network })
    }

    /// The network of ranks that do not form a chain.
    pub fn read_alone(request: &mut Request, most_ranks: u32) -> Result<Network, KernelError> {
        let ranks = request.number("ranks", 1..=most_ranks)?;
        Network::of(request, ranks)
    }

    fn of(request: &mut Request, ranks: u32) -> Result<Network, KernelError> {
        let slots = request.number("slots", 1..=MAX_SLOTS)?;
        let rank_axis = match request.choice("rank_axis", &["pe", "cube"])? {
            "cube" => RankAxis::Cube,
            _ => RankAxis::Pe,
        };
        let waits = Waits::read(request)?;
        Ok(Network { chain: Chain { topology: Topology::Line, ranks }, slots, rank_axis, waits })
    }

    /// A recording with this placement and rings for messages of up to `slot_bytes`.
    pub fn recording(&self, request: &Request, slot_bytes: u64) -> Recording {
        let mut recording = Recording::new(request.kernel, self.chain.ranks);
        recording.params(request.resolved()).rank_axis(self.rank_axis);
        recording.links(self.chain.topology, self.slots, slot_bytes, SlotPlace::Tcm);
        recording
    }
}
