//! Vector clocks: what an event knows to have happened.

use std::rc::Rc;

/// For every queue of every PE, how many of its ops are known to have ended; of a sequencer, how many of its
/// rank's ops it has issued. A queue is served in order, so a count says which.
#[derive(Clone, Debug)]
pub struct Clock(Rc<[u32]>);

impl Clock {
    pub fn new(n_queues: usize) -> Clock {
        Clock(vec![0; n_queues].into())
    }
    pub fn get(&self, queue: u32) -> u32 {
        self.0[queue as usize]
    }
    /// Knows of at least `count` in this queue.
    pub fn raise(&mut self, queue: u32, count: u32) {
        if self.0[queue as usize] < count {
            Rc::make_mut(&mut self.0)[queue as usize] = count;
        }
    }
    /// Knows what the other knows, too.
    pub fn join(&mut self, other: &Clock) {
        if Rc::ptr_eq(&self.0, &other.0) || !self.0.iter().zip(other.0.iter()).any(|(own, new)| own < new) {
            return;
        }
        for (own, new) in Rc::make_mut(&mut self.0).iter_mut().zip(other.0.iter()) {
            *own = (*own).max(*new);
        }
    }
    /// Forgets everything.
    pub fn clear(&mut self) {
        let n_queues = self.0.len();
        *self = Clock::new(n_queues);
    }
    pub fn queues(&self) -> std::ops::Range<u32> {
        0..self.0.len() as u32
    }
}
