//! A ring goes round twice, and nothing stands between the laps.
//!
//! The second lap writes into the room that the neighbour still reads from the first. Run in
//! Pallas' interpret mode, the race was caught, and told 20 to 31 times, differently in every run.

use machine::Sync;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, with_rooms};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "second_lap",
    story: Story::Other("Pallas"),
    mistake: "the second lap begins while the neighbour may still read what the first one gave it",
    repair: "a barrier between the laps",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_rooms(2, &[0, 1], |tl, own, rooms| {
        let given = tl.semaphore();
        let (mine, neighbour) = (rooms[tl.rank() as usize], 1 - tl.rank());
        let x = tl.load(own.x);
        let y = tl.full(SHAPE, F32, 0.0);
        for lap in 1..=2 {
            let scaled = tl.mul(x, lap as f32);
            let stored = tl.store(scaled, rooms[neighbour as usize]);
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
