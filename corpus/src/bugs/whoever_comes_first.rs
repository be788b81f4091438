//! A wait that either of two producers can satisfy is taken for a wait for one of them.
//!
//! The planted bug is control flow that polls: "is it there yet? else do the other one first". Such a program cannot
//! be recorded, for what it does would depend on time. The nearest is a threshold that either of two producers can
//! reach, followed by a read that takes it for one of them. In tt-metal's sliding-window halo, two workers that
//! signalled one semaphore broke its count.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "whoever_comes_first",
    story: Story::Other("planted"),
    mistake: "a wait that either of two producers can satisfy is taken for the first one",
    repair: "a semaphore for each producer",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(3, &[2, 2], |tl, own, buffers| {
        let zero = tl.semaphore();
        let (one, both) = if form.is_repaired() { (tl.semaphore(), 1) } else { (zero, 2) };
        if tl.rank() < 2 {
            let x = tl.load(own.x);
            let stored = tl.store(x, buffers[tl.rank() as usize]);
            tl.signal(if tl.rank() == 0 { zero } else { one }, 2, 1, &[stored]);
            tl.store(x, own.y);
        } else {
            tl.wait_ge(zero, 1);
            let x = tl.load(buffers[0]);
            let y = tl.add(x, x);
            tl.wait_ge(one, both);
            let x = tl.load(buffers[1]);
            tl.to(y).sub(y, x);
            tl.store(y, own.y);
        }
    });
    let right = |inputs: &_| by_rank(inputs, |x| [x[0].clone(), x[1].clone(), 2.0 * &x[0] - &x[1]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
