//! The last step of a ring sends a block that no rank receives.
//!
//! Ring attention computes n times and sends n - 1 times, and every implementation has an `if` for it. Without that
//! `if` the block stays in a slot when the kernel ends, and is the first message of the next launch. Planted; no
//! public report is known.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "one_send_too_many",
    story: Story::Other("planted"),
    mistake: "the last block is sent on, and no rank receives it",
    repair: "no send in the last step",
    expected: &["unmatched_send"],
    build,
}];

const RANKS: u32 = 3;

fn build(form: Form) -> Sketch {
    let program = in_a_ring(RANKS, 2, |tl, own| {
        let mut block = tl.load(own.x);
        let y = tl.full(SHAPE, F32, 0.0);
        for step in 0..RANKS {
            let (first, last) = (step == 0, step + 1 == RANKS);
            tl.to(y).add(y, block);
            if !last || !form.is_repaired() {
                let _ = if first {
                    tl.send(Direction::Right, block)
                } else {
                    tl.forward(Direction::Right, block)
                };
            }
            if !first {
                tl.release(block);
            }
            if !last {
                block = tl.recv(Direction::Left, SHAPE, F32);
            }
        }
        tl.store(y, own.y);
    });
    let right = |inputs: &_| {
        by_rank(inputs, |x| {
            let sum = &x[0] + &x[1] + &x[2];
            [sum.clone(), sum.clone(), sum]
        })
    };
    Sketch::tiny(program, Sync::Interlocked, right)
}
