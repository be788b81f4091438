//! y = the sum of the rows of x; each rank has one, and sends what it has to the rank before it.

use kernels::{Inputs, Plain, Recorded};
use ndarray::{ArrayD, Axis};
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{DType, TensorId};

const F32: DType = DType::F32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    Right,
    /// Rank 1 adds its own twice.
    Doubled,
    /// Rank 1 does not add what it receives.
    Lost,
    /// Rank 1 subtracts its own.
    Negated,
}

pub fn sum(mistake: Sum) -> Recorded {
    let mut recording = Recording::new("sum", 3);
    let (x, y) = (recording.input("x", [3, 8], F32), recording.output("y", [1, 8], F32));
    let shares = [0, 1, 2].map(|rank| recording.input_share(x, rank, [rank, 0], [1, 8]));
    let whole = recording.output_share(y, 0, [0, 0], [1, 8]);
    recording.links(Topology::Line, 2, 32, SlotPlace::Tcm);
    let program = recording.record(|tl| reduce(tl, shares[tl.rank() as usize], whole, mistake));
    let reference = Plain::rounded("y", F32, exact).reference("sum", vec![("x", vec![3, 8])]);
    Recorded { program: program.expect("a program"), reference: Some(reference), machine: None }
}

fn reduce(tl: &mut Tl, share: TensorId, whole: TensorId, mistake: Sum) {
    let is = |rank: u32, other: Sum| rank == 1 && mistake == other;
    let rank = tl.rank();
    let mut own = tl.load(tl.tensor(share));
    if is(rank, Sum::Doubled) {
        own = tl.add(own, own);
    }
    if tl.neighbour(Direction::Right).is_some() {
        let got = tl.recv(Direction::Right, [1, 8], F32);
        if is(rank, Sum::Negated) {
            own = tl.sub(got, own);
        } else if !is(rank, Sum::Lost) {
            own = tl.add(own, got);
        }
        tl.release(got);
    }
    if tl.neighbour(Direction::Left).is_some() {
        tl.send(Direction::Left, own);
    } else {
        tl.store(own, tl.tensor(whole));
    }
}

fn exact(inputs: &Inputs) -> ArrayD<f64> {
    inputs["x"].sum_axis(Axis(0)).insert_axis(Axis(0))
}
