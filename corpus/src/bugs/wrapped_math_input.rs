//! A math op reads its input late, when a later message lies in the slot.
//!
//! kernbench took the inputs of a math op by reading memory when the op *ended*, and by then the slot had wrapped.
//!
//! `wrapped_math_input_same_size`: the op got an l for an m, both 32 bytes, and the sum was wrong without any error.
//! `wrapped_math_input_other_size`: o (2048 bytes) had come over m (32 bytes), and the input was lost.

use crate::relay::{M, O, ONE_MORE, flow, held, keep_busy, relay};
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[
    Bug {
        name: "wrapped_math_input_same_size",
        story: Story::WrappedSlot,
        mistake: "the math unit is busy, and l fills m's slot before the unit comes to read m",
        repair: "the ring has credits: the slot is free when the op that reads m is done",
        expected: &["race_war"],
        build: |form| build(form, M),
    },
    Bug {
        name: "wrapped_math_input_other_size",
        story: Story::WrappedSlot,
        mistake: "the math unit is busy, and o fills m's slot before the unit comes to read m",
        repair: "the ring has credits: the slot is free when the op that reads m is done",
        expected: &["race_war"],
        build: |form| build(form, O),
    },
];

/// m is read by a math op; the later message has the shape `later`.
fn build(form: Form, later: [u32; 2]) -> Sketch {
    let program = relay(flow(form), later, |tl, rings| {
        let m = rings.recv(tl, M);
        keep_busy(tl);
        let result = tl.add(m, 1.0);
        rings.send(tl, result);
        tl.release(m);
        let second = rings.recv(tl, later);
        tl.release(second);
    });
    held(program, ONE_MORE)
}
