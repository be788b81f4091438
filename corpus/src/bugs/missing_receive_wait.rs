//! A message is read without waiting for its asynchronous receive.
//!
//! Pallas on TPUs: `make_async_remote_copy` returns a descriptor, and a kernel that reads the destination without
//! `wait_recv` reads whatever the buffer held before. In interpret mode the copy is done at once, so the mistake is
//! not seen before hardware. (Its race detector misses it by default, as tried.)

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, Plain, SHAPE, Sketch, in_a_ring, machine};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "missing_receive_wait",
    story: Story::Other("Pallas"),
    mistake: "a message is read without waiting for its receive",
    repair: "wait for the handle of the receive",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let x = tl.load(own.x);
        tl.wait(&[x.handle()]);
        tl.send(Direction::Right, x);
        let (got, arrived) = tl.recv_async(Direction::Left, SHAPE, F32);
        if form.is_repaired() {
            tl.wait(&[arrived]);
        }
        let y = tl.add(got, 1.0);
        tl.wait(&[y.handle(), arrived]);
        tl.release(got);
        tl.store(y, own.y);
    });
    let reference = Plain::rounded("y", F32, |inputs| {
        let mut y = inputs["x"].clone();
        y.invert_axis(ndarray::Axis(0));
        y + 1.0
    });
    Sketch { program, machine: machine("tiny", Sync::Explicit), reference: Some(reference) }
}
