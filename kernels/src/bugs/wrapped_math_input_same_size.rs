//! A math op reads its input late, when a later message of the same size lies in the slot.
//!
//! kernbench took the inputs of a math op by reading memory when the op *ended*. Where the slot had wrapped in
//! between, the op got the later message: an l for an m, both 32 bytes, and a wrong sum in silence.

use super::relay::{M, ONE_MORE, flow, held, keep_busy, relay};
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "wrapped_math_input_same_size",
    story: Story::A,
    mistake: "the math unit is busy, and l fills m's slot before the unit comes to read m",
    repair: "the ring has credits: the slot is free when the op that reads m is done",
    told: include_str!("wrapped_math_input_same_size.rs"),
    expected: &["race_war"],
    draw,
};

fn draw(form: Form) -> Sketch {
    let program = relay(flow(form), M, |tl, rings| {
        let m = rings.recv(tl, M);
        keep_busy(tl);
        let result = tl.add(m, 1.0);
        rings.send(tl, result);
        tl.release(m);
        let l = rings.recv(tl, M);
        tl.release(l);
    });
    held(program, ONE_MORE)
}
