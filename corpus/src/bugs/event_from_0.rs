//! The first signal has value 0, and the wait for it stands in a command buffer of its own.
//!
//! tinygrad's `_transfer` as it was written (pull request 5308, 2024): `timeline_value` starts at 0, is signalled
//! and waited for, and only then counted up. An event holds 0 from the start, so the first transfer out of each
//! device is not ordered at all. llama.cpp and cubecl count up first. Upstream made the host wait for each transfer
//! (11622) and named no cause.
//!
//! `event_from_0_in_its_own_buffer`: the wait goes into an empty command buffer, which by Apple's words gates nothing
//! but itself, so even a wait for 1 would order nothing. `event_from_0_in_a_serial_queue`: the queue runs its buffers
//! one after another, as some drivers do, so a wait in a buffer of its own holds those behind it. The value 0 alone
//! is the mistake, and it is enough.

use machine::QueueModel;
use program::Program;
use program::op::{Op, QueueOp};

use crate::sketch::{Sketch, devices};
use crate::transfer::{ONE, ONE_MORE, transfer};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[
    Bug {
        name: "event_from_0_in_its_own_buffer",
        story: Story::UnorderedQueues,
        mistake: "the event is counted from 0, and the wait has a command buffer to itself",
        repair: "count from 1, and wait at the head of the consumer's buffer",
        expected: &["race_raw", "vacuous_wait", "wait_gates_nothing"],
        build: |form| build(form, QueueModel::Overlap),
    },
    Bug {
        name: "event_from_0_in_a_serial_queue",
        story: Story::UnorderedQueues,
        mistake: "the event is counted from 0, so the first wait is satisfied at once",
        repair: "count from 1, and wait at the head of the consumer's buffer",
        expected: &["race_raw", "vacuous_wait", "wait_gates_nothing"],
        build: |form| build(form, QueueModel::Serial),
    },
];

fn build(form: Form, model: QueueModel) -> Sketch {
    let program = transfer(
        |tl, shared| {
            shared.copy(tl);
            tl.event_signal(shared.done, ONE);
        },
        |tl, shared| {
            tl.event_wait(shared.done, ONE);
            if !form.is_repaired() {
                tl.commit();
            }
            shared.compute(tl);
        },
    );
    let program = if form.is_repaired() { program } else { counted_from_0(program) };
    Sketch { program, machine: devices(model, true), reference: Some(ONE_MORE) }
}

/// The program with all its events one less, as if they were counted from 0; `tl` cannot write that.
fn counted_from_0(mut program: Program) -> Program {
    for op in program.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
        if let Op::Queue(QueueOp::EventSignal { value, .. } | QueueOp::EventWait { value, .. }) = op {
            *value -= 1;
        }
    }
    program
}
