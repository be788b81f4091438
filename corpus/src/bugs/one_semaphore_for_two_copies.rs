//! Two copies are in flight, and both signal the same semaphore.
//!
//! The first signal says that *a* copy is done, not that the first one is. The all-gather of the
//! guide to distributed Pallas kernels therefore has one receive semaphore for each of its n - 1
//! copies.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "one_semaphore_for_two_copies",
    story: Story::Other("Pallas"),
    mistake: "two copies in flight signal one semaphore",
    repair: "a semaphore for each copy",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[1, 1], |tl, own, buffers| {
        let first = tl.semaphore();
        let (second, both) = if form.is_repaired() { (tl.semaphore(), 1) } else { (first, 2) };
        if tl.rank() == 0 {
            let x = tl.load(own.x);
            let double = tl.add(x, x);
            let copied = [tl.store(x, buffers[0]), tl.store(double, buffers[1])];
            tl.signal(first, 1, 1, &copied[..1]);
            tl.signal(second, 1, 1, &copied[1..]);
            tl.store(x, own.y);
        } else {
            tl.wait_ge(first, 1);
            let x = tl.load(buffers[0]);
            let y = tl.add(x, 1.0);
            tl.wait_ge(second, both);
            let double = tl.load(buffers[1]);
            tl.to(y).add(y, double);
            tl.store(y, own.y);
        }
    });
    let right = |inputs: &_| by_rank(inputs, |x| [x[0].clone(), &x[0] + 1.0 + 2.0 * &x[0]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
