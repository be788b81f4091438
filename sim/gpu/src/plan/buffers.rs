//! The buffers of a plan: one for each tile, each tensor and each slot, and where a view of a program lies in them.

use program::view::BufferId as TileId;
use program::{Base, Program, Rank, RankProgram, RingId, TensorId, View};

use super::{Buffer, BufferId, Init, PlanError};

/// Buffers of tiles, tensors and slots.
pub struct Buffers {
    pub list: Vec<Buffer>,
    /// By rank, then tile: its buffer, and where it begins there.
    tiles: Vec<Vec<(BufferId, u64)>>,
    /// By ring: the buffer of slot 0; those of the others follow.
    slots: Vec<BufferId>,
    n_slots: Vec<u32>,
    /// By device, then operand: where a pass keeps a copy of what it also writes.
    scratch: Vec<[Option<BufferId>; SUMS + 2]>,
}

/// Where a device keeps the two sums that a reduction goes back and forth between, after its operands.
pub const SUMS: usize = 3;

impl Buffers {
    pub fn of(program: &Program, n_devices: u32) -> Result<Buffers, PlanError> {
        let mut buffers = Buffers {
            list: Vec::new(),
            tiles: Vec::new(),
            slots: Vec::new(),
            n_slots: Vec::new(),
            scratch: vec![[None; SUMS + 2]; n_devices as usize],
        };
        for (index, tensor) in program.tensors.iter().enumerate() {
            let init = if tensor.role.given().is_some() { Init::Given } else { Init::Poison };
            let id = TensorId(index as u32);
            let added = buffers.add(format!("{id} {}", tensor.name), tensor.bytes(), init)?;
            assert_eq!(added, BufferId::of_tensor(id));
        }
        for (rank, it) in program.ranks.iter().enumerate() {
            let tiles = buffers.tiles_of(rank, it)?;
            buffers.tiles.push(tiles);
        }
        for (index, ring) in program.rings.iter().enumerate() {
            buffers.slots.push(BufferId(buffers.list.len() as u32));
            buffers.n_slots.push(ring.n_slots);
            for slot in 0..ring.n_slots {
                buffers.add(format!("{}.slot{slot}", RingId(index as u32)), ring.slot_bytes, Init::Poison)?;
            }
        }
        Ok(buffers)
    }

    /// Tiles that the author laid out by hand may share bytes, so all of them are one buffer.
    fn tiles_of(&mut self, rank: usize, program: &RankProgram) -> Result<Vec<(BufferId, u64)>, PlanError> {
        let by_hand = || program.buffers.iter().filter_map(|tile| Some((tile.at?, tile.at? + tile.bytes)));
        let first = by_hand().map(|(start, _)| start).min().unwrap_or_default();
        let shared = match by_hand().map(|(_, end)| end).max() {
            Some(end) => Some(self.add(format!("rank{rank} by hand"), end - first, Init::Poison)?),
            None => None,
        };
        let mut tiles = Vec::new();
        for (index, tile) in program.buffers.iter().enumerate() {
            tiles.push(match (tile.at, shared) {
                (Some(at), Some(shared)) => (shared, at - first),
                (Some(_) | None, _) => {
                    let name = format!("rank{rank}.{}", TileId(index as u32));
                    (self.add(name, tile.bytes, Init::Poison)?, 0)
                }
            });
        }
        Ok(tiles)
    }

    fn add(&mut self, name: String, bytes: u64, init: Init) -> Result<BufferId, PlanError> {
        if bytes > u64::from(u32::MAX) - 3 {
            return Err(PlanError::Large { place: name, bytes });
        }
        self.list.push(Buffer { name, bytes, init });
        Ok(BufferId(self.list.len() as u32 - 1))
    }

    /// Buffer and offset of a base.
    pub fn place(&self, rank: Rank, base: Base) -> (BufferId, u64) {
        match base {
            Base::Buffer(tile) => self.tiles[rank.index()][tile.index()],
            Base::Tensor(tensor) => (BufferId::of_tensor(tensor), 0),
            Base::Message(message) => {
                let ring = message.ring.index();
                (BufferId(self.slots[ring].0 + message.number % self.n_slots[ring]), 0)
            }
        }
    }

    /// A view of a program as one of a buffer.
    pub fn view(&self, rank: Rank, view: &View) -> View {
        let (buffer, start) = self.place(rank, view.base);
        View { base: Base::Tensor(TensorId(buffer.0)), offset: view.offset + start, ..*view }
    }

    /// A packed view of a device's scratch for one operand, large enough for `like`.
    pub fn scratch(&mut self, device: usize, operand: usize, like: &View) -> View {
        let id = *self.scratch[device][operand].get_or_insert_with(|| {
            let name = format!("dev{device}.scratch{operand}");
            self.list.push(Buffer { name, bytes: 0, init: Init::Poison });
            BufferId(self.list.len() as u32 - 1)
        });
        let bytes = &mut self.list[id.index()].bytes;
        *bytes = (*bytes).max(like.bytes());
        View::packed(Base::Tensor(TensorId(id.0)), like.shape, like.dtype)
    }
}

impl BufferId {
    /// The buffer of a program's tensor: those come first.
    pub fn of_tensor(tensor: TensorId) -> BufferId {
        BufferId(tensor.0)
    }
}

/// The buffer that a view of a pass lies in.
pub fn buffer_of(view: &View) -> BufferId {
    match view.base {
        Base::Tensor(buffer) => BufferId(buffer.0),
        Base::Buffer(_) | Base::Message(_) => unreachable!("the views of a pass lie in buffers of the plan"),
    }
}
