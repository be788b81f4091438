//! Timing wheels: flits and credits on their way, by the cycle in which they arrive.

/// Items due within a bounded number of cycles.
#[derive(Debug)]
pub struct Wheel<T> {
    slots: Vec<Vec<T>>,
    pending: usize,
}

impl<T> Wheel<T> {
    /// For delays of up to `longest` cycles.
    pub fn new(longest: u64) -> Wheel<T> {
        let slots = (longest + 1).next_power_of_two() as usize;
        Wheel { slots: std::iter::repeat_with(Vec::new).take(slots).collect(), pending: 0 }
    }
    pub fn put(&mut self, cycle: u64, item: T) {
        let slot = self.slot(cycle);
        self.slots[slot].push(item);
        self.pending += 1;
    }
    /// What is due in a cycle; to be handed back to [`Wheel::emptied`], so that its room is used again.
    pub fn take(&mut self, cycle: u64) -> Vec<T> {
        let slot = self.slot(cycle);
        let due = std::mem::take(&mut self.slots[slot]);
        self.pending -= due.len();
        due
    }
    pub fn emptied(&mut self, cycle: u64, mut taken: Vec<T>) {
        taken.clear();
        let slot = self.slot(cycle);
        if self.slots[slot].is_empty() {
            self.slots[slot] = taken;
        }
    }
    /// The first cycle after this one in which something is due.
    pub fn next_after(&self, cycle: u64) -> Option<u64> {
        let within = 1..=self.slots.len() as u64;
        let due = |ahead: &u64| !self.slots[self.slot(cycle + ahead)].is_empty();
        (self.pending > 0).then(|| within.clone().find(due)).flatten().map(|ahead| cycle + ahead)
    }
    fn slot(&self, cycle: u64) -> usize {
        cycle as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Wheel;

    #[test]
    fn items_come_in_their_cycle_and_in_their_order() {
        let mut wheel = Wheel::new(5);
        for (cycle, item) in [(7, 'a'), (10, 'b'), (7, 'c')] {
            wheel.put(cycle, item);
        }
        assert_eq!(wheel.next_after(5), Some(7));
        let due = wheel.take(7);
        assert_eq!(due, ['a', 'c']);
        wheel.emptied(7, due);
        assert_eq!((wheel.next_after(7), wheel.next_after(9)), (Some(10), Some(10)));
        assert_eq!(wheel.take(10), ['b']);
        assert_eq!(wheel.next_after(10), None);
    }
}
