//! A sender does not check that the slot is free.
//!
//! The guide to distributed Pallas kernels shows it: a neighbour that is one iteration ahead overwrites the buffer
//! that this rank still reads, and a capacity semaphore must hold it back. The guide says that small kernels rarely
//! show it. With the mistake planted, interpret mode finds it and prints it about 150 times. Slot reuse before the
//! consumer is done, and a stale generation in a slot, are this bug too.

use machine::Sync;
use program::program::Flow;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "missing_credit",
    story: Story::Other("Pallas"),
    mistake: "a sender overwrites a slot without asking whether it is free",
    repair: "sends wait for a credit",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    let mut program = in_a_ring(2, 1, |tl, own| {
        let x = tl.load(own.x);
        tl.send(Direction::Right, x);
        let double = tl.add(x, x);
        tl.send(Direction::Right, double);
        let first = tl.recv(Direction::Left, SHAPE, F32);
        let y = tl.add(first, 1.0);
        tl.release(first);
        let second = tl.recv(Direction::Left, SHAPE, F32);
        tl.to(y).add(y, second);
        tl.release(second);
        tl.store(y, own.y);
    });
    if !form.is_repaired() {
        program.rings.iter_mut().for_each(|ring| ring.flow = Flow::None);
    }
    let right = |inputs: &_| by_rank(inputs, |x| [&x[1] + 1.0 + 2.0 * &x[1], &x[0] + 1.0 + 2.0 * &x[0]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
