//! One store is signalled twice, and the wait for the next one ends too early.
//!
//! The other half of the failure of ring-joint attention in tt-metal: a surplus signal is harmless where it is given,
//! and later satisfies another wait. Planted as over-signal.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "signalled_too_often",
    story: Story::Other("tt-metal"),
    mistake: "one store is signalled twice, and the next wait is over too early",
    repair: "one signal for each store",
    expected: &["race_raw", "semaphore"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[1, 1], |tl, own, buffers| {
        let stored = tl.semaphore();
        if tl.rank() == 0 {
            let x = tl.load(own.x);
            let double = tl.add(x, x);
            let first = tl.store(x, buffers[0]);
            tl.signal(stored, 1, if form.is_repaired() { 1 } else { 2 }, &[first]);
            let second = tl.store(double, buffers[1]);
            tl.signal(stored, 1, 1, &[first, second]);
            tl.store(x, own.y);
        } else {
            tl.wait_ge(stored, 1);
            let x = tl.load(buffers[0]);
            tl.wait_ge(stored, 2);
            let double = tl.load(buffers[1]);
            let y = tl.sub(double, x);
            tl.store(y, own.y);
        }
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [x[0].clone(), x[0].clone()]))
}
