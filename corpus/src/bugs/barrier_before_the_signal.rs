//! A barrier stands between the data and the signal that announces them.
//!
//! tt-metal forwards K and V along a chain with linked multicasts: the data and the semaphore are one transaction,
//! and its guide warns that a barrier between the two is a deadlock: the sender waits until all have taken the data,
//! and they wait for the semaphore that the sender has not sent yet.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "barrier_before_the_signal",
    story: Story::Other("tt-metal"),
    mistake: "a barrier stands between the data and the signal that announces them",
    repair: "signal, then meet",
    expected: &["deadlock"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let valid = tl.semaphore();
        let x = tl.load(own.x);
        if tl.rank() == 0 {
            tl.send(Direction::Right, x);
            if form.is_repaired() {
                tl.signal(valid, 1, 1, &[]);
                tl.barrier();
            } else {
                tl.barrier();
                tl.signal(valid, 1, 1, &[]);
            }
            tl.store(x, own.y);
        } else {
            tl.wait_ge(valid, 1);
            let got = tl.recv(Direction::Left, SHAPE, F32);
            let y = tl.add(got, x);
            tl.release(got);
            tl.barrier();
            tl.store(y, own.y);
        }
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [x[0].clone(), &x[0] + &x[1]]))
}
