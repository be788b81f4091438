//! Every slot of the ring is kept, and just enough messages are sent that nobody notices.
//!
//! tt-metal #54650: the credits of a channel drained to 0, with "no error anywhere". What hangs in
//! the end is whoever sends next, and that is not who forgot to release.

use machine::Sync;
use program::tl::Direction;

use super::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "credits_leaked",
    story: Story::Other("tt-metal #54650"),
    mistake: "no slot is ever given back, and there are just enough",
    repair: "release after the last use",
    told: include_str!("credits_leaked.rs"),
    expected: &["credit_leak"],
    draw,
};

const MESSAGES: usize = 2;

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
    let right = |inputs: &_| by_rank(inputs, |x| [2.0 * &x[1], 2.0 * &x[0]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
