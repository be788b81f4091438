//! Last accesses of every byte of every buffer: the passes that a later pass must follow.

use order::{InLane, LastAccess, RegionMap};
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

impl InLane for Touch {
    fn lane(&self) -> usize {
        self.device
    }
}

type Touched = LastAccess<Touch>;

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

    /// Adds the passes that a read of the view must follow.
    pub fn before_read(&mut self, view: &View, before: &mut Vec<Touch>) {
        let memory = self.of(buffer_of(view));
        view.for_each_span(|start, end| {
            before.extend(memory.overlapping(start, end).filter_map(|(.., touched)| touched.writer));
        });
    }

    /// Adds the passes that a write of the view must follow.
    pub fn before_write(&mut self, view: &View, before: &mut Vec<Touch>) {
        let memory = self.of(buffer_of(view));
        view.for_each_span(|start, end| {
            for (.., touched) in memory.overlapping(start, end) {
                before.extend(touched.all());
            }
        });
    }

    pub fn read(&mut self, view: &View, by: Touch) {
        let memory = self.of(buffer_of(view));
        view.for_each_span(|start, end| {
            memory.update(start, end, Touched::default, |touched| touched.read_by(by));
        });
    }

    pub fn write(&mut self, view: &View, by: Touch) {
        let memory = self.of(buffer_of(view));
        view.for_each_span(|start, end| {
            memory.insert(start, end, Touched::written_by(by));
        });
    }
}
