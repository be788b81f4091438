//! Pending events in the order (time, turn), and of one time and turn in the order they were scheduled. A timing wheel holds the near future, a heap the far one; the order is that of one sorted list.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use machine::{SimTime, Span};

use crate::turn::Turn;

/// Buckets of the wheel; a power of two.
const BUCKETS: u64 = 1024;
const WORDS: usize = (BUCKETS / 64) as usize;

#[derive(Clone, Copy, Debug)]
struct Scheduled<E> {
    at: SimTime,
    turn: Turn,
    event: E,
}

impl<E> Scheduled<E> {
    fn key(&self) -> (SimTime, Turn) {
        (self.at, self.turn)
    }
}

/// An event beyond the wheel. A heap forgets the order of its equals, so they have a number.
#[derive(Clone, Copy, Debug)]
struct Far<E> {
    scheduled: Scheduled<E>,
    seq: u64,
}

impl<E> Far<E> {
    fn key(&self) -> (SimTime, Turn, u64) {
        (self.scheduled.at, self.scheduled.turn, self.seq)
    }
}
impl<E> PartialEq for Far<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl<E> Eq for Far<E> {}
impl<E> PartialOrd for Far<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Far<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// A pending event in a list of events of one stretch of time.
#[derive(Clone, Copy, Debug)]
struct Node<E> {
    scheduled: Scheduled<E>,
    next: u32,
}

/// A list of nodes, in the order they were scheduled.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    first: u32,
    last: u32,
}

const NONE: u32 = u32::MAX;
const EMPTY: Bucket = Bucket { first: NONE, last: NONE };

/// Nodes lie in one pool and places are used again at once, so that what is pending stays in the cache however
/// many buckets there are.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    nodes: Vec<Node<E>>,
    free: u32,
    buckets: Box<[Bucket]>,
    /// One bit a bucket: something is pending there.
    occupied: [u64; WORDS],
    /// The bucket being emptied, sorted; `current[next..]` has not fired.
    current: Vec<Scheduled<E>>,
    next: usize,
    far: BinaryHeap<Reverse<Far<E>>>,
    /// A bucket spans `2^width_log2` fs.
    width_log2: u32,
    /// Number, since time 0, of the bucket that is being emptied.
    cursor: u64,
    /// Number of the next far event.
    seq: u64,
}

impl<E: Copy> EventQueue<E> {
    /// A queue whose buckets are about as long as `granule`: best a clock period.
    pub fn new(granule: Span) -> EventQueue<E> {
        EventQueue {
            nodes: Vec::new(),
            free: NONE,
            buckets: vec![EMPTY; BUCKETS as usize].into_boxed_slice(),
            occupied: [0; WORDS],
            current: Vec::new(),
            next: 0,
            far: BinaryHeap::new(),
            width_log2: granule.fs().max(1).next_power_of_two().trailing_zeros(),
            cursor: 0,
            seq: 0,
        }
    }

    /// Schedules an event. `at` must not lie before the last event popped.
    pub fn push(&mut self, at: SimTime, turn: Turn, event: E) {
        let scheduled = Scheduled { at, turn, event };
        let number = at.fs() >> self.width_log2;
        debug_assert!(number >= self.cursor, "an event was scheduled in the past");
        if number == self.cursor {
            self.insert_into_current(scheduled);
        } else if number < self.cursor + BUCKETS {
            self.file(number, scheduled);
        } else {
            self.far.push(Reverse(Far { scheduled, seq: self.seq }));
            self.seq += 1;
        }
    }

    /// Time of the earliest event. Nothing moves: events may still be scheduled before it.
    pub fn next_at(&self) -> Option<SimTime> {
        if let Some(next) = self.current.get(self.next) {
            return Some(next.at);
        }
        let near = self.next_occupied().and_then(|number| self.earliest_in((number % BUCKETS) as usize));
        let far = self.far.peek().map(|Reverse(first)| first.scheduled.at);
        near.into_iter().chain(far).min()
    }

