//! Transfer between two virtual devices: METAL copies a tensor to METAL:1, which computes with the copy.
//!
//! It is the reproducer of tinygrad's pull request 11622, cut down to one of its two transfers.

use std::num::NonZeroU32;

use program::tl::{Recording, SharedEvent, Tl};
use program::{Program, TensorId};

use crate::sketch::{F32, Plain, SHAPE};

/// The first value that can be waited for: an event starts at 0.
pub const ONE: NonZeroU32 = NonZeroU32::MIN;

/// Tensors and event of the two devices.
#[derive(Clone, Copy)]
pub struct Transfer {
    x: TensorId,
    copied: TensorId,
    y: TensorId,
    /// The event of METAL.
    pub done: SharedEvent,
}

impl Transfer {
    /// Code of METAL: copies x to METAL:1.
    #[track_caller]
    pub fn copy(self, tl: &mut Tl) {
        let tile = tl.load(tl.tensor(self.x));
        tl.store(tile, tl.tensor(self.copied));
    }
    /// Code of METAL:1: y = copy + 1.
    #[track_caller]
    pub fn compute(self, tl: &mut Tl) {
        let tile = tl.load(tl.tensor(self.copied));
        let sum = tl.add(tile, 1.0);
        tl.store(sum, tl.tensor(self.y));
    }
}

/// The program from the code of each device; the last command buffer of each is committed.
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
