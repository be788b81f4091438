//! Elements of operands as f32, a block at a time, so that what an op decodes, computes and rounds stays in the
//! nearest cache.

use std::borrow::Cow;

use program::{DType, Dims};

use super::error::CpuError;
use super::operand::{Input, Packed, Run, Runs, Strided};
use super::simd::{Isa, Kernel, SimdLevel};
use super::stored::{F32, Stored, with_stored};

/// Elements of a block: 2 KiB of f32. More would cost small tiles the clearing of room that they do not use.
pub(super) const BLOCK: usize = 512;

/// Place for the elements of one block, for operands that do not lie as f32.
#[derive(Default)]
pub(super) struct Scratch(Option<[f32; BLOCK]>);

impl Scratch {
    fn block(&mut self, n: usize) -> &mut [f32] {
        &mut self.0.get_or_insert([0.0; BLOCK])[..n]
    }
}

/// An operand that is read once, row-major.
pub(super) enum Source<'a> {
    Constant(f32),
    /// Elements that lie as f32, one after the other.
    InPlace(&'a [f32]),
    View {
        bytes: &'a [u8],
        dtype: DType,
        cursor: Cursor,
    },
}

impl<'a> Source<'a> {
    /// The operand repeated to fill `shape`.
    pub(super) fn new(input: &Input<'a>, shape: Dims) -> Result<Source<'a>, CpuError> {
        match input {
            Input::Constant(constant) => Ok(Source::Constant(constant.value())),
            Input::View(view) => Source::of(&view.broadcast(shape)?),
        }
    }
    pub(super) fn of(view: &Strided<'a>) -> Result<Source<'a>, CpuError> {
        view.check()?;
        Ok(match in_place(view) {
            Some(values) => Source::InPlace(values),
            None => Source::View { bytes: view.bytes, dtype: view.dtype, cursor: Cursor::of(view) },
        })
    }

    /// The next `n` elements.
    pub(super) fn next<'s>(&mut self, n: usize, room: &'s mut Scratch, simd: SimdLevel) -> &'s [f32]
    where
        'a: 's,
    {
        if let Source::InPlace(values) = self {
            let (now, later) = values.split_at(n);
            *values = later;
            return now;
        }
        let block = room.block(n);
        self.write_next(block, simd);
        block
    }

    /// Writes the next elements to `to`.
    pub(super) fn write_next(&mut self, to: &mut [f32], simd: SimdLevel) {
        match self {
            Source::Constant(value) => to.fill(*value),
            Source::InPlace(values) => {
                let (now, later) = values.split_at(to.len());
                *values = later;
                to.copy_from_slice(now);
            }
            Source::View { bytes, dtype, cursor } => simd.run(Decode { bytes, dtype: *dtype, cursor, to }),
        }
    }
}

/// The elements of a checked view where they lie, when that is as f32 and one after the other.
pub(super) fn in_place<'a>(view: &Strided<'a>) -> Option<&'a [f32]> {
    if view.dtype != DType::F32 {
        return None;
    }
    let mut runs = view.runs();
    let run = runs.next()?;
    let is_one = runs.next().is_none() && (run.stride == size_of::<f32>() || run.len == 1);
    let bytes = is_one.then(|| &view.bytes[run.start..][..run.len * size_of::<f32>()])?;
    // A value may begin at any byte of another one.
    bytemuck::try_cast_slice(bytes).ok()
}

/// All elements of a view as f32, row-major.
pub(super) fn all<'a>(view: &Strided<'a>, simd: SimdLevel) -> Result<Cow<'a, [f32]>, CpuError> {
    view.check()?;
    if let Some(values) = in_place(view) {
        return Ok(Cow::Borrowed(values));
    }
    let mut values = vec![0.0; view.elements()];
    let mut cursor = Cursor::of(view);
    simd.run(Decode { bytes: view.bytes, dtype: view.dtype, cursor: &mut cursor, to: &mut values });
    Ok(Cow::Owned(values))
}

