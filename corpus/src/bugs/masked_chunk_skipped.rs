//! A rank of a chain skips a chunk that the causal mask hides from it.
//!
//! tt-metal's guide to chain forwarding: all participants must walk the same number of K chunks,
//! even if they are masked, or senders and receivers fall out of step. A rank that does not need a
//! chunk is still the one that passes it on.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "masked_chunk_skipped",
    story: Story::Other("tt-metal"),
    mistake: "a rank of a chain skips a chunk that is masked for it",
    repair: "take the chunk, send it on, and do not use it",
    expected: &["unmatched_recv", "unmatched_send"],
    build,
}];

const CHUNKS: u32 = 3;

fn build(form: Form) -> Sketch {
    let program = in_a_ring(3, 2, |tl, own| {
        let y = tl.load(own.x);
        for chunk in 0..CHUNKS {
            let masked = chunk > tl.rank();
            if tl.rank() == 0 {
                let k = tl.add(y, chunk as f32);
                tl.send(Direction::Right, k);
                continue;
            }
            if masked && !form.is_repaired() {
                continue;
            }
            let k = tl.recv(Direction::Left, SHAPE, F32);
            if tl.rank() == 1 {
                tl.forward(Direction::Right, k);
            }
            if !masked {
                tl.to(y).add(y, k);
            }
            tl.release(k);
        }
        tl.store(y, own.y);
    });
    let right = |inputs: &_| {
        by_rank(inputs, |x| [x[0].clone(), &x[1] + 2.0 * &x[0] + 1.0, &x[2] + 3.0 * &x[0] + 3.0])
    };
    Sketch::tiny(program, Sync::Interlocked, right)
}