    /// Whether no event is pending at the time of the last one popped.
    pub fn is_alone(&self, now: SimTime) -> bool {
        self.current.get(self.next).is_none_or(|next| next.at > now)
    }

    fn earliest_in(&self, slot: usize) -> Option<SimTime> {
        let mut at = self.buckets[slot].first;
        let times = std::iter::from_fn(|| {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            Some(node.scheduled.at)
        });
        times.min()
    }

    /// The earliest event, or `None` when nothing is pending.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        if self.next == self.current.len() && !self.open_next() {
            return None;
        }
        let Scheduled { at, event, .. } = self.current[self.next];
        self.next += 1;
        Some((at, event))
    }

    // Inlined, as is `file`: an event that is handed on by address is read as a whole right after its fields were written.
    #[inline(always)]
    fn insert_into_current(&mut self, scheduled: Scheduled<E>) {
        let key = scheduled.key();
        if self.current.last().is_none_or(|last| last.key() <= key) {
            self.current.push(scheduled);
        } else {
            let at = self.next + self.current[self.next..].partition_point(|other| other.key() <= key);
            self.current.insert(at, scheduled);
        }
    }

    /// Moves the cursor to the next bucket with something in it and empties it into `current`. False when
    /// nothing is pending.
    fn open_next(&mut self) -> bool {
        self.current.clear();
        self.next = 0;
        let near = self.next_occupied();
        let far = self.far.peek().map(|Reverse(first)| first.scheduled.at.fs() >> self.width_log2);
        let Some(number) = near.into_iter().chain(far).min() else { return false };
        self.cursor = number;
        self.take_from_far();
        self.take_bucket();
        if !self.current.is_sorted_by_key(Scheduled::key) {
            // Stable: equals stay in the order they were scheduled.
            self.current.sort_by_key(Scheduled::key);
        }
        true
    }

    /// Files the far events that the wheel now reaches, before any that are scheduled for the same bucket from now on.
    fn take_from_far(&mut self) {
        while let Some(Reverse(first)) = self.far.peek() {
            let number = first.scheduled.at.fs() >> self.width_log2;
            if number >= self.cursor + BUCKETS {
                break;
            }
            let Reverse(first) = self.far.pop().expect("peeked");
            self.file(number, first.scheduled);
        }
    }

    fn take_bucket(&mut self) {
        let slot = (self.cursor % BUCKETS) as usize;
        let mut at = std::mem::replace(&mut self.buckets[slot], EMPTY).first;
        self.occupied[slot / 64] &= !(1 << (slot % 64));
        while at != NONE {
            let node = &mut self.nodes[at as usize];
            self.current.push(node.scheduled);
            let next = std::mem::replace(&mut node.next, self.free);
            self.free = at;
            at = next;
        }
    }

    /// The number of the first occupied bucket from the cursor on.
    fn next_occupied(&self) -> Option<u64> {
        let start = self.cursor % BUCKETS;
        let (first_word, first_bit) = ((start / 64) as usize, start % 64);
        for step in 0..=WORDS {
            let word = (first_word + step) % WORDS;
            let mut bits = self.occupied[word];
            if step == 0 {
                bits &= u64::MAX << first_bit;
            } else if step == WORDS {
                bits &= !(u64::MAX << first_bit);
            }
            if bits != 0 {
                let slot = word as u64 * 64 + u64::from(bits.trailing_zeros());
                return Some(self.cursor + (slot + BUCKETS - start) % BUCKETS);
            }
        }
        None
    }

    /// Appends an event to its bucket.
    #[inline(always)]
    fn file(&mut self, number: u64, scheduled: Scheduled<E>) {
        let node = Node { scheduled, next: NONE };
        let at = self.free;
        let at = if at == NONE {
            self.nodes.push(node);
            self.nodes.len() as u32 - 1
        } else {
            self.free = self.nodes[at as usize].next;
            self.nodes[at as usize] = node;
            at
        };
        let slot = (number % BUCKETS) as usize;
        let bucket = &mut self.buckets[slot];
        if bucket.first == NONE {
            bucket.first = at;
            self.occupied[slot / 64] |= 1 << (slot % 64);
        } else {
            self.nodes[bucket.last as usize].next = at;
        }
        bucket.last = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pushes: &[(u64, &'static str)], order: &[&str]) {
        let pushes: Vec<_> = pushes.iter().map(|&(at, name)| (at, 0, name)).collect();
        check_turns(&pushes, order);
    }

    fn check_turns(pushes: &[(u64, u32, &'static str)], order: &[&str]) {
        let mut queue = EventQueue::new(Span::from_fs(1000));
        for &(at, rank, name) in pushes {
            queue.push(SimTime::from_fs(at), Turn::into(rank), name);
        }
        let mut popped = Vec::new();
        while let Some((_, name)) = queue.pop() {
            popped.push(name);
        }
        assert_eq!(popped, order);
    }

    #[test]
    fn events_fire_by_time_then_turn_then_in_the_order_they_were_scheduled() {
        check(&[], &[]);
        check(&[(5, "a"), (5, "b"), (5, "c")], &["a", "b", "c"]);
        check(
            &[(7, "late"), (3, "early"), (7, "later"), (3, "early too")],
            &["early", "early too", "late", "later"],
        );
        // Within one bucket, in far buckets, and beyond the wheel.
        check(
            &[(900, "b"), (100, "a"), (5_000, "c"), (90_000_000, "e"), (6_000, "d")],
            &["a", "b", "c", "d", "e"],
        );
        // The far event was scheduled first, so it fires first among equals.
        check(&[(2_000_000, "far"), (0, "near"), (2_000_000, "far too")], &["near", "far", "far too"]);
        // Turns go before the order of scheduling: in a bucket, and far away.
        check_turns(&[(5, 2, "c"), (5, 0, "a"), (5, 1, "b"), (4, 9, "before")], &["before", "a", "b", "c"]);
        check_turns(&[(9_000_000, 2, "c"), (9_000_000, 0, "a"), (9_000_000, 1, "b")], &["a", "b", "c"]);
    }

    #[test]
    fn an_event_scheduled_while_its_time_is_running_fires_after_those_already_there() {
        let mut queue = EventQueue::new(Span::from_fs(1000));
        let push = |queue: &mut EventQueue<_>, at, rank, name| {
            queue.push(SimTime::from_fs(at), Turn::into(rank), name);
        };
        push(&mut queue, 10, 1, "first");
        push(&mut queue, 10, 1, "second");
        push(&mut queue, 10, 2, "fourth");
        push(&mut queue, 900, 0, "last");
        assert_eq!(queue.pop(), Some((SimTime::from_fs(10), "first")));
        push(&mut queue, 10, 1, "third");
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, name)| name).collect();
        assert_eq!(rest, ["second", "third", "fourth", "last"]);
    }

    /// The oracle is a list sorted by (time, turn, sequence number).
    #[test]
    fn the_wheel_pops_what_a_sorted_list_would() {
        let seed = 0x5EED_u64;
        println!("seed {seed:#x}");
        let mut state = seed;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut queue = EventQueue::new(Span::from_fs(1000));
        let mut list: Vec<(u64, u32, u64)> = Vec::new();
        let (mut now, mut pushed) = (0, 0);
        for _ in 0..50_000 {
            if draw(5) < 3 || list.is_empty() {
                let ahead = [0, draw(10), draw(3_000), draw(900_000), draw(40_000_000)][draw(5) as usize];
                let rank = draw(3) as u32;
                queue.push(SimTime::from_fs(now + ahead), Turn::into(rank), pushed);
                list.push((now + ahead, rank, pushed));
                pushed += 1;
            } else {
                let first = *list.iter().min().expect("not empty");
                list.retain(|other| *other != first);
                now = first.0;
                assert_eq!(queue.pop(), Some((SimTime::from_fs(now), first.2)));
            }
        }
    }
}
