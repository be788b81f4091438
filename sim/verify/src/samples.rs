//! Samples for several tests: machines, and a program that uses most ops.

pub use machine::Random;
use machine::{Machine, MachineSpec};
use program::op::CompareFn;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{DType, Program};

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
