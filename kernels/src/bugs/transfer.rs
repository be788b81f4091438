//! Two of story B's virtual devices: METAL copies a tensor to METAL:1, which computes with the copy.
//!
//! It is the reproducer of tinygrad's pull request 11622, cut down to one of its two transfers.

use std::num::NonZeroU32;

use machine::QueueModel;
use program::op::{Op, QueueOp};
use program::tl::{Recording, SharedEvent, Tl};
use program::{Program, TensorId};

use super::Form;
use super::sketch::{F32, Plain, SHAPE, Sketch, devices};

/// The first value that can be waited for: an event starts at 0.
pub const ONE: NonZeroU32 = NonZeroU32::MIN;

/// What the two devices share.
#[derive(Clone, Copy)]
pub struct Transfer {
    x: TensorId,
    copied: TensorId,
    y: TensorId,
    /// The event of METAL.
    pub done: SharedEvent,
}

impl Transfer {
    /// What METAL does: copies x to METAL:1.
    #[track_caller]
    pub fn copy(self, tl: &mut Tl) {
        let tile = tl.load(tl.tensor(self.x));
        tl.store(tile, tl.tensor(self.copied));
    }
    /// What METAL:1 does: y = copy + 1.
    #[track_caller]
    pub fn compute(self, tl: &mut Tl) {
        let tile = tl.load(tl.tensor(self.copied));
        let sum = tl.add(tile, 1.0);
        tl.store(sum, tl.tensor(self.y));
    }
}

/// What each device encodes; its last command buffer is committed.
pub fn transfer(metal: impl Fn(&mut Tl, Transfer), metal_1: impl Fn(&mut Tl, Transfer)) -> Program {
    let mut recording = Recording::new("bugs", 2);
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let shared = Transfer {
        x: recording.input_share(x, 0, [0, 0], SHAPE),
        copied: recording.scratch("x on METAL:1", 1, SHAPE, F32),
        y: recording.output_share(y, 1, [0, 0], SHAPE),
        done: recording.event(),
    };
    let recorded = recording.record(|tl| {
        if tl.rank() == 0 {
            metal(tl, shared)
        } else {
            metal_1(tl, shared)
        }
        tl.commit();
    });
    recorded.expect("a bug is well formed")
}

pub const ONE_MORE: Plain = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);

/// The program with all its events one less, as if they were counted from 0; `tl` cannot write that.
fn counted_from_0(mut program: Program) -> Program {
    for op in program.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
        if let Op::Queue(QueueOp::EventSignal { value, .. } | QueueOp::EventWait { value, .. }) = op {
            *value -= 1;
        }
    }
    program
}

/// A wait in a buffer of its own for an event that is counted from 0; repaired, at the head of the consumer's, from 1.
pub fn from_0(form: Form, model: QueueModel) -> Sketch {
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
