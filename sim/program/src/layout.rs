//! Layout: the addresses that the planner chose for a program on a machine.

use machine::Bytes;
use serde::{Deserialize, Serialize};

use crate::program::{Program, Rank, SlotPlace};
use crate::view::{Base, BufferId, RingId, View};

/// A memory that addresses count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Space {
    Tcm(Rank),
    /// The shared memory of a cube.
    Sram(u32),
    /// The HBM slice of a rank's PE.
    Hbm(Rank),
}

/// Addresses of everything a program names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// By rank, then buffer: address in the rank's TCM.
    pub buffers: Vec<Vec<u64>>,
    /// By ring: where slot 0 lies.
    pub rings: Vec<Slots>,
    /// By tensor: address in the HBM slice of its home.
    pub tensors: Vec<u64>,
    /// By rank: how much TCM the program needs.
    pub peaks: Vec<Peak>,
}

/// The slots of one ring: slot s occupies `slot_bytes` at `address + s × slot_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Slots {
    pub space: Space,
    pub address: u64,
}

/// The TCM a rank needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Peak {
    /// Highest TCM address used, plus one: the program runs with exactly this much.
    pub bytes: Bytes,
    /// Bytes of the slots, which live for the whole run.
    pub slot_bytes: Bytes,
    /// The buffers that hold the highest addresses when the peak is reached.
    pub holders: Vec<BufferId>,
    /// Most bytes live at once: no planner can do with less.
    pub live_bound: Bytes,
}

impl Layout {
    /// The memory a view of `rank` lies in, and the address its offset counts from.
    #[inline]
    pub fn locate(&self, program: &Program, rank: Rank, view: &View) -> (Space, u64) {
        match view.base {
            Base::Buffer(buffer) => (Space::Tcm(rank), self.buffers[rank.index()][buffer.index()]),
            Base::Tensor(tensor) => {
                (Space::Hbm(program.tensors[tensor.index()].home), self.tensors[tensor.index()])
            }
            Base::Message(message) => {
                let ring = &program.rings[message.ring.index()];
                let slots = self.rings[message.ring.index()];
                let slot = u64::from(message.number % ring.n_slots);
                (slots.space, slots.address + slot * ring.slot_bytes)
            }
        }
    }

    /// The address of a slot.
    pub fn slot(&self, program: &Program, ring: RingId, slot: u32) -> (Space, u64) {
        let slots = self.rings[ring.index()];
        (slots.space, slots.address + u64::from(slot) * program.rings[ring.index()].slot_bytes)
    }
}

/// The space of a ring's slots when the consumer runs in cube `cube`.
pub fn slot_space(place: SlotPlace, consumer: Rank, cube: u32) -> Space {
    match place {
        SlotPlace::Tcm => Space::Tcm(consumer),
        SlotPlace::Sram => Space::Sram(cube),
        SlotPlace::Hbm => Space::Hbm(consumer),
    }
}
