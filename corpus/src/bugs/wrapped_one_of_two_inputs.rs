//! Sum of two inputs: one lies in a slot that wraps, the other in scratch memory that does not.
//!
//! In kernbench an input that carries the value it was received with must be taken at that value, and one from stable
//! scratch memory must be read there; each of two inputs follows its own rule. So does the finding: it names the slot
//! and not the partial.

use crate::relay::{F16, M, ONE_MORE, flow, held, keep_busy, relay};
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "wrapped_one_of_two_inputs",
    story: Story::WrappedSlot,
    mistake: "m is added late to a partial in scratch memory; the partial is safe, m's slot is not",
    repair: "the ring has credits; the partial needs nothing",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = relay(flow(form), M, |tl, rings| {
        let partial = tl.full(M, F16, 1.0);
        let m = rings.recv(tl, M);
        keep_busy(tl);
        let sum = tl.add(partial, m);
        rings.send(tl, sum);
        tl.release(m);
        let l = rings.recv(tl, M);
        tl.release(l);
    });
    held(program, ONE_MORE)
}
