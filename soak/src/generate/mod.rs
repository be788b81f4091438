//! Random programs: a walk over all ranks that mostly keeps to the rules, and now and then forgets one.
//!
//! Steps are drawn in one order for all ranks, so that most programs can finish: what a step waits for came before
//! it. How much a program forgets is drawn as well. Some programs are then changed at random.

mod compute;
mod damage;
mod draft;
mod levels;
mod order;
mod queues;
mod rings;
mod tables;
mod views;

use machine::Random;

use crate::{Case, Target};
use draft::Draft;

/// Ops of a program are at most this many.
pub const MOST_OPS: usize = 40;

/// The program of a seed.
pub fn generate(seed: u64, targets: &[Target]) -> Case {
    let mut random = Random::seeded(seed);
    let target = random.below(targets.len() as u64) as usize;
    let mut n_steps = 3 + random.below(12);
    loop {
        let program = draw(Random::seeded(random.bits()), &targets[target], n_steps);
        if program.n_ops() <= MOST_OPS {
            return Case { seed, program, target };
        }
        n_steps = n_steps.saturating_sub(2);
    }
}

fn draw(random: Random, target: &Target, n_steps: u64) -> program::Program {
    let mut draft = Draft::new(random, target);
    for _ in 0..n_steps {
        if draft.program.n_ops() + 12 > MOST_OPS {
            break;
        }
        draft.step();
    }
    draft.finish();
    let Draft { mut random, mut program, .. } = draft;
    if random.below(100) < 35 {
        for _ in 0..=random.below(2) {
            program = damage::damaged(program, &mut random);
        }
    }
    program
}

impl Draft<'_> {
    fn step(&mut self) {
        let rank = self.any_rank();
        if self.target.is_queued() {
            return match self.random.below(12) {
                0..5 => self.compute(rank),
                5 | 6 => self.load(rank),
                7 | 8 => self.store(rank),
                9 => self.queue_step(rank),
                10 => self.host_copy(rank),
                _ => self.order_step(rank),
            };
        }
        match self.random.below(16) {
            0..4 => self.compute(rank),
            4 => self.load(rank),
            5 | 6 => self.store(rank),
            7..13 => self.ring_step(),
            13 => self.copy(rank),
            _ => self.order_step(rank),
        }
    }

    /// Ends what is open: messages, command buffers, outputs.
    fn finish(&mut self) {
        self.drain();
        self.store_outputs();
        self.commit_all();
    }
}
