//! What several tests need: a generator of numbers, machines, and a program that uses most ops.

use machine::{Machine, MachineSpec};
use program::op::CompareFn;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{DType, Program};

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// Prints the seed, which a failing test then shows.
    pub fn seeded(seed: u64) -> Random {
        println!("seed {seed}");
        Random(seed)
    }
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `end`; the bias of the remainder does not matter here.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }
}

pub fn tiny() -> Machine {
    Machine::preset("tiny").expect("a preset")
}

/// `tiny`, changed.
pub fn tiny_with(change: impl FnOnce(&mut MachineSpec)) -> Machine {
    let mut spec = tiny().spec().clone();
    change(&mut spec);
    Machine::new(spec).expect("a machine that works")
}

/// Three ranks on a line pass rows to the right and add them up: op 0 loads, 1 sends, and so on as [`Tl`] says.
pub fn relay() -> Program {
    let mut recording = Recording::new("relay", 3);
    let x = recording.input("x", [3, 16], DType::F16);
    let y = recording.output("y", [3, 16], DType::F16);
    let mine: Vec<_> = (0..3).map(|r| recording.input_share(x, r, [r, 0], [1, 16])).collect();
    let sums: Vec<_> = (0..3).map(|r| recording.output_share(y, r, [r, 0], [1, 16])).collect();
    recording.links(Topology::Line, 2, 32, SlotPlace::Tcm);
    let kernel = |tl: &mut Tl| {
        let rank = tl.rank() as usize;
        let ready = tl.semaphore();
        let own = tl.load(tl.tensor(mine[rank]));
        let sum = tl.cast(own, DType::F32);
        if tl.neighbour(Direction::Left).is_some() {
            let got = tl.recv(Direction::Left, [1, 16], DType::F16);
            tl.to(sum).add(sum, got);
            if tl.neighbour(Direction::Right).is_some() {
                tl.forward(Direction::Right, got);
            }
            tl.release(got);
        } else {
            tl.send(Direction::Right, own);
        }
        let positive = tl.compare(CompareFn::Gt, sum, 0.0);
        let out = tl.tile([1, 16], DType::F16);
        let done = tl.to(out).where_(positive, sum, 0.0);
        tl.signal(ready, (tl.rank() + 1) % 3, 1, &[done]);
        tl.wait_ge(ready, 1);
        tl.barrier();
        let stored = tl.store(out, tl.tensor(sums[rank]));
        tl.wait(&[stored]);
    };
    recording.record(kernel).expect("a kernel without mistakes")
}
