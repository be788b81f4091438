//! Random views: packed, transposed, with gaps, with a stride of 0, with elements that overlap, at odd offsets.

use program::op::{ComputeOp, Constant, MoveOp};
use program::program::{Buffer, SlotPlace};
use program::{Base, BufferId, DType, Dims, Rank, TensorId, View, ViewId};

use super::draft::{Draft, State};
use super::tables::any_dtype;

/// Bytes of a buffer that is made.
const BUFFER_BYTES: u64 = 64;

impl Draft<'_> {
    /// At most 16 bytes × 4 of a dtype: up to three axes.
    pub fn shape(&mut self, most: u64) -> Dims {
        let axes = [1, 1, 2, 2, 3, 0][self.below(6)];
        let mut left = most;
        let extents: Vec<u32> = (0..axes)
            .map(|_| {
                let extent = 1 + self.random.below(left.clamp(1, 4));
                left /= extent;
                extent as u32
            })
            .collect();
        Dims::new(&extents)
    }

    /// A view of `bytes` bytes of a base; `None` when a packed one does not fit.
    pub fn view_of(
        &mut self,
        base: Base,
        bytes: u64,
        shape: Dims,
        dtype: DType,
        written: bool,
    ) -> Option<View> {
        let mut view = View::packed(base, shape, dtype);
        if view.end() > bytes {
            return None;
        }
        let packed = view;
        for axis in 0..shape.len() {
            match self.random.below(8) {
                0 => view.strides = view.strides.with(axis, view.strides[axis] * 2),
                1 if !written => view.strides = view.strides.with(axis, 0),
                2 if !written => view.strides = view.strides.with(axis, 1),
                3 if shape.len() > 1 => view.strides = view.strides.swapped(axis, (axis + 1) % shape.len()),
                _ => {}
            }
        }
        if view.end() > bytes || (written && !is_distinct(&view)) {
            view = packed;
        }
        let room = bytes - view.end();
        view.offset = match self.random.below(4) {
            0 => self.random.below(room / dtype.size() + 1) * dtype.size(),
            1 if self.percent(20) => self.random.below(room + 1),
            _ => 0,
        };
        Some(view)
    }

    /// A new buffer that mostly has a value.
    fn new_buffer(&mut self, rank: Rank) -> BufferId {
        let buffers = &mut self.program.ranks[rank.index()].buffers;
        buffers.push(Buffer { bytes: BUFFER_BYTES, at: None });
        let buffer = BufferId(buffers.len() as u32 - 1);
        self.initialise(rank, buffer);
        buffer
    }

    fn initialise(&mut self, rank: Rank, buffer: BufferId) {
        if self.percent(4) {
            return;
        }
        let bytes = self.program.rank(rank).buffers[buffer.index()].bytes;
        let dtype = any_dtype(&mut self.random);
        let shape = Dims::new(&[(bytes / dtype.size()) as u32]);
        let to = self.view(rank, View::packed(Base::Buffer(buffer), shape, dtype));
        // An input of as many bytes fills all of it.
        let input = TensorId(2 * rank.0);
        let is_whole = self.program.tensors[input.index()].bytes() == bytes;
        if is_whole && self.percent(60) {
            let tensor = &self.program.tensors[input.index()];
            let (shape, dtype) = (Dims::new(&[tensor.shape[1]]), tensor.dtype);
            let to = self.view(rank, View::packed(Base::Buffer(buffer), shape, dtype));
            let from = self.view(rank, View::packed(Base::Tensor(input), shape, dtype));
            self.push(rank, MoveOp::Load { from, to });
        } else if dtype == DType::I32 && self.percent(50) {
            let step = self.random.below(9) as i32 - 4;
            self.push(rank, ComputeOp::Iota { axis: 0, start: 3, step, to });
        } else {
            let below = if dtype == DType::Bool { 1 } else { 5 };
            let value = Constant::of(self.random.below(below) as f32 + 1.0);
            self.push(rank, ComputeOp::Fill { value, to });
        }
    }

    /// A buffer of the rank; now and then a new one.
    fn buffer(&mut self, rank: Rank) -> BufferId {
        let n = self.program.rank(rank).buffers.len();
        if n == 0 || (n < 4 && self.percent(30)) {
            return self.new_buffer(rank);
        }
        let buffer = BufferId(self.below(n) as u32);
        let is_used = |view: &View| view.base == Base::Buffer(buffer);
        if !self.program.rank(rank).views.iter().any(is_used) {
            self.initialise(rank, buffer);
        }
        buffer
    }

    /// A view that a unit of the rank may read: of a buffer, or of a message that it holds.
    pub fn source(&mut self, rank: Rank, shape: Dims, dtype: DType) -> ViewId {
        if self.percent(35)
            && let Some((base, bytes)) = self.held(rank)
            && let Some(view) = self.view_of(base, bytes, shape, dtype, false)
        {
            return self.view(rank, view);
        }
        self.buffer_view(rank, shape, dtype, false)
    }

    /// A view of a buffer that may be read or written.
    pub fn buffer_view(&mut self, rank: Rank, shape: Dims, dtype: DType, written: bool) -> ViewId {
        let buffer = self.buffer(rank);
        let bytes = self.program.rank(rank).buffers[buffer.index()].bytes;
        let view = self.view_of(Base::Buffer(buffer), bytes, shape, dtype, written);
        self.view(rank, view.expect("a buffer has room for 16 elements"))
    }

    pub fn target(&mut self, rank: Rank, shape: Dims, dtype: DType) -> ViewId {
        self.buffer_view(rank, shape, dtype, true)
    }

    /// A message in TCM that the rank has received and not released.
    fn held(&mut self, rank: Rank) -> Option<(Base, u64)> {
        let rings = &self.program.rings;
        let of_rank =
            |(ring, _): &(usize, _)| rings[*ring].consumer == rank && rings[*ring].place == SlotPlace::Tcm;
        let held: Vec<_> = self
            .sent
            .iter()
            .enumerate()
            .filter(of_rank)
            .flat_map(|(_, sent)| sent.iter().filter(|sent| sent.state == State::Held))
            .map(|sent| (Base::Message(sent.message), sent.view.bytes()))
            .collect();
        let at = self.below(held.len().max(1));
        held.get(at).copied()
    }

    /// A view of a tensor: an own one, or one of another rank.
    pub fn tensor(&mut self, rank: Rank, written: bool) -> View {
        let own = TensorId(2 * rank.0 + u32::from(written));
        let n = self.program.tensors.len();
        let shared = self.percent(45);
        let id = if shared { TensorId(self.below(n) as u32) } else { own };
        let tensor = &self.program.tensors[id.index()];
        let (bytes, own) = (tensor.bytes(), tensor.dtype);
        let dtype = if self.percent(85) { own } else { any_dtype(&mut self.random) };
        let shape = self.shape((bytes / dtype.size()).min(16));
        self.view_of(Base::Tensor(id), bytes, shape, dtype, written).expect("the shape fits")
    }
}

/// Whether no byte is touched twice, as the rules see it.
fn is_distinct(view: &View) -> bool {
    let mut axes: Vec<(u32, u32)> =
        view.strides.iter().copied().zip(view.shape.iter().copied()).filter(|axis| axis.1 > 1).collect();
    axes.sort_unstable();
    let mut reach = 0;
    axes.into_iter().all(|(stride, extent)| {
        let fits = stride > reach;
        reach += stride * (extent - 1);
        fits
    })
}
