//! Both readers of a slot release it.
//!
//! The opposite mistake of `released_too_early`: a message is added and forwarded, and each of the two pieces of code
//! releases the slot when it is done. The second credit lets the sender overwrite a slot that is not free. No public
//! report is known; credit counters that drift upwards look like this.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "released_twice",
    story: Story::Other("planted"),
    mistake: "both readers of a slot release it",
    repair: "one release, after both readers",
    expected: &["double_release"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = in_a_ring(3, 2, |tl, own| {
        let x = tl.load(own.x);
        tl.send(Direction::Right, x);
        let near = tl.recv(Direction::Left, SHAPE, F32);
        let forwarded = tl.forward(Direction::Right, near);
        let y = tl.add(x, near);
        if form.is_repaired() {
            tl.release_after(near, &[forwarded, y.handle()]);
        } else {
            tl.release_after(near, &[forwarded]);
            tl.release_after(near, &[y.handle()]);
        }
        let far = tl.recv(Direction::Left, SHAPE, F32);
        tl.to(y).add(y, far);
        tl.release(far);
        tl.store(y, own.y);
    });
    let right = |inputs: &_| {
        by_rank(inputs, |x| {
            let sum = &x[0] + &x[1] + &x[2];
            [sum.clone(), sum.clone(), sum]
        })
    };
    Sketch::tiny(program, Sync::Interlocked, right)
}
