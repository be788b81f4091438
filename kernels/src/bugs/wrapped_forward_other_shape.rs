//! A message is forwarded from a slot that a later message of another shape has filled again.
//!
//! kernbench, the same decode kernel: a forwarded send of m (16×1) found o (16×64) in its slot, and the replay
//! stopped with a shape mismatch. Where the byte counts agree, the same bug is silent.

use super::relay::{M, O, SAME, flow, held, relay};
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "wrapped_forward_other_shape",
    story: Story::A,
    mistake: "m is forwarded late, and nothing keeps o out of its slot until then",
    repair: "the ring has credits: o is sent once m's slot has been released",
    told: include_str!("wrapped_forward_other_shape.rs"),
    expected: &["race_war"],
    draw,
};

fn draw(form: Form) -> Sketch {
    let program = relay(flow(form), O, |tl, rings| {
        let m = rings.recv(tl, M);
        rings.forward(tl, m);
        tl.release(m);
        let o = rings.recv(tl, O);
        tl.release(o);
    });
    held(program, SAME)
}
