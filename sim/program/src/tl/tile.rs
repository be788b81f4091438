//! Tiles: bytes in TCM or HBM seen as tensors. Views of them are pure: they record nothing.

use std::marker::PhantomData;
use std::panic::Location;

use crate::dtype::DType;
use crate::op::OpIndex;
use crate::rules;
use crate::tl::error::{Fault, Wrong};
use crate::view::{Base, Dims, MAX_DIMS, View};

/// An op that was recorded, to be waited for, or ops that were recorded by one call. Waiting for the handle of a tile
/// that no op has written waits for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle {
    /// The last.
    pub(super) op: Option<OpIndex>,
    /// How many come just before it.
    pub(super) before: u32,
}

impl Handle {
    /// The op's place in its rank's program, of several that of the last; `None` when there is no op.
    pub fn op(self) -> Option<OpIndex> {
        self.op
    }
    /// All of them.
    pub(super) fn ops(self) -> impl Iterator<Item = OpIndex> {
        self.op.into_iter().flat_map(move |last| (last.0 - self.before..=last.0).map(OpIndex))
    }
}

/// In TCM: a buffer, or a received message.
#[derive(Clone, Copy, Debug)]
pub struct Tcm;
/// In some rank's HBM.
#[derive(Clone, Copy, Debug)]
pub struct Hbm;

/// A tensor in memory `M`. Copying a tile copies its description, not its bytes.
#[derive(Clone, Copy, Debug)]
pub struct TileOf<M> {
    pub(super) view: View,
    made_by: Handle,
    pub(super) fault: Option<Fault>,
    memory: PhantomData<M>,
}

/// A tile in TCM, which ops compute on.
pub type Tile = TileOf<Tcm>;
/// A tile in HBM, which `load` reads and `store` writes.
pub type HbmTile = TileOf<Hbm>;

/// An operand: a tile, or a constant that broadcasts: an i32 beside integers, else a number that is rounded to f32.
#[derive(Clone, Copy, Debug)]
pub enum TileOrConst {
    Tile(Tile),
    Constant(f64),
}

impl From<Tile> for TileOrConst {
    fn from(tile: Tile) -> TileOrConst {
        TileOrConst::Tile(tile)
    }
}
impl From<f32> for TileOrConst {
    fn from(value: f32) -> TileOrConst {
        TileOrConst::Constant(value.into())
    }
}
impl From<f64> for TileOrConst {
    fn from(value: f64) -> TileOrConst {
        TileOrConst::Constant(value)
    }
}
impl From<i32> for TileOrConst {
    fn from(value: i32) -> TileOrConst {
        TileOrConst::Constant(value.into())
    }
}
impl TileOrConst {
    pub(super) fn tile(self) -> Option<Tile> {
        match self {
            TileOrConst::Tile(tile) => Some(tile),
            TileOrConst::Constant(_) => None,
        }
    }
}

impl<M: Copy> TileOf<M> {
    pub(super) fn whole(base: Base, shape: Dims, dtype: DType, fault: Option<Fault>) -> TileOf<M> {
        TileOf {
            view: View::packed(base, shape, dtype),
            made_by: Handle::default(),
            fault,
            memory: PhantomData,
        }
    }
    pub(super) fn made_by(self, handle: Handle) -> TileOf<M> {
        TileOf { made_by: handle, ..self }
    }
    pub fn shape(&self) -> Dims {
        self.view.shape
    }
    pub fn dtype(&self) -> DType {
        self.view.dtype
    }
    /// Bytes of the elements.
    pub fn bytes(&self) -> u64 {
        self.view.bytes()
    }
    /// Which bytes it is, and how they form a tensor.
    pub fn as_view(&self) -> View {
        self.view
    }
    /// Whether the tile carries a mistake, which the first op that uses it tells.
    pub fn is_mistaken(&self) -> bool {
        self.fault.is_some()
    }
    /// The op that returned this tile, or the tile this is a view of.
    pub fn handle(&self) -> Handle {
        self.made_by
    }

    /// Elements `start..start + len` of an axis.
    #[track_caller]
    #[must_use]
    pub fn slice(self, axis: usize, start: u32, len: u32) -> TileOf<M> {
        let Some(&extent) = self.view.shape.get(axis) else {
            let shape = self.view.shape;
            let axes = (0..=axis)
                .take(MAX_DIMS)
                .map(|at| if at == axis { len } else { *shape.get(at).unwrap_or(&1) });
            return self.of_shape(&axes.collect::<Vec<_>>()).fails(Wrong::Axis { axis, shape });
        };
        if len == 0 || start.checked_add(len).is_none_or(|end| end > extent) {
            let shape = self.view.shape.with(axis, len);
            return self.of_shape(&shape).fails(Wrong::Slice { axis, start, len, extent });
        }
        let mut view = self.view;
        view.shape = view.shape.with(axis, len);
        view.offset += u64::from(start) * u64::from(view.strides[axis]) * view.dtype.size();
        TileOf { view, ..self }
    }

