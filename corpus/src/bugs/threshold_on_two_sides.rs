//! Sender and receiver each compute how many signals there will be, and round differently.
//!
//! The rule that tt-metal's developers wrote down after ring-joint attention had hung: "count events, not one derived
//! threshold". Here four rows go in chunks of three. The sender signals a full chunk; the receiver counts a started
//! one.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "threshold_on_two_sides",
    story: Story::Other("tt-metal"),
    mistake: "both sides compute how many signals there will be, and differ",
    repair: "one signal for each transfer, counted on both sides",
    expected: &["semaphore"],
    build,
}];

const ROWS: u32 = 4;
const CHUNK: u32 = 3;

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[1], |tl, own, buffers| {
        let arrived = tl.semaphore();
        if tl.rank() == 0 {
            let x = tl.load(own.x);
            for start in (0..ROWS).step_by(CHUNK as usize) {
                let rows = CHUNK.min(ROWS - start);
                let stored = tl.store(x.slice(0, start, rows), buffers[0].slice(0, start, rows));
                if form.is_repaired() || rows == CHUNK {
                    tl.signal(arrived, 1, 1, &[stored]);
                }
            }
            tl.store(x, own.y);
        } else {
            tl.wait_ge(arrived, ROWS.div_ceil(CHUNK));
            let x = tl.load(buffers[0]);
            tl.store(x, own.y);
        }
    });
    let right = |inputs: &_| by_rank(inputs, |x| [x[0].clone(), x[0].clone()]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
