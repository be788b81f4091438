//! One slot of two is never given back.
//!
//! The harmless-looking form of the leak that drained the credits in tt-metal #54650: the kernel
//! ends, the result is right, and the ring is one slot smaller for whoever comes next.
//! `credits_leaked` takes every slot, and `credits_drained` sends once more.

use machine::Sync;
use program::tl::Direction;

use super::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "slot_never_released",
    story: Story::Other("tt-metal #54650"),
    mistake: "a message is received, and its slot is never given back",
    repair: "release after the last use",
    told: include_str!("slot_never_released.rs"),
    expected: &["slot_leak"],
    draw,
};

const MESSAGES: usize = 1;

fn draw(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let x = tl.load(own.x);
        let y = tl.full(SHAPE, F32, 0.0);
        for _ in 0..MESSAGES {
            tl.send(Direction::Right, x);
            let got = tl.recv(Direction::Left, SHAPE, F32);
            tl.to(y).add(y, got);
            if form.is_repaired() {
                tl.release(got);
            }
        }
        tl.store(y, own.y);
    });
    let right = |inputs: &_| by_rank(inputs, |x| [1.0 * &x[1], 1.0 * &x[0]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
