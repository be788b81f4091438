//! One store is signalled twice, and the wait for the next one is over too early.
//!
//! The other half of what happened to ring-joint attention in tt-metal: a surplus signal does no
//! harm where it is given, and satisfies a wait that is about something else. Planted as
//! over-signal.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_rooms};
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
    let program = with_rooms(2, &[1, 1], |tl, own, rooms| {
        let stored = tl.semaphore();
        if tl.rank() == 0 {
            let x = tl.load(own.x);
            let double = tl.add(x, x);
            let first = tl.store(x, rooms[0]);
            tl.signal(stored, 1, if form.is_repaired() { 1 } else { 2 }, &[first]);
            let second = tl.store(double, rooms[1]);
            tl.signal(stored, 1, 1, &[first, second]);
            tl.store(x, own.y);
        } else {
            tl.wait_ge(stored, 1);
            let x = tl.load(rooms[0]);
            tl.wait_ge(stored, 2);
            let double = tl.load(rooms[1]);
            let y = tl.sub(double, x);
            tl.store(y, own.y);
        }
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [x[0].clone(), x[0].clone()]))
}
