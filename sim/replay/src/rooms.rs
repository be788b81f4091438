//! Rooms: vectors that values lay in, for results of the same size. Taking one costs less than allocating one and
//! clearing it, and its pages are there.

use std::collections::BTreeMap;
use std::iter::repeat_with;
use std::sync::{Mutex, PoisonError};

/// Most bytes that are kept. More would be memory that no limit counts.
const MOST: usize = 16 << 20;

/// By home, so that a thread is given rooms that lie near it: those of its own ranks.
pub(crate) struct Rooms(Vec<Mutex<Free>>);

/// Aligned, so that two threads do not share a line.
#[derive(Default)]
#[repr(align(128))]
struct Free {
    by_length: BTreeMap<usize, Vec<Vec<u8>>>,
    bytes: usize,
}

impl Rooms {
    pub(crate) fn of(homes: usize) -> Rooms {
        Rooms(repeat_with(Mutex::default).take(homes.max(1)).collect())
    }

    /// A vector of this length whose bytes are anything, or an empty one.
    pub(crate) fn take(&self, home: usize, bytes: u64) -> Vec<u8> {
        let mut free = self.0[home].lock().unwrap_or_else(PoisonError::into_inner);
        let room = usize::try_from(bytes).ok().and_then(|length| free.by_length.get_mut(&length)?.pop());
        let room = room.unwrap_or_default();
        free.bytes -= room.capacity();
        room
    }

    pub(crate) fn give(&mut self, home: usize, room: Vec<u8>) {
        let most = MOST / self.0.len();
        let free = self.0[home].get_mut().unwrap_or_else(PoisonError::into_inner);
        if room.capacity() > most / 4 {
            return;
        }
        if free.bytes + room.capacity() > most {
            // Sizes that a later part of the program does not have must not fill it.
            *free = Free::default();
        }
        free.bytes += room.capacity();
        free.by_length.entry(room.len()).or_default().push(room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_given_to_a_result_of_its_length_alone() {
        let mut rooms = Rooms::of(1);
        rooms.give(0, vec![7; 12]);
        assert_eq!(rooms.take(0, 11), Vec::<u8>::new());
        assert_eq!(rooms.take(0, 12), [7; 12]);
        assert_eq!(rooms.take(0, 12), Vec::<u8>::new(), "it is taken once");
    }

    #[test]
    fn what_is_kept_stays_below_its_limit() {
        let mut rooms = Rooms::of(1);
        rooms.give(0, vec![0; MOST / 4 + 1]);
        assert_eq!(rooms.take(0, MOST as u64 / 4 + 1), Vec::<u8>::new(), "large values are freed");
        for length in 0..64 {
            rooms.give(0, vec![0; MOST / 8 + length]);
            let free = rooms.0[0].get_mut().expect("nobody panicked");
            let held: usize = free.by_length.values().flatten().map(Vec::capacity).sum();
            assert!(held == free.bytes && held <= MOST, "{held} bytes");
        }
        assert_ne!(rooms.take(0, MOST as u64 / 8 + 63), Vec::<u8>::new(), "the last one stays");
    }
}
