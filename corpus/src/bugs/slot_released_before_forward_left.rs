//! A slot is released when its message has been handed to the send unit, not when it has left.
//!
//! Credits alone do not repair kernbench's decode kernel: a forward waits in a queue, then reads its slot until its
//! last byte has left. A release issued right behind it lets the next message in, unless the hardware holds the
//! release back.

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
