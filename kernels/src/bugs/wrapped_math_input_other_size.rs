//! A math op reads its input late, when a later message of another size lies in the slot.
//!
//! kernbench, as it took the inputs of a math op at its end: where o (2048 bytes) had come over m (32 bytes), the
//! input was lost.

use super::relay::{M, O, ONE_MORE, flow, held, keep_busy, relay};
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "wrapped_math_input_other_size",
    story: Story::A,
    mistake: "the math unit is busy, and o fills m's slot before the unit comes to read m",
    repair: "the ring has credits: the slot is free when the op that reads m is done",
    told: include_str!("wrapped_math_input_other_size.rs"),
    expected: &["race_war"],
    draw,
};

fn draw(form: Form) -> Sketch {
    let program = relay(flow(form), O, |tl, rings| {
        let m = rings.recv(tl, M);
        keep_busy(tl);
        let result = tl.add(m, 1.0);
        rings.send(tl, result);
        tl.release(m);
        let o = rings.recv(tl, O);
        tl.release(o);
    });
    held(program, ONE_MORE)
}
