//! The ring takes one step too many, and every group meets its own partial again.
//!
//! The groups of tinygrad's `test_failure_53` on a mesh, merged by a ring: each rank forwards what it receives and
//! adds it. After n − 1 steps it has met all others; the n-th brings its own. A maximum would not change.

use program::tl::Direction;

use crate::grouped::{PARTIAL, U8, grouped, on_pes};
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "group_added_twice",
    story: Story::LostAccumulator,
    mistake: "the ring of n ranks takes n steps",
    repair: "it takes n − 1",
    expected: &["ledger_twice"],
    build,
}];

fn build(form: Form) -> Sketch {
    on_pes(grouped(4, |tl, group| {
        let partial = group.partial(tl);
        let steps = if form.is_repaired() { tl.num_ranks() - 1 } else { tl.num_ranks() };
        tl.send(Direction::Right, partial);
        let mut sum = partial;
        for step in 1..=steps {
            let got = tl.recv(Direction::Left, PARTIAL, U8);
            if step < steps {
                tl.forward(Direction::Right, got);
            }
            sum = tl.add(sum, got);
            tl.release(got);
        }
        sum
    }))
}
