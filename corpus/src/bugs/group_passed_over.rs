//! One group's partial is not added to the total.
//!
//! The symptom of tinygrad's `test_failure_53`: the merge of 16 groups takes what came before it and omits its own.
//! Of eight outputs only those whose index lies in that group are wrong, and they are 0, as most of a one-hot sum is.

use program::tl::Direction;

use crate::grouped::{PARTIAL, U8, grouped, merge, on_pes};
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "group_passed_over",
    story: Story::LostAccumulator,
    mistake: "a rank passes the sum so far on as it came",
    repair: "every rank adds its own partial",
    expected: &["ledger_missing"],
    build,
}];

fn build(form: Form) -> Sketch {
    on_pes(grouped(4, |tl, group| {
        let partial = group.partial(tl);
        if form.is_repaired() || tl.rank() != 2 {
            return merge(tl, partial);
        }
        let got = tl.recv(Direction::Left, PARTIAL, U8);
        tl.forward(Direction::Right, got);
        tl.release(got);
        partial
    }))
}
