//! A tile is computed in place while it is being sent.
//!
//! kernbench's own sends were safe because a partial's scratch address never changes. They are safe only as long as
//! no op writes the partial before it is sent: a merge that rescales its accumulator in place does.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, Plain, SHAPE, Sketch, in_a_ring, machine};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "own_send_rewritten",
    story: Story::WrappedSlot,
    mistake: "the partial is rescaled in place while the send unit still reads it",
    repair: "wait for the send before the tile is written again",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let partial = tl.load(own.x);
        tl.wait(&[partial.handle()]);
        let sent = tl.send(Direction::Right, partial);
        if form.is_repaired() {
            tl.wait(&[sent]);
        }
        let rescaled = tl.to(partial).mul(partial, 0.5);
        let got = tl.recv(Direction::Left, SHAPE, F32);
        tl.wait(&[rescaled]);
        let sum = tl.add(partial, got);
        tl.wait(&[sum.handle()]);
        tl.release(got);
        tl.store(sum, own.y);
    });
    let reference = Plain::rounded("y", F32, |inputs| {
        let mut other = inputs["x"].clone();
        other.invert_axis(ndarray::Axis(0));
        other + &inputs["x"] * 0.5
    });
    Sketch { program, machine: machine("tiny", Sync::Explicit), reference: Some(reference) }
}
