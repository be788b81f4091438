//! A grouped reduction loses the scope of its accumulator.
//!
//! tinygrad's `test_failure_53` (2024): `out[i] = x[idx[i]]` over 50 000 elements of u8, as a masked sum with a
//! broadcast of stride 0, split into 16 groups. The compiler defined the accumulator inside the inner loop and used
//! it in the group's epilogue, outside. It failed on five backends; the test was deleted.

use crate::grouped::{PARTIAL, U8, grouped, merge, on_pes};
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "accumulator_scope_lost",
    story: Story::LostAccumulator,
    mistake: "the accumulator is cleared in each pass of the inner loop, so only a group's last chunk remains",
    repair: "define it before the loop",
    expected: &["ledger_missing"],
    build,
}];

fn build(form: Form) -> Sketch {
    on_pes(grouped(4, |tl, group| {
        let mut sum = tl.full(PARTIAL, U8, 0.0);
        for chunk in 0..group.n_chunks {
            if !form.is_repaired() {
                sum = tl.full(PARTIAL, U8, 0.0);
            }
            let next = group.chunk(tl, chunk);
            sum = tl.add(sum, next);
        }
        merge(tl, sum)
    }))
}
