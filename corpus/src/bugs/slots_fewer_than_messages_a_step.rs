//! Three messages a step go through two slots, and none is released before all three are there.
//!
//! The decode kernel of kernbench sends m, l and o each step, through 8 slots: two steps, and two messages more. A
//! merge needs all three, so a ring must hold a whole step. With fewer slots the third send waits for a release that
//! waits for the third send.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, Plain, SHAPE, Sketch, in_a_ring, machine};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "slots_fewer_than_messages_a_step",
    story: Story::WrappedSlot,
    mistake: "the ring has two slots and a step has three messages, released together",
    repair: "three slots",
    expected: &["slot_count"],
    build,
}];

fn build(form: Form) -> Sketch {
    let n_slots = if form.is_repaired() { 3 } else { 2 };
    let program = in_a_ring(2, n_slots, |tl, own| {
        let m = tl.load(own.x);
        let l = tl.add(m, 1.0);
        let o = tl.add(m, 2.0);
        for tile in [m, l, o] {
            tl.send(Direction::Right, tile);
        }
        let [m, l, o] = [(); 3].map(|()| tl.recv(Direction::Left, SHAPE, F32));
        let merged = tl.maximum(m, l);
        let merged = tl.maximum(merged, o);
        for tile in [m, l, o] {
            tl.release(tile);
        }
        tl.store(merged, own.y);
    });
    let reference = Plain::rounded("y", F32, |inputs| {
        let mut y = inputs["x"].clone();
        y.invert_axis(ndarray::Axis(0));
        y + 2.0
    });
    Sketch { program, machine: machine("tiny", Sync::Interlocked), reference: Some(reference) }
}
