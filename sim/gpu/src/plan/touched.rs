//! Who touched every byte of every buffer last: what a pass must come after.

use order::RegionMap;
use program::{OpIndex, Rank, View};

use super::BufferId;
use super::buffers::buffer_of;

/// A pass in the making: the command buffer that it is in, and the op it is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub device: usize,
    /// The value that its command buffer signals.
    pub value: u32,
    pub of: Option<(Rank, OpIndex)>,
}

/// The last write of some bytes, and the reads since then: the last of each device.
#[derive(Clone, Debug, Default)]
struct Touched {
    writer: Option<Touch>,
    readers: Vec<Touch>,
}

/// By buffer.
pub struct Memory(Vec<RegionMap<Touched>>);

impl Memory {
    pub fn new() -> Memory {
        Memory(Vec::new())
    }

    fn of(&mut self, buffer: BufferId) -> &mut RegionMap<Touched> {
        if self.0.len() <= buffer.index() {
            self.0.resize_with(buffer.index() + 1, RegionMap::default);
        }
        &mut self.0[buffer.index()]
    }

    /// The writers of the bytes of `start..end`, as `(from, to, writer)`; bytes that no pass wrote are left out.
    pub fn writers(&mut self, buffer: BufferId, start: u64, end: u64) -> Vec<(u64, u64, Touch)> {
        let parts = self.of(buffer).overlapping(start, end);
        parts.filter_map(|(from, to, touched)| Some((from, to, touched.writer?))).collect()
    }

    /// What a read of the view comes after.
    pub fn before_read(&mut self, view: &View, before: &mut Vec<Touch>) {
        for (start, length) in view.footprint() {
            let touched = self.of(buffer_of(view)).overlapping(start, start + length);
            before.extend(touched.filter_map(|(.., touched)| touched.writer));
        }
    }

    /// What a write of the view comes after.
    pub fn before_write(&mut self, view: &View, before: &mut Vec<Touch>) {
        for (start, length) in view.footprint() {
            for (.., touched) in self.of(buffer_of(view)).overlapping(start, start + length) {
                before.extend(touched.writer);
                before.extend(&touched.readers);
            }
        }
    }

    pub fn read(&mut self, view: &View, by: Touch) {
        for (start, length) in view.footprint() {
            self.of(buffer_of(view)).update(start, start + length, Touched::default, |touched| {
                touched.readers.retain(|reader| reader.device != by.device);
                touched.readers.push(by);
            });
        }
    }

    pub fn write(&mut self, view: &View, by: Touch) {
        for (start, length) in view.footprint() {
            let touched = Touched { writer: Some(by), readers: Vec::new() };
            self.of(buffer_of(view)).insert(start, start + length, touched);
        }
    }
}
