//! Two exchanges share one channel, and it has slots for one.
//!
//! In tt-metal's sliding-window attention over several hops, two halo exchanges on one link stalled in the middle of
//! a transfer, and the whole operation hung. Here K fills the slots, which are freed once V is there, too; and V
//! waits for a slot.

use machine::Sync;
use program::tl::{Direction, Tile};

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "two_exchanges_one_channel",
    story: Story::Other("tt-metal"),
    mistake: "two exchanges share a channel that has slots for one",
    repair: "a channel for each exchange",
    expected: &["slot_count"],
    build,
}];

fn build(form: Form) -> Sketch {
    let for_k = Direction::Right;
    // On two ranks both sides lead to the same neighbour, through a channel each.
    let for_v = if form.is_repaired() { Direction::Left } else { Direction::Right };
    let program = in_a_ring(2, 2, |tl, own| {
        let x = tl.load(own.x);
        let double = tl.add(x, x);
        let halo = [(for_k, x), (for_k, double), (for_v, x), (for_v, double)];
        for (channel, tile) in halo {
            tl.send(channel, tile);
        }
        let got: [Tile; 4] = halo.map(|(channel, _)| tl.recv(channel.opposite(), SHAPE, F32));
        let (k, v) = (tl.add(got[0], got[1]), tl.add(got[2], got[3]));
        for tile in got {
            tl.release(tile);
        }
        let y = tl.add(k, v);
        tl.store(y, own.y);
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| by_rank(inputs, |x| [6.0 * &x[1], 6.0 * &x[0]]))
}
