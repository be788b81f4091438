//! A message is forwarded from a slot that a later message of the same size has filled again.
//!
//! The simulator kernbench, on a decode kernel that merges (m, l, o) over 8 ranks: 42 receives a panel through
//! rings of 8 slots. A send reads its slot when its turn comes, and by then an l lay where m was. Both have 32
//! bytes, so the value was wrong and nothing said so. Own sends were safe: their address never changes.

use super::relay::{M, SAME, flow, held, relay};
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "wrapped_forward_same_size",
    story: Story::A,
    mistake: "m is forwarded late, and nothing keeps l out of its slot until then",
    repair: "the ring has credits: l is sent once m's slot has been released",
    told: include_str!("wrapped_forward_same_size.rs"),
    expected: &["race_war"],
    draw,
};

fn draw(form: Form) -> Sketch {
    let program = relay(flow(form), M, |tl, rings| {
        let m = rings.recv(tl, M);
        rings.forward(tl, m);
        tl.release(m);
        let l = rings.recv(tl, M);
        tl.release(l);
    });
    held(program, SAME)
}
