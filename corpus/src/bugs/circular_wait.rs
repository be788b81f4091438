//! Every rank of a ring receives before it sends.
//!
//! tt-metal #29213: workloads over several meshes hung, the same way every time, because their waits formed a cycle.
//! Simulators do not report it: Pallas in interpret mode and DAM hang when this is planted, and BookSim warns after
//! 256 idle cycles.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "circular_wait",
    story: Story::Other("tt-metal #29213"),
    mistake: "every rank waits for its neighbour before it sends",
    repair: "send first, then receive",
    expected: &["deadlock"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = in_a_ring(3, 2, |tl, own| {
        let x = tl.load(own.x);
        if form.is_repaired() {
            tl.send(Direction::Right, x);
        }
        let got = tl.recv(Direction::Left, SHAPE, F32);
        if !form.is_repaired() {
            tl.send(Direction::Right, x);
        }
        let y = tl.add(got, x);
        tl.release(got);
        tl.store(y, own.y);
    });
    let right = |inputs: &_| by_rank(inputs, |x| [&x[0] + &x[2], &x[1] + &x[0], &x[2] + &x[1]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
