//! The last accesses of some bytes: what a later access of the same bytes must come after.

use smallvec::SmallVec;

/// An access that comes after those before it in its lane, so that the newest stands for them.
pub trait InLane: Copy {
    fn lane(&self) -> usize;
}

/// One reader of some bytes a lane: one or two before they are written again, of most bytes.
pub type Readers<T> = SmallVec<[T; 2]>;

/// The last write of some bytes, and since then the last read of each lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAccess<T> {
    pub writer: Option<T>,
    pub readers: Readers<T>,
}

impl<T> Default for LastAccess<T> {
    fn default() -> LastAccess<T> {
        LastAccess { writer: None, readers: Readers::new() }
    }
}

impl<T: InLane> LastAccess<T> {
    pub fn written_by(writer: T) -> LastAccess<T> {
        LastAccess { writer: Some(writer), readers: Readers::new() }
    }
    pub fn read_by(&mut self, reader: T) {
        match self.readers.iter_mut().find(|other| other.lane() == reader.lane()) {
            Some(newest) => *newest = reader,
            None => self.readers.push(reader),
        }
    }
    /// Everything that a write must come after.
    pub fn all(&self) -> impl Iterator<Item = T> + '_ {
        self.writer.iter().chain(&self.readers).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct At(usize, u32);

    impl InLane for At {
        fn lane(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn the_newest_read_of_a_lane_stands_for_those_before_it() {
        let mut bytes = LastAccess::written_by(At(0, 1));
        [At(1, 2), At(2, 3), At(1, 4)].into_iter().for_each(|read| bytes.read_by(read));
        assert_eq!(bytes.all().collect::<Vec<_>>(), [At(0, 1), At(1, 4), At(2, 3)]);
    }
}
