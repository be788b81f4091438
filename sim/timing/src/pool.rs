//! Tables whose places are used again.

#[derive(Debug)]
pub struct Pool<T> {
    slots: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Pool<T> {
    #[inline(always)]
    pub fn add(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = value;
                slot
            }
            None => {
                self.slots.push(value);
                self.slots.len() as u32 - 1
            }
        }
    }
    pub fn get(&self, slot: u32) -> &T {
        &self.slots[slot as usize]
    }
    pub fn get_mut(&mut self, slot: u32) -> &mut T {
        &mut self.slots[slot as usize]
    }
    pub fn free(&mut self, slot: u32) {
        self.free.push(slot);
    }
    /// Whether all that was added has been freed.
    pub fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }
}
