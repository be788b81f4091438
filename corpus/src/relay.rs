//! Relay of three ranks: two messages pass through one slot, and the first is read late.
//!
//! A mesh decode kernel sends m (16×1), l (16×1) and o (16×64) each step, in f16, so a slot holds different kinds
//! in turn.

use machine::Sync;
use program::op::BusyUnit;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Handle, Recording, Tile, Tl};
use program::{DType, Program, Rank, RingId};

use crate::Form;
use crate::sketch::{Plain, Sketch, machine};

pub const F16: DType = DType::F16;
/// Shape of m, and of l.
pub const M: [u32; 2] = [16, 1];
pub const O: [u32; 2] = [16, 64];
/// The message that is read late.
pub const MESSAGE: &str = "message0";
/// PE cycles for which a unit or a neighbour is busy: far longer than two messages take.
const LONG: u64 = 20_000;

/// The rings to and from rank 1.
#[derive(Clone, Copy)]
pub struct Relay {
    from: RingId,
    to: RingId,
}

impl Relay {
    #[track_caller]
    pub fn recv(self, tl: &mut Tl, shape: [u32; 2]) -> Tile {
        tl.recv_ring(self.from, shape, F16)
    }
    #[track_caller]
    pub fn send(self, tl: &mut Tl, tile: Tile) -> Handle {
        tl.send_ring(self.to, tile)
    }
    #[track_caller]
    pub fn forward(self, tl: &mut Tl, tile: Tile) -> Handle {
        tl.forward_ring(self.to, tile)
    }
    #[track_caller]
    fn take(self, tl: &mut Tl) -> Tile {
        tl.recv_ring(self.to, M, F16)
    }
}

/// Occupies the math unit with other work.
pub fn keep_busy(tl: &mut Tl) -> Handle {
    tl.busy(BusyUnit::Math, LONG)
}

/// A ring without credits, or with them once repaired.
pub fn flow(form: Form) -> Flow {
    if form.is_repaired() { Flow::Credit } else { Flow::None }
}

/// Rank 0 sends m and `second` through one slot. Rank 1 sends a tile of its own to rank 2, then runs `middle`. Rank 2
/// releases the slot of the first message late, so that the next leaves rank 1 late, and stores that as `y`.
pub fn relay(flow: Flow, second: [u32; 2], mut middle: impl FnMut(&mut Tl, Relay)) -> Program {
    let mut recording = Recording::new("bugs", 3);
    let inputs = [(MESSAGE, M), ("message1", second)].map(|(name, shape)| {
        let input = recording.input(name, shape, F16);
        recording.input_share(input, 0, [0, 0], shape)
    });
    let y = recording.output("y", M, F16);
    let y = recording.output_share(y, 2, [0, 0], M);
    let ring = |producer, flow| Ring {
        producer: Rank(producer),
        consumer: Rank(producer + 1),
        queue: 0,
        n_slots: 1,
        slot_bytes: 2048,
        place: SlotPlace::Tcm,
        flow,
    };
    let rings = Relay { from: recording.ring(ring(0, flow)), to: recording.ring(ring(1, Flow::Credit)) };
    let recorded = recording.record(|tl| match tl.rank() {
        0 => {
            let tiles = inputs.map(|input| tl.load(tl.tensor(input)));
            tl.wait(&tiles.map(|tile| tile.handle()));
            for tile in tiles {
                tl.send_ring(rings.from, tile);
            }
        }
        1 => {
            let own = tl.full(M, F16, 1.0);
            tl.wait(&[own.handle()]);
            rings.send(tl, own);
            middle(tl, rings);
        }
        _ => {
            let other = rings.take(tl);
            let busy = keep_busy(tl);
            tl.wait(&[busy]);
            tl.release(other);
            let result = rings.take(tl);
            let stored = tl.store(result, tl.tensor(y));
            tl.wait(&[stored]);
            tl.release(result);
        }
    });
    recorded.expect("a bug is well formed")
}

/// The program on an interlocked machine, where only the slot can cause an error.
pub fn held(program: Program, reference: Plain) -> Sketch {
    Sketch { program, machine: machine("tiny", Sync::Interlocked), reference: Some(reference) }
}
/// The result is message 0, as it was sent.
pub const SAME: Plain = Plain::rounded("y", F16, |inputs| inputs[MESSAGE].clone());
/// The result is message 0, plus 1.
pub const ONE_MORE: Plain = Plain::rounded("y", F16, |inputs| inputs[MESSAGE].clone() + 1.0);
