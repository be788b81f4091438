//! A message is forwarded from a slot that a later message has filled again.
//!
//! The simulator kernbench, on a decode kernel that merges (m, l, o) over 8 ranks: 42 receives a panel through
//! rings of 8 slots. A send reads its slot when its turn comes, and by then a later message lay where m was. Own sends
//! were safe: their address never changes.
//!
//! `wrapped_forward_same_size`: the later message is an l. Both have 32 bytes, so the value was wrong without any
//! error. `wrapped_forward_other_shape`: it is an o (16×64 for m's 16×1), and the replay stopped with a shape mismatch.

use crate::relay::{M, O, SAME, flow, held, relay};
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[
    Bug {
        name: "wrapped_forward_same_size",
        story: Story::WrappedSlot,
        mistake: "m is forwarded late, and nothing keeps l out of its slot until then",
        repair: "the ring has credits: l is sent once m's slot has been released",
        expected: &["race_war"],
        build: |form| build(form, M),
    },
    Bug {
        name: "wrapped_forward_other_shape",
        story: Story::WrappedSlot,
        mistake: "m is forwarded late, and nothing keeps o out of its slot until then",
        repair: "the ring has credits: o is sent once m's slot has been released",
        expected: &["race_war"],
        build: |form| build(form, O),
    },
];

/// m is forwarded; the later message has the shape `later`.
fn build(form: Form, later: [u32; 2]) -> Sketch {
    let program = relay(flow(form), later, |tl, rings| {
        let m = rings.recv(tl, M);
        rings.forward(tl, m);
        tl.release(m);
        let second = rings.recv(tl, later);
        tl.release(second);
    });
    held(program, SAME)
}
