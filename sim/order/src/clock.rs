//! Vector clocks: the events that an event knows to have happened before it.

use std::rc::Rc;

use crate::lanes::{self, Touch};

/// Lanes that are compared at once.
const BLOCK: usize = 64;

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
    /// Knows that an op has ended, if that is counted.
    pub fn raise_to_end(&mut self, of: Touch) {
        if of.queue != lanes::NONE {
            self.raise(of.queue, of.number + 1);
        }
    }
    /// Adds the events that the other knows.
    pub fn join(&mut self, other: &Clock) {
        match self.against(other) {
            (false, _) => {}
            (true, false) => *self = other.clone(),
            (true, true) => self.add(other),
        }
    }

    fn add(&mut self, other: &Clock) {
        let new = &other.0[..];
        if let Some(own) = Rc::get_mut(&mut self.0).filter(|own| own.len() >= new.len()) {
            return own.iter_mut().zip(new).for_each(|(own, new)| *own = (*own).max(*new));
        }
        let own = &self.0[..];
        let both = own.len().min(new.len());
        let longer = if own.len() > both { &own[both..] } else { &new[both..] };
        let mut counts = Vec::with_capacity(both + longer.len());
        counts.extend(own[..both].iter().zip(&new[..both]).map(|(own, new)| *own.max(new)));
        counts.extend_from_slice(longer);
        self.0 = Rc::new(counts);
    }

    /// Whether the other knows an event that this clock does not, and the other way round.
    fn against(&self, other: &Clock) -> (bool, bool) {
        if Rc::ptr_eq(&self.0, &other.0) {
            return (false, false);
        }
        let (own, new) = (&self.0[..], &other.0[..]);
        let both = own.len().min(new.len());
        let is_news = |counts: &[u32]| counts.iter().any(|&count| count > 0);
        let (mut learns, mut teaches) = (is_news(&new[both..]), is_news(&own[both..]));
        // Of a block all lanes are compared: that is fewer steps than a look at each.
        for (own, new) in own[..both].chunks(BLOCK).zip(new[..both].chunks(BLOCK)) {
            let lanes = own.iter().zip(new);
            let (less, more) =
                lanes.fold((false, false), |(less, more), (a, b)| (less | (a < b), more | (a > b)));
            (learns, teaches) = (learns | less, teaches | more);
            if learns && teaches {
                break;
            }
        }
        (learns, teaches)
    }
    /// The events that both know.
    #[must_use]
    pub fn meet(&self, other: &Clock) -> Clock {
        Clock(Rc::new(self.0.iter().zip(other.0.iter()).map(|(a, b)| *a.min(b)).collect()))
    }
    /// Whether this clock knows every event that the other knows.
    pub fn knows(&self, other: &Clock) -> bool {
        !self.against(other).0
    }
    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Clock::new(self.0.len());
    }
    pub fn lanes(&self) -> std::ops::Range<u32> {
        0..self.0.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_knows_what_either_knows() {
        let long = |tail: &[u32]| [vec![1; BLOCK], tail.to_vec()].concat();
        for (own, new, expected) in [
            (vec![], vec![], vec![]),
            (vec![1, 0], vec![1], vec![1, 0]),
            (vec![1], vec![1, 0], vec![1]),
            (vec![1], vec![0, 2], vec![1, 2]),
            (vec![0, 2], vec![1], vec![1, 2]),
            (long(&[3, 0]), long(&[0, 4]), long(&[3, 4])),
            (long(&[3]), long(&[2, 1]), long(&[3, 1])),
            (long(&[2, 1]), long(&[3]), long(&[3, 1])),
        ] {
            let clock = |counts: &Vec<u32>| Clock(Rc::new(counts.clone()));
            let (mut alone, mut shared, new) = (clock(&own), clock(&own), clock(&new));
            let kept = shared.clone();
            [&mut alone, &mut shared].into_iter().for_each(|it| it.join(&new));
            assert_eq!((&*alone.0, &*shared.0), (&expected, &expected), "{own:?} {new:?}");
            assert!(alone.knows(&new) && alone.knows(&kept), "{own:?} {new:?}");
            assert_eq!(*kept.0, own, "others keep theirs");
            assert_eq!(kept.knows(&alone), kept.knows(&new), "{own:?} {new:?}");
        }
    }
}
