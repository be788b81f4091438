//! A slot is released when one of its two readers is done.
//!
//! In a ring a rank adds a message and forwards it, both straight from the slot. Here the slot is released after the
//! sum, while the forward may still read it. The guide to distributed Pallas kernels has the same mistake with a
//! receive buffer; it says that it is rarely seen in small kernels, and how to provoke it with a delay. This is also
//! the planted bug "slot reused before its reader is done".

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "released_too_early",
    story: Story::Other("Pallas"),
    mistake: "a slot is released while it is still being forwarded",
    repair: "release after both its readers: the sum and the forward",
    expected: &["use_after_release"],
    build,
}];

const RANKS: u32 = 4;

fn build(form: Form) -> Sketch {
    let program = in_a_ring(RANKS, 2, |tl, own| {
        let x = tl.load(own.x);
        let y = tl.full(SHAPE, F32, 0.0);
        tl.wait(&[x.handle()]);
        tl.to(y).add(y, x);
        tl.send(Direction::Right, x);
        for step in 1..RANKS {
            let got = tl.recv(Direction::Left, SHAPE, F32);
            let mut readers = vec![];
            if step + 1 < RANKS {
                readers.push(tl.forward(Direction::Right, got));
            }
            let added = tl.to(y).add(y, got);
            if !form.is_repaired() {
                readers.clear();
            }
            readers.push(added);
            tl.release_after(got, &readers);
            tl.wait(&[added]);
        }
        tl.store(y, own.y);
    });
    let right = |inputs: &_| {
        by_rank(inputs, |x| {
            let sum = &x[0] + &x[1] + &x[2] + &x[3];
            [sum.clone(), sum.clone(), sum.clone(), sum]
        })
    };
    Sketch::tiny(program, Sync::Explicit, right)
}
