//! Slots of received messages are never released.
//!
//! `slot_never_released` keeps one slot of two: the kernel ends, the result is right, and the ring is one slot smaller
//! for the next kernel. `credits_leaked` keeps both, and sends just enough messages that nothing stops: in tt-metal
//! #54650 the credits of a channel drained to 0 with "no error anywhere", and what hangs in the end is the next sender,
//! not the code that forgot to release. `credits_drained` sends one message more: tt-metal #19201, flash-decode
//! attention, hung in `cb_reserve_back`, the call in which a producer waits for room that its consumer should make.
//! More slots only move the message at which it hangs.

use kernels::Inputs;
use machine::Sync;
use ndarray::ArrayD;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[
    Bug {
        name: "slot_never_released",
        story: Story::Other("tt-metal #54650"),
        mistake: "a message is received, and its slot is never released",
        repair: "release after the last use",
        expected: &["slot_leak"],
        build: build::<1>,
    },
    Bug {
        name: "credits_leaked",
        story: Story::Other("tt-metal #54650"),
        mistake: "no slot is ever released, and there are just enough",
        repair: "release after the last use",
        expected: &["credit_leak"],
        build: build::<2>,
    },
    Bug {
        name: "credits_drained",
        story: Story::Other("tt-metal #19201"),
        mistake: "no slot is ever released, and one more message needs one",
        repair: "release after the last use",
        expected: &["slot_count"],
        build: build::<3>,
    },
];

/// Each of two ranks adds up so many messages of the other, through a ring of two slots.
fn build<const MESSAGES: usize>(form: Form) -> Sketch {
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
    Sketch::tiny(program, Sync::Interlocked, sums::<MESSAGES>)
}

fn sums<const MESSAGES: usize>(inputs: &Inputs) -> ArrayD<f64> {
    let n = MESSAGES as f64;
    by_rank(inputs, |x| [n * &x[1], n * &x[0]])
}
