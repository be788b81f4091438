//! A ring goes round twice, with no barrier between the laps.
//!
//! The second lap writes into the buffer that the neighbour still reads from the first. Pallas' interpret mode caught
//! the race, and reported it 20 to 31 times, a different number in every run.

use machine::Sync;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "second_lap",
    story: Story::Other("Pallas"),
    mistake: "the second lap begins while the neighbour may still read the first",
    repair: "a barrier between the laps",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[0, 1], |tl, own, buffers| {
        let given = tl.semaphore();
        let (mine, neighbour) = (buffers[tl.rank() as usize], 1 - tl.rank());
        let x = tl.load(own.x);
        let y = tl.full(SHAPE, F32, 0.0);
        for lap in 1..=2 {
            let scaled = tl.mul(x, lap as f32);
            let stored = tl.store(scaled, buffers[neighbour as usize]);
            tl.wait(&[stored]);
            tl.signal(given, neighbour, 1, &[]);
            tl.wait_ge(given, lap);
            let got = tl.load(mine);
            tl.to(y).add(y, got);
            if form.is_repaired() {
                tl.wait(&[got.handle()]);
                tl.barrier();
            }
        }
        tl.store(y, own.y);
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [3.0 * &x[1], 3.0 * &x[0]]))
}
