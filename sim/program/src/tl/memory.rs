//! Tiles in TCM, tensors in HBM, and moves between them.

use std::panic::Location;

use crate::dtype::DType;
use crate::op::{MoveOp, Op};
use crate::program::Buffer;
use crate::tl::error::{Fault, Wrong};
use crate::tl::recorder::{At, Tl};
use crate::tl::tile::{Handle, HbmTile, Tile, TileOf, asked, dims};
use crate::view::{Base, BufferId, TensorId};

impl Tl {
    /// A tile in TCM, uninitialised; the planner chooses its address.
    #[track_caller]
    pub fn tile(&mut self, shape: impl AsRef<[u32]>, dtype: DType) -> Tile {
        self.allocate(shape.as_ref(), dtype, None, Location::caller())
    }
    /// A tile at a TCM address fixed by hand. Two such tiles may share bytes: that is the author's business.
    #[track_caller]
    pub fn tile_at(&mut self, address: u64, shape: impl AsRef<[u32]>, dtype: DType) -> Tile {
        self.allocate(shape.as_ref(), dtype, Some(address), Location::caller())
    }
    /// All of a tensor in HBM, of any rank.
    #[track_caller]
    pub fn tensor(&self, id: TensorId) -> HbmTile {
        let at = Location::caller();
        let found = self.context.program.tensors.get(id.index());
        let shape = found.map_or(Err(Wrong::Tensor { id }), |tensor| dims(&tensor.shape));
        let (dtype, declared) = found.map_or((DType::F32, &[1][..]), |tensor| (tensor.dtype, &tensor.shape));
        let fault = shape.err().map(|wrong| Fault { wrong, at });
        TileOf::whole(Base::Tensor(id), shape.unwrap_or(asked(declared)), dtype, fault)
    }

    /// HBM → a new tile.
    #[track_caller]
    pub fn load(&mut self, from: HbmTile) -> Tile {
        self.catch(from.fault);
        let tile = self.tile(from.shape(), from.dtype());
        let handle = self.load_into(from, tile);
        tile.made_by(handle)
    }
    /// HBM → a tile of the same shape and dtype.
    #[track_caller]
    pub fn load_into(&mut self, from: HbmTile, to: Tile) -> Handle {
        let (from, to) = (self.id(from), self.id(to));
        self.push(Op::Move(MoveOp::Load { from, to }), Location::caller())
    }
    /// A tile → HBM.
    #[track_caller]
    pub fn store(&mut self, from: Tile, to: HbmTile) -> Handle {
        let (from, to) = (self.id(from), self.id(to));
        self.push(Op::Move(MoveOp::Store { from, to }), Location::caller())
    }
    /// A tile → another, by DMA.
    #[track_caller]
    pub fn copy(&mut self, from: Tile, to: Tile) -> Handle {
        let (from, to) = (self.id(from), self.id(to));
        self.push(Op::Move(MoveOp::Copy { from, to }), Location::caller())
    }

    fn allocate(&mut self, shape: &[u32], dtype: DType, address: Option<u64>, at: At) -> Tile {
        let checked = dims(shape);
        self.catch(checked.err().map(|wrong| Fault { wrong, at }));
        let shape = checked.unwrap_or(asked(shape));
        let buffer = BufferId(self.program.buffers.len() as u32);
        let tile = TileOf::whole(Base::Buffer(buffer), shape, dtype, None);
        self.program.buffers.push(Buffer { bytes: tile.bytes(), at: address });
        tile
    }
}
