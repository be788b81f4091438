//! A barrier between neighbours is used again, and a fast neighbour counts for both.
//!
//! Each rank signals left and right and waits for two signals. The left neighbour needs nothing of the right one: it
//! may enter the *next* barrier and signal again before the right one has entered this one, and two signals are
//! there. The guide to distributed Pallas kernels has a `double_barrier` for this: barriers alternate between two
//! counters. Here each has its own.

use machine::Sync;
use program::tl::{Handle, Semaphore, Tl};

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "barrier_reused",
    story: Story::Other("Pallas"),
    mistake: "neighbours meet at one counter, and a fast one counts twice",
    repair: "a counter for each barrier",
    expected: &["race_raw", "race_war"],
    build,
}];

const RANKS: u32 = 4;

/// A barrier of two signals; the counter then stands at `value`.
fn meet(tl: &mut Tl, (counter, value): (Semaphore, u32), after: Handle) {
    for neighbour in [tl.rank() + RANKS - 1, tl.rank() + 1] {
        tl.signal(counter, neighbour % RANKS, 1, &[after]);
    }
    tl.wait_ge(counter, value);
}

fn build(form: Form) -> Sketch {
    let program = with_buffers(RANKS, &[0, 1, 2, 3], |tl, own, buffers| {
        let (mine, right) = (buffers[tl.rank() as usize], buffers[((tl.rank() + 1) % RANKS) as usize]);
        let shared = tl.semaphore();
        let mut counters = [(shared, 2), (shared, 4), (shared, 6)];
        if form.is_repaired() {
            counters = [(); 3].map(|()| (tl.semaphore(), 2));
        }
        let x = tl.load(own.x);
        let stored = tl.store(x, mine);
        meet(tl, counters[0], stored);
        let got = tl.load(right);
        meet(tl, counters[1], got.handle());
        let stored = tl.store(got, mine);
        meet(tl, counters[2], stored);
        let y = tl.load(right);
        tl.store(y, own.y);
    });
    let right = |inputs: &_| by_rank(inputs, |x| [x[2].clone(), x[3].clone(), x[0].clone(), x[1].clone()]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
