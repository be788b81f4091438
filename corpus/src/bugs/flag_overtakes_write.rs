//! The flag is sent right after the data, and may arrive before them.
//!
//! The documentation of the Wormhole NoC says in which cases two packets keep their order: on different virtual
//! channels they need not. A flag that is raised without waiting for the acknowledgement of the write can be seen
//! first, and the reader then gets old data.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "flag_overtakes_write",
    story: Story::Other("Wormhole NoC"),
    mistake: "the flag is sent right after the data and may overtake them",
    repair: "signal once the store is done",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[1], |tl, own, buffers| {
        let flag = tl.semaphore();
        if tl.rank() == 0 {
            let x = tl.load(own.x);
            let stored = tl.store(x, buffers[0]);
            let after = if form.is_repaired() { vec![stored] } else { vec![] };
            tl.signal(flag, 1, 1, &after);
            tl.store(x, own.y);
        } else {
            tl.wait_ge(flag, 1);
            let x = tl.load(buffers[0]);
            tl.store(x, own.y);
        }
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [x[0].clone(), x[0].clone()]))
}
