//! A kernel takes m for l: same shape, same bytes, same slot.
//!
//! kernbench's repair of the wrapped slot took the newest message of the right *shape*. m and l are both 16×1, so an
//! old m still passes for a fresh l. An address and a shape do not identify a message. Here the ranks disagree about
//! which message of a step is which, and no shape, no address and no order of events is wrong.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, Plain, SHAPE, Sketch, in_a_ring, machine};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "m_taken_for_l",
    story: Story::WrappedSlot,
    mistake: "m and l are sent in one order and received in the other",
    repair: "both ends name the messages of a step in the same order",
    expected: &["ledger_missing"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let m = tl.load(own.x);
        let l = tl.mul(m, 2.0);
        tl.contribute(l, tl.rank());
        tl.send(Direction::Right, m);
        tl.send(Direction::Right, l);
        let first = tl.recv(Direction::Left, SHAPE, F32);
        let second = tl.recv(Direction::Left, SHAPE, F32);
        let other_l = if form.is_repaired() { second } else { first };
        let total = tl.add(l, other_l);
        tl.expect(total, 0..tl.num_ranks());
        tl.release(first);
        tl.release(second);
        tl.store(total, own.y);
    });
    let reference = Plain::rounded("y", F32, |inputs| {
        let mut other = inputs["x"].clone();
        other.invert_axis(ndarray::Axis(0));
        (other + &inputs["x"]) * 2.0
    });
    Sketch { program, machine: machine("tiny", Sync::Interlocked), reference: Some(reference) }
}
