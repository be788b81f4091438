//! A flag is raised again before its reader has reset it.
//!
//! Kernels of tt-metal multicast with two semaphores: the sender sets the receivers' one to VALID, each receiver waits
//! for that and sets it back, and then counts itself as ready on the sender's, which the sender waits for and resets.
//! Here the receiver does not say that it is ready. The sender may set the flag before it is reset, and the reset then
//! takes back what was meant for the next round: on hardware the receiver waits for ever.

use machine::Sync;

use crate::sketch::{Sketch, by_rank, with_buffers};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "flag_reset_unanswered",
    story: Story::Other("planted"),
    mistake: "a flag is set again without knowing that it was reset",
    repair: "the reader tells when it has reset the flag",
    expected: &["semaphore"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = with_buffers(2, &[1], |tl, own, buffers| {
        let (valid, ready) = (tl.semaphore(), tl.semaphore());
        let tile = tl.load(own.x);
        for round in 0..2 {
            if tl.rank() == 0 {
                if form.is_repaired() && round > 0 {
                    tl.wait_eq(ready, 1);
                    tl.set_semaphore(ready, 0);
                }
                let doubled = tl.add(tile, tile);
                let stored = tl.store(if round == 0 { tile } else { doubled }, buffers[0]);
                tl.signal_set(valid, 1, 1, &[stored]);
            } else {
                tl.wait_eq(valid, 1);
                tl.set_semaphore(valid, 0);
                let got = tl.load(buffers[0]);
                let added = tl.to(tile).add(tile, got);
                if form.is_repaired() && round == 0 {
                    tl.signal(ready, 0, 1, &[added]);
                }
            }
        }
        tl.store(tile, own.y);
    });
    let right = |inputs: &_| by_rank(inputs, |x| [x[0].clone(), &x[1] + 3.0 * &x[0]]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
