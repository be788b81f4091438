//! A math op reads a slot while the next message fills it.
//!
//! kernbench kept the inputs of a math op as memory had them when the op *ended*. Here nothing is wrong when the op
//! starts: the next message comes while it runs. By the read rule `end` the result is wrong, as it was logged; by
//! `hardware` it is right in this run, and nothing but the order tells.

use program::program::{Ring, SlotPlace};
use program::tl::Recording;
use program::{Program, Rank};

use crate::relay::{F16, O, flow, held};
use crate::sketch::{Plain, Sketch};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "slot_filled_during_its_math",
    story: Story::WrappedSlot,
    mistake: "a second message fills the slot while a math op still reads the first",
    repair: "the ring has credits: the slot is free when the op that reads it is done",
    expected: &["race_war"],
    build,
}];

const HALF: Plain = Plain::rounded("y", F16, |inputs| inputs["first"].clone() / 2.0);

fn build(form: Form) -> Sketch {
    held(program(form), HALF)
}

/// Rank 1 halves the first of two messages, and the second comes meanwhile.
fn program(form: Form) -> Program {
    let mut recording = Recording::new("bugs", 2);
    let inputs = ["first", "second"].map(|name| {
        let input = recording.input(name, O, F16);
        recording.input_share(input, 0, [0, 0], O)
    });
    let y = recording.output("y", O, F16);
    let y = recording.output_share(y, 1, [0, 0], O);
    let ring = recording.ring(Ring {
        producer: Rank(0),
        consumer: Rank(1),
        queue: 0,
        n_slots: 1,
        slot_bytes: 2048,
        place: SlotPlace::Tcm,
        flow: flow(form),
    });
    let recorded = recording.record(|tl| {
        if tl.rank() == 0 {
            let tiles = inputs.map(|input| tl.load(tl.tensor(input)));
            tl.wait(&tiles.map(|tile| tile.handle()));
            for tile in tiles {
                tl.send_ring(ring, tile);
            }
        } else {
            let first = tl.recv_ring(ring, O, F16);
            let half = tl.div(first, 2.0);
            tl.release(first);
            let second = tl.recv_ring(ring, O, F16);
            tl.release(second);
            tl.store(half, tl.tensor(y));
        }
    });
    recorded.expect("a bug is well formed")
}
