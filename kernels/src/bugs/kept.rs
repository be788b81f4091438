//! Messages whose slots are kept: what three bugs of slots that are never given back share.

use machine::Sync;
use ndarray::ArrayD;
use program::tl::Direction;

use super::Form;
use super::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::reference::Inputs;

/// Each of two ranks adds up so many messages of the other, through a ring of two slots.
pub fn kept<const MESSAGES: usize>(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let x = tl.load(own.x);
        let y = tl.full(SHAPE, F32, 0.0);
        for _ in 0..MESSAGES {
            tl.send(Direction::Right, x);
            let got = tl.recv(Direction::Left, SHAPE, F32);
            tl.to(y).add(y, got);
            if form.is_repaired() {
                tl.release(got);
            }
        }
        tl.store(y, own.y);
    });
    Sketch::tiny(program, Sync::Interlocked, sums::<MESSAGES>)
}

fn sums<const MESSAGES: usize>(inputs: &Inputs) -> ArrayD<f64> {
    let n = MESSAGES as f64;
    by_rank(inputs, |x| [n * &x[1], n * &x[0]])
}
