//! Shards go round in both directions, and the opposite one arrives from both.
//!
//! Ring-joint attention with split forwarding in tt-metal was right on 8 devices and, on 4, had a correlation of
//! 0.979 where 0.997 is required, and hung. It was reverted. The likely cause: on the small ring the shard of the
//! opposite device is delivered twice, and the surplus signal later satisfies another wait.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "delivered_twice",
    story: Story::Other("tt-metal"),
    mistake: "on an even ring both directions deliver the opposite shard",
    repair: "one direction goes a hop less",
    expected: &["ledger_twice", "semaphore"],
    build,
}];

const RANKS: u32 = 4;

fn build(form: Form) -> Sketch {
    let program = in_a_ring(RANKS, 2, |tl, own| {
        let delivered = tl.semaphore();
        let x = tl.load(own.x);
        tl.contribute(x, tl.rank());
        let y = tl.add(x, 0.0);
        let leftwards = if form.is_repaired() { (RANKS - 1) / 2 } else { RANKS / 2 };
        for (side, hops) in [(Direction::Right, RANKS / 2), (Direction::Left, leftwards)] {
            let neighbour = tl.neighbour(side).expect("a ring");
            let mut shard = x;
            for hop in 0..hops {
                let sent = if hop == 0 { tl.send(side, shard) } else { tl.forward(side, shard) };
                tl.signal(delivered, neighbour, 1, &[sent]);
                if hop > 0 {
                    tl.release(shard);
                }
                shard = tl.recv(side.opposite(), SHAPE, F32);
                tl.to(y).add(y, shard);
            }
            tl.release(shard);
        }
        tl.wait_ge(delivered, RANKS - 1);
        tl.expect(y, 0..RANKS);
        tl.store(y, own.y);
    });
    let right = |inputs: &_| {
        by_rank(inputs, |x| {
            let sum = &x[0] + &x[1] + &x[2] + &x[3];
            [sum.clone(), sum.clone(), sum.clone(), sum]
        })
    };
    Sketch::tiny(program, Sync::Interlocked, right)
}
