//! No slot is given back, and one more message waits for one for ever.
//!
//! tt-metal #19201: flash-decode attention hung in `cb_reserve_back`, the call in which a producer
//! waits for room that its consumer should make. More slots only move the message at which it
//! hangs.

use machine::Sync;
use program::tl::Direction;

use super::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "credits_drained",
    story: Story::Other("tt-metal #19201"),
    mistake: "no slot is ever given back, and one more message needs one",
    repair: "release after the last use",
    told: include_str!("credits_drained.rs"),
    expected: &["slot_count"],
    draw,
};

const MESSAGES: usize = 3;

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
    let right = |inputs: &_| by_rank(inputs, |x| [3.0 * &x[1], 3.0 * &x[0]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
