//! The event is signalled before the pass whose result it announces.
//!
//! A command buffer is executed in order, and a signal takes effect when it is reached: Metal takes it between passes
//! only, and it covers those encoded before it. Nothing in the data ties a signal to its pass. No tool reports it
//! when one of the two lines of tinygrad's `_transfer` is moved, or when ops are sorted by their reads and writes.

use machine::QueueModel;

use crate::sketch::{Sketch, devices};
use crate::transfer::{ONE, ONE_MORE, transfer};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "event_signalled_before_its_pass",
    story: Story::UnorderedQueues,
    mistake: "the signal is encoded before the copy that it announces",
    repair: "signal after the last pass",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = transfer(
        |tl, shared| {
            if !form.is_repaired() {
                tl.event_signal(shared.done, ONE);
            }
            shared.copy(tl);
            if form.is_repaired() {
                tl.event_signal(shared.done, ONE);
            }
        },
        |tl, shared| {
            tl.event_wait(shared.done, ONE);
            shared.compute(tl);
        },
    );
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(ONE_MORE) }
}
