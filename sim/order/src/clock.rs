//! Vector clocks: the events that an event knows to have happened before it.

use std::rc::Rc;

/// By lane, how many of what it counts are known to have ended: see `Lanes`. Of a sequencer, how many of its
/// rank's ops it has issued. Lanes past the end are at 0.
#[derive(Clone, Debug)]
pub struct Clock(Rc<Vec<u32>>);

impl Clock {
    pub fn new(n_lanes: usize) -> Clock {
        Clock(Rc::new(vec![0; n_lanes]))
    }
    #[inline]
    pub fn get(&self, lane: u32) -> u32 {
        self.0.get(lane as usize).copied().unwrap_or_default()
    }
    /// Knows of at least `count` in this lane.
    #[inline]
    pub fn raise(&mut self, lane: u32, count: u32) {
        if self.get(lane) < count {
            let counts = Rc::make_mut(&mut self.0);
            if counts.len() <= lane as usize {
                counts.resize(lane as usize + 1, 0);
            }
            counts[lane as usize] = count;
        }
    }
    /// Adds the events that the other knows.
    pub fn join(&mut self, other: &Clock) {
        if self.knows(other) {
            return;
        }
        let counts = Rc::make_mut(&mut self.0);
        counts.resize(counts.len().max(other.0.len()), 0);
        for (own, new) in counts.iter_mut().zip(other.0.iter()) {
            *own = (*own).max(*new);
        }
    }
    /// The events that both know.
    #[must_use]
    pub fn meet(&self, other: &Clock) -> Clock {
        Clock(Rc::new(self.0.iter().zip(other.0.iter()).map(|(a, b)| *a.min(b)).collect()))
    }
    /// Whether this clock knows every event that the other knows.
    pub fn knows(&self, other: &Clock) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
            || (!self.0.iter().zip(other.0.iter()).any(|(own, new)| own < new)
                && other.0.iter().skip(self.0.len()).all(|&new| new == 0))
    }
    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Clock::new(self.0.len());
    }
    pub fn lanes(&self) -> std::ops::Range<u32> {
        0..self.0.len() as u32
    }
}
