//! A message announces data that take another route.
//!
//! The data are stored in the neighbour's HBM, the announcement goes through a slot of its ring:
//! two routes, two units, and nothing says which arrives first. Planted: out-of-order arrival.
//! Messages on one ring keep their order, so two routes need two means. `flag_overtakes_write` is the
//! same between a store and a semaphore.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "two_routes",
    story: Story::Other("planted"),
    mistake: "a message announces data that take another route",
    repair: "the message is sent once the data are there",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[1], |tl, own, buffers| {
        if tl.rank() == 0 {
            let scale = tl.full([1, 1], F32, 2.0);
            let x = tl.load(own.x);
            let stored = tl.store(x, buffers[0]);
            if form.is_repaired() {
                tl.wait(&[stored]);
            }
            tl.send(Direction::Right, scale);
            tl.store(x, own.y);
        } else {
            let scale = tl.recv(Direction::Left, [1, 1], F32);
            let x = tl.load(buffers[0]);
            let y = tl.mul(x, scale);
            tl.release(scale);
            tl.store(y, own.y);
        }
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [x[0].clone(), 2.0 * &x[0]]))
}
