//! A learned sink is added on every rank that holds a part of the keys.
//!
//! A sink is one more term of the softmax's sum, exp(sink - m). In a kernel that splits the keys it must be added on
//! exactly one rank, or after the merge; added to every partial it counts as often as there are ranks. With small
//! sinks the result is only slightly wrong. No public report is known.

use machine::Sync;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "sink_on_every_rank",
    story: Story::Other("attention sinks"),
    mistake: "every rank adds the sink to its partial sum",
    repair: "one rank adds it",
    expected: &["ledger_twice"],
    build,
}];

/// Contributions are numbered by rank; this one is the sink's.
const SINK: u32 = 2;

fn build(form: Form) -> Sketch {
    let program = in_a_ring(2, 2, |tl, own| {
        let partial = tl.load(own.x);
        tl.contribute(partial, tl.rank());
        if tl.rank() == 0 || !form.is_repaired() {
            let sink = tl.full(SHAPE, F32, 0.25);
            tl.contribute(sink, SINK);
            tl.to(partial).add(partial, sink);
        }
        tl.send(Direction::Right, partial);
        let other = tl.recv(Direction::Left, SHAPE, F32);
        let y = tl.add(partial, other);
        tl.release(other);
        tl.expect(y, [0, 1, SINK]);
        tl.store(y, own.y);
    });
    let right = |inputs: &_| by_rank(inputs, |x| [&x[0] + &x[1] + 0.25, &x[0] + &x[1] + 0.25]);
    Sketch::tiny(program, Sync::Interlocked, right)
}
