//! y[i] = (x[i − 1] + x[i] + x[i + 1]) / 3, with zeros beyond both ends. Every rank has a part of x, and gets one
//! element from each neighbour.

use kernmesh::kernels::{Inputs, Kernel, KernelError, Param, Plain, Recorded, Reference, Request};
use kernmesh::program::DType::F32;
use kernmesh::program::TensorId;
use kernmesh::program::program::SlotPlace;
use kernmesh::program::tl::{Direction, Recording, Tl, Topology};
use ndarray::ArrayD;

/// What `--set` takes; `kernmesh list` shows it.
const PARAMS: &[Param] = &[
    Param { name: "ranks", default: "4", doc: "1 to 64" },
    Param { name: "n", default: "1024", doc: "elements of every rank" },
];

pub const KERNEL: Kernel = Kernel {
    name: "smooth",
    purpose: "the mean of each element and its two neighbours; edges travel between ranks",
    params: PARAMS,
    inputs: &[],
    record,
    reference: |request| Ok(Some(reference(&sizes(request)?))),
};

struct Sizes {
    ranks: u32,
    n: u32,
}

fn sizes(request: &mut Request) -> Result<Sizes, KernelError> {
    Ok(Sizes { ranks: request.number("ranks", 1..=64)?, n: request.number("n", 1..=65536)? })
}

/// Runs the kernel once for every rank, and notes what it asks for.
fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let sizes = sizes(request)?;
    let all = [1, sizes.ranks * sizes.n];
    let mut recording = Recording::new(request.kernel, sizes.ranks);
    recording.params(request.resolved());
    let (x, y) = (recording.input("x", all, F32), recording.output("y", all, F32));
    let share = |rank| (rank, [0, rank * sizes.n], [1, sizes.n]);
    let parts: Vec<[TensorId; 2]> = (0..sizes.ranks)
        .map(share)
        .map(|(rank, at, shape)| {
            [recording.input_share(x, rank, at, shape), recording.output_share(y, rank, at, shape)]
        })
        .collect();
    // Rings of two slots of four bytes between neighbours, both ways.
    recording.links(Topology::Line, 2, 4, SlotPlace::Tcm);
    let recorded = recording.record(|tl| smooth(tl, sizes.n, parts[tl.rank() as usize]));
    let program = recorded.map_err(|error| KernelError::Record { kernel: request.kernel, error })?;
    Ok(Recorded { program, reference: Some(reference(&sizes)), machine: None })
}

/// What one rank does.
fn smooth(tl: &mut Tl, n: u32, [x, y]: [TensorId; 2]) {
    // Its part of x, with room for one element of each neighbour; zero where there is none.
    let padded = tl.full([1, n + 2], F32, 0.0);
    tl.load_into(tl.tensor(x), padded.slice(1, 1, n));
    for (to, edge) in [(Direction::Right, n), (Direction::Left, 1)] {
        if tl.neighbour(to).is_some() {
            tl.send(to, padded.slice(1, edge, 1));
        }
    }
    for (from, place) in [(Direction::Left, 0), (Direction::Right, n + 1)] {
        if tl.neighbour(from).is_some() {
            let got = tl.recv(from, [1, 1], F32);
            tl.copy(got, padded.slice(1, place, 1));
            tl.release(got);
        }
    }
    let left_and_own = tl.add(padded.slice(1, 0, n), padded.slice(1, 1, n));
    let sum = tl.add(left_and_own, padded.slice(1, 2, n));
    let mean = tl.div(sum, 3.0);
    tl.store(mean, tl.tensor(y));
}

/// The same in f64, by somebody who has never heard of ranks.
fn reference(sizes: &Sizes) -> Reference {
    let plain = Plain { output: "y", dtype: F32, of: exact, naive: Some(in_f32) };
    plain.reference(KERNEL.name, vec![("x", vec![1, sizes.ranks * sizes.n])])
}

fn exact(inputs: &Inputs) -> ArrayD<f64> {
    neighbours(&inputs["x"], |left, own, right| (left + own + right) / 3.0)
}

/// As one rank would, without parts: the measure of what error is to be expected.
fn in_f32(inputs: &Inputs) -> ArrayD<f64> {
    neighbours(&inputs["x"], |left, own, right| {
        f64::from((left as f32 + own as f32 + right as f32) / 3.0)
    })
}

fn neighbours(x: &ArrayD<f64>, mean: impl Fn(f64, f64, f64) -> f64) -> ArrayD<f64> {
    let at = |i: Option<usize>| i.and_then(|i| x.iter().nth(i)).copied().unwrap_or(0.0);
    let means = (0..x.len()).map(|i| mean(at(i.checked_sub(1)), at(Some(i)), at(Some(i + 1))));
    ArrayD::from_shape_vec(x.shape(), means.collect()).expect("as many as there are")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernmesh::machine::Machine;
    use kernmesh::{Options, simulate};

    #[test]
    fn it_is_right_and_leaves_nothing_unordered() {
        for (ranks, n) in [(1, 1), (1, 5), (2, 1), (3, 7), (8, 64)] {
            let params = [("ranks", ranks), ("n", n)].map(|(key, value)| (key.to_owned(), value.to_string()));
            let recorded = KERNEL.record(&params.into()).unwrap();
            let run = simulate(recorded, &Machine::preset("sip").unwrap(), &Options::default()).unwrap();
            assert!(run.passed(), "{ranks} ranks of {n}: {:?}", run.computed.findings);
        }
    }
}