/// A result made a block at a time and rounded to `to`. `room` is a vector that it may lie in.
pub(super) fn made(
    to: Packed,
    mut room: Vec<u8>,
    simd: SimdLevel,
    mut make: impl FnMut(&mut [f32]),
) -> Vec<u8> {
    let size = to.dtype.size() as usize;
    // What is there already need not be cleared: every byte is written.
    room.resize(to.elements().saturating_mul(size), 0);
    if to.dtype == DType::F32
        && let Ok(values) = bytemuck::try_cast_slice_mut::<u8, f32>(&mut room)
    {
        // Made where they stay.
        for block in values.chunks_mut(BLOCK) {
            make(block);
            simd.run(Canonical(block));
        }
        return room;
    }
    let mut scratch = Scratch::default();
    for bytes in room.chunks_mut(BLOCK * size) {
        let block = scratch.block(bytes.len() / size);
        make(block);
        simd.run(Encode { values: block, dtype: to.dtype, to: bytes });
    }
    room
}

/// Calls `make` with the bytes of each block of a result of one byte an element.
pub(super) fn each_block(elements: usize, mut room: Vec<u8>, mut make: impl FnMut(&mut [u8])) -> Vec<u8> {
    room.resize(elements, 0);
    room.chunks_mut(BLOCK).for_each(&mut make);
    room
}

/// Place within a view, and what is left of it.
pub(super) struct Cursor {
    runs: Runs,
    rest: Run,
}

impl Cursor {
    #[inline(always)]
    pub(super) fn of(view: &Strided) -> Cursor {
        Cursor { runs: view.runs(), rest: Run { start: 0, len: 0, stride: 0 } }
    }

    /// Reads the next elements, from the bytes of the view; it has as many.
    #[inline(always)]
    pub(super) fn read<R: bytemuck::Pod, V: Copy>(
        &mut self,
        bytes: &[u8],
        mut to: &mut [V],
        read: impl Fn(R) -> V,
    ) {
        let size = size_of::<R>();
        while !to.is_empty() {
            if self.rest.len == 0 {
                let Some(run) = self.runs.next() else { return };
                self.rest = run;
            }
            let n = to.len().min(self.rest.len);
            let (row, later) = to.split_at_mut(n);
            to = later;
            let Run { start, stride, .. } = self.rest;
            let from = &bytes[start..];
            if stride == size {
                let raw: &[R] = bytemuck::cast_slice(&from[..n * size]);
                for (to, &raw) in row.iter_mut().zip(raw) {
                    *to = read(raw);
                }
            } else if stride == 0 {
                row.fill(read(bytemuck::pod_read_unaligned(&from[..size])));
            } else {
                for (to, raw) in row.iter_mut().zip(from.chunks(stride)) {
                    *to = read(bytemuck::pod_read_unaligned(&raw[..size]));
                }
            }
            self.rest = Run { start: start + n * stride, len: self.rest.len - n, stride };
        }
    }
}

struct Decode<'a> {
    bytes: &'a [u8],
    dtype: DType,
    cursor: &'a mut Cursor,
    to: &'a mut [f32],
}

impl Kernel for Decode<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        with_stored!(self.dtype, T => self.cursor.read(self.bytes, self.to, T::decode));
    }
}

/// Makes every NaN the one that is written.
struct Canonical<'a>(&'a mut [f32]);

impl Kernel for Canonical<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        for x in self.0 {
            *x = f32::from_le_bytes(F32::encode(*x));
        }
    }
}

/// Rounds f32 to the bytes of a dtype.
pub(super) struct Encode<'a> {
    pub values: &'a [f32],
    pub dtype: DType,
    pub to: &'a mut [u8],
}

impl Kernel for Encode<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        with_stored!(self.dtype, T => scatter(self.values, self.to, T::encode));
    }
}

#[inline(always)]
pub(super) fn scatter<V: Copy, R: bytemuck::Pod>(values: &[V], to: &mut [u8], write: impl Fn(V) -> R) {
    for (to, &value) in bytemuck::cast_slice_mut::<u8, R>(to).iter_mut().zip(values) {
        *to = write(value);
    }
}