    /// The same elements in the same order; they must lie one after the other, unless only axes of extent 1 come or go.
    #[track_caller]
    #[must_use]
    pub fn reshape(self, shape: impl AsRef<[u32]>) -> TileOf<M> {
        let (from, shape) = (self.view.shape, shape.as_ref());
        let to = match dims(shape) {
            Ok(to) => to,
            Err(wrong) => return self.of_shape(shape).fails(wrong),
        };
        if to.product() != self.view.elements() {
            return self.of_shape(shape).fails(Wrong::Reshape { from, to });
        }
        let packed = self.view.is_packed().then(|| to.packed_strides());
        match packed.or_else(|| self.view.squeezed(to)) {
            Some(strides) => TileOf { view: View { shape: to, strides, ..self.view }, ..self },
            None => self.of_shape(shape).fails(Wrong::Scattered { shape: from }),
        }
    }

    /// The bytes from `offset` on, seen as a packed tensor: for messages that carry several tensors.
    #[track_caller]
    #[must_use]
    pub fn view(self, offset: u64, shape: impl AsRef<[u32]>, dtype: DType) -> TileOf<M> {
        let mut seen = self.of_shape(shape.as_ref());
        seen.view.dtype = dtype;
        let shape = match dims(shape.as_ref()) {
            Ok(shape) => shape,
            Err(wrong) => return seen.fails(wrong),
        };
        if !self.view.is_packed() {
            return seen.fails(Wrong::Scattered { shape: self.view.shape });
        }
        let available = self.view.bytes();
        let bytes = shape.product().saturating_mul(dtype.size());
        if offset.checked_add(bytes).is_none_or(|end| end > available) {
            return seen.fails(Wrong::Reinterpret { offset, shape, dtype, available });
        }
        let offset = self.view.offset + offset;
        TileOf { view: View { offset, ..View::packed(self.view.base, shape, dtype) }, ..self }
    }

    /// Swaps the last two axes.
    #[track_caller]
    #[must_use]
    pub fn trans(self) -> TileOf<M> {
        let mut view = self.view;
        let n = view.shape.len();
        if n < 2 {
            let (shape, columns) = (view.shape, view.shape.first().copied().unwrap_or(1));
            return self.of_shape(&[1, columns]).fails(Wrong::Trans { shape });
        }
        view.shape = view.shape.swapped(n - 2, n - 1);
        view.strides = view.strides.swapped(n - 2, n - 1);
        TileOf { view, ..self }
    }

    /// Repeats extents of 1 and missing leading axes.
    #[track_caller]
    #[must_use]
    pub fn broadcast(self, shape: impl AsRef<[u32]>) -> TileOf<M> {
        let (from, shape) = (self.view.shape, shape.as_ref());
        let to = match dims(shape) {
            Ok(to) => to,
            Err(wrong) => return self.of_shape(shape).fails(wrong),
        };
        if !rules::broadcasts(from, to) {
            return self.of_shape(shape).fails(Wrong::Broadcast { from, to });
        }
        let missing = to.len() - self.view.shape.len();
        let mut strides = to;
        for axis in 0..to.len() {
            let repeats = axis < missing || self.view.shape[axis - missing] != to[axis];
            let stride = if repeats { 0 } else { self.view.strides[axis - missing] };
            strides = strides.with(axis, stride);
        }
        TileOf { view: View { shape: to, strides, ..self.view }, ..self }
    }

    /// What stands for a tile that cannot be made: it has the shape that was asked for, so that the author's own code
    /// finds there what it expects until the mistake is told.
    fn of_shape(self, shape: &[u32]) -> TileOf<M> {
        let shape = asked(shape);
        TileOf { view: View { shape, strides: shape.packed_strides(), ..self.view }, ..self }
    }

    #[track_caller]
    fn fails(self, wrong: Wrong) -> TileOf<M> {
        let at = Location::caller();
        // The first mistake is the one to report.
        TileOf { fault: self.fault.or(Some(Fault { wrong, at })), ..self }
    }
}

/// A shape the author wrote.
pub(super) fn dims(shape: &[u32]) -> Result<Dims, Wrong> {
    let dims = Dims::checked(shape).ok_or(Wrong::TooManyDims { dims: shape.len() })?;
    if dims.product() > u64::from(u32::MAX) {
        return Err(Wrong::Huge { shape: dims });
    }
    Ok(dims)
}

/// A shape as it was asked for, right or not, as far as there are axes.
pub(super) fn asked(shape: &[u32]) -> Dims {
    Dims::new(&shape[..shape.len().min(MAX_DIMS)])
}
