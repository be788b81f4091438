//! A slot is given back when its message has been handed to the send unit, not when it has left.
//!
//! What credits alone do not mend in kernbench's decode kernel: a forward reads its slot until its last byte has
//! left, and stands in a queue before that. A release that is issued right behind it lets the next message in,
//! unless the hardware holds it back.

use machine::Sync;
use program::program::Flow;

use crate::relay::{M, SAME, relay};
use crate::sketch::{Sketch, machine};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "slot_released_before_forward_left",
    story: Story::WrappedSlot,
    mistake: "the release does not wait for the forward that reads the slot",
    repair: "`release_after` the forward",
    expected: &["use_after_release"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = relay(Flow::Credit, M, |tl, rings| {
        let m = rings.recv(tl, M);
        let forwarded = rings.forward(tl, m);
        if form.is_repaired() {
            tl.release_after(m, &[forwarded]);
        } else {
            tl.release(m);
        }
        let l = rings.recv(tl, M);
        tl.release(l);
    });
    Sketch { program, machine: machine("tiny", Sync::Explicit), reference: Some(SAME) }
}
