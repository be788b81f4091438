//! The values alive at one moment. Each is written once and freed after its last use; a move whose bytes do
//! not change names a part of the value it moved instead of copying it.

use crate::rooms::Rooms;
use crate::version::VersionId;

/// The bytes behind one or more values.
enum Buffer<'h> {
    /// With the home of its room.
    Own(Vec<u8>, usize),
    /// The caller's tensor.
    Host(&'h [u8]),
}

/// What an op made.
pub(crate) enum Produced {
    Bytes(Vec<u8>),
    /// `length` bytes of the value of `of`, from `offset`.
    Part {
        of: VersionId,
        offset: u64,
        length: u64,
    },
}

#[derive(Clone, Copy)]
struct Slice {
    owner: VersionId,
    offset: u64,
    length: u64,
}

/// The bytes of values by version, from when they are made until their last read.
pub struct Values<'h> {
    /// By version that made it: the bytes, and how many values lie in them.
    buffers: Vec<Option<(Buffer<'h>, u32)>>,
    /// By version.
    slices: Vec<Option<Slice>>,
    /// By version: the reads still to come.
    uses: Vec<u32>,
    live_bytes: u64,
    peak_bytes: u64,
    rooms: Rooms,
}

impl<'h> Values<'h> {
    /// `uses` counts the reads of each version.
    pub(crate) fn new(uses: Vec<u32>, homes: usize) -> Values<'h> {
        let none = |n| std::iter::repeat_with(|| None).take(n).collect();
        let slices = vec![None; uses.len()];
        let buffers = none(uses.len());
        Values { buffers, slices, uses, live_bytes: 0, peak_bytes: 0, rooms: Rooms::of(homes) }
    }

    /// `home` is where the room of the value was taken.
    pub(crate) fn insert(&mut self, id: VersionId, produced: Produced, home: usize) {
        match produced {
            Produced::Bytes(bytes) => self.insert_buffer(id, Buffer::Own(bytes, home)),
            Produced::Part { of, offset, length } => {
                let within = self.slices[of.index()].expect("a value is alive while it is read");
                let owner = self.buffers[within.owner.index()].as_mut().expect("a live value has its bytes");
                owner.1 += 1;
                let offset = within.offset + offset;
                self.slices[id.index()] = Some(Slice { owner: within.owner, offset, length });
            }
        }
    }
    /// Lends the caller's bytes, which do not count as live here.
    pub(crate) fn lend(&mut self, id: VersionId, bytes: &'h [u8]) {
        self.insert_buffer(id, Buffer::Host(bytes));
    }
    fn insert_buffer(&mut self, id: VersionId, buffer: Buffer<'h>) {
        self.live_bytes += buffer.own_bytes();
        self.slices[id.index()] = Some(Slice { owner: id, offset: 0, length: buffer.bytes().len() as u64 });
        self.buffers[id.index()] = Some((buffer, 1));
    }

    /// # Panics
    /// When the value is not made yet, or nothing will read it any more.
    pub fn bytes(&self, id: VersionId) -> &[u8] {
        let slice = self.slices[id.index()].expect("a value is alive while it is read");
        let (buffer, _) = self.buffers[slice.owner.index()].as_ref().expect("a live value has its bytes");
        &buffer.bytes()[slice.offset as usize..(slice.offset + slice.length) as usize]
    }

    /// The bytes of what an op made, before it is inserted.
    pub(crate) fn produced<'a>(&'a self, produced: &'a Produced) -> &'a [u8] {
        match produced {
            Produced::Bytes(bytes) => bytes,
            Produced::Part { of, offset, length } => {
                &self.bytes(*of)[*offset as usize..(offset + length) as usize]
            }
        }
    }

    /// Whether nothing will ever read a version.
    pub(crate) fn is_unused(&self, id: VersionId) -> bool {
        self.uses[id.index()] == 0
    }
    /// One read is over; the last one frees the value.
    pub(crate) fn used(&mut self, id: VersionId) {
        self.uses[id.index()] -= 1;
        self.free_unused(id);
    }
    /// Frees a value that nothing will read.
    pub(crate) fn free_unused(&mut self, id: VersionId) {
        if self.uses[id.index()] > 0 {
            return;
        }
        let Some(slice) = self.slices[id.index()].take() else { return };
        let owner = &mut self.buffers[slice.owner.index()];
        let (buffer, values) = owner.as_mut().expect("a live value has its bytes");
        *values -= 1;
        if *values == 0 {
            self.live_bytes -= buffer.own_bytes();
            if let Some((Buffer::Own(bytes, home), _)) = owner.take() {
                self.rooms.give(home, bytes);
            }
        }
    }
    /// A vector for a result of so many bytes: best one that a value of that size lay in.
    pub(crate) fn room(&self, bytes: u64, home: usize) -> Vec<u8> {
        self.rooms.take(home, bytes)
    }

    /// Notes how many bytes are alive now.
    pub(crate) fn note_peak(&mut self) {
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
    }
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live_bytes
    }
    pub(crate) fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }
}

impl Buffer<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Buffer::Own(bytes, _) => bytes,
            Buffer::Host(bytes) => bytes,
        }
    }
    fn own_bytes(&self) -> u64 {
        match self {
            Buffer::Own(bytes, _) => bytes.len() as u64,
            Buffer::Host(_) => 0,
        }
    }
}
