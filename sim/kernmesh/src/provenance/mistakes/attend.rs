//! o = softmax(q · kᵀ / √8) · v, a head a rank: blocks of eight keys, of which the last has five. Beside it m, the
//! largest score of each row, which no reference judges.

use kernels::{Inputs, Plain, Recorded};
use ndarray::{ArrayD, Axis, Ix3, s};
use program::op::CompareFn;
use program::tl::{Recording, Tile, Tl};
use program::{DType, TensorId};

const F32: DType = DType::F32;
const KEYS: u32 = 21;
/// With room for whole blocks.
const ROOM: u32 = 24;
const BLOCK: u32 = 8;
const DIM: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attend {
    Right,
    /// Rank 1 does not divide scores by √8.
    MissingScale,
    /// Rank 1 takes powers of 2 in place of those of e.
    BaseTwo,
    /// Rank 1 rescales what it has after it has added the next block.
    LateRescale,
    /// Rank 1 never rescales the output.
    NoRescale,
    /// Rank 1 does not mask keys from 21 on.
    UnmaskedTail,
    /// Rank 1 takes the values of the first block for the second.
    StaleValues,
    /// Rank 1 takes the first block twice, in its sums of weights and of values.
    BlockTwice,
    /// Rank 1 does not divide by the sum.
    NotNormalised,
    /// Rank 1 takes the keys of head 0.
    WrongGroup,
    /// Rank 1 gives its largest scores in units of ln 2.
    LogsOfTwo,
}

pub fn attend(mistake: Attend) -> Recorded {
    let mut recording = Recording::new("attend", 2);
    let q = recording.input("q", [2, 4, DIM], F32);
    let [k, v] = ["k", "v"].map(|name| recording.input(name, [2, ROOM, DIM], F32));
    let (o, m) = (recording.output("o", [2, 4, DIM], F32), recording.output("m", [2, 4], F32));
    let shares = [0, 1].map(|rank| {
        let q = recording.input_share(q, rank, [rank, 0, 0], [1, 4, DIM]);
        let [k, v] = [k, v].map(|of| recording.input_share(of, rank, [0, 0, 0], [2, ROOM, DIM]));
        let o = recording.output_share(o, rank, [rank, 0, 0], [1, 4, DIM]);
        [q, k, v, o, recording.output_share(m, rank, [rank, 0], [1, 4])]
    });
    let program = recording.record(|tl| softmax(tl, shares[tl.rank() as usize], mistake));
    let reference = Plain { output: "o", dtype: F32, of: exact, naive: Some(rough) };
    let kv = vec![2, ROOM, DIM];
    let shapes = vec![("q", vec![2, 4, DIM]), ("k", kv.clone()), ("v", kv)];
    let reference = reference.reference("attend", shapes);
    Recorded { program: program.expect("a program"), reference: Some(reference), machine: None }
}

fn softmax(tl: &mut Tl, [q, k, v, to, to_m]: [TensorId; 5], mistake: Attend) {
    let rank = tl.rank();
    let is = |other: Attend| rank == 1 && mistake == other;
    let head = |tl: &mut Tl, of: TensorId, head: u32, first: u32| {
        tl.load(tl.tensor(of).slice(0, head, 1).slice(1, first, BLOCK)).reshape([BLOCK, DIM])
    };
    let q = tl.load(tl.tensor(q)).reshape([4, DIM]);
    let mut m = tl.full([4, 1], F32, f32::NEG_INFINITY);
    let (l, o) = (tl.full([4, 1], F32, 0.0), tl.full([4, DIM], F32, 0.0));
    let again = is(Attend::BlockTwice).then_some(0);
    for first in (0..KEYS).step_by(BLOCK as usize).chain(again) {
        let key_head = if is(Attend::WrongGroup) { 0 } else { rank };
        let keys = head(tl, k, key_head, first);
        let from = if is(Attend::StaleValues) && first == BLOCK { 0 } else { first };
        let values = head(tl, v, rank, from);
        let scores = tl.dot(q, keys.trans());
        scale(tl, scores, &is);
        if first + BLOCK > KEYS && !is(Attend::UnmaskedTail) {
            let at = tl.iota([4, BLOCK], 1, first as i32, 1);
            let seen = tl.compare(CompareFn::Lt, at, KEYS as i32);
            tl.to(scores).where_(seen, scores, f32::NEG_INFINITY);
        }
        let largest = tl.max(scores, 1);
        let next = tl.maximum(m, largest);
        let p = tl.sub(scores, next);
        tl.to(p).exp(p);
        let decay = tl.sub(m, next);
        tl.to(decay).exp(decay);
        let sum = tl.sum(p, 1);
        tl.to(l).mul(l, decay);
        tl.to(l).add(l, sum);
        if !is(Attend::NoRescale) && !is(Attend::LateRescale) {
            tl.to(o).mul(o, decay);
        }
        tl.dot_acc(o, p, values);
        if is(Attend::LateRescale) && first > 0 {
            tl.to(o).mul(o, decay);
        }
        m = next;
    }
    let inverse = tl.reciprocal(l);
    let made = if is(Attend::NotNormalised) { o } else { tl.mul(o, inverse) };
    tl.store(made.reshape([1, 4, DIM]), tl.tensor(to));
    let logs = if is(Attend::LogsOfTwo) { tl.mul(m, std::f32::consts::LOG2_E) } else { m };
    tl.store(logs.reshape([1, 4]), tl.tensor(to_m));
}

fn scale(tl: &mut Tl, scores: Tile, is: &impl Fn(Attend) -> bool) {
    let by = match () {
        () if is(Attend::MissingScale) => return,
        () if is(Attend::BaseTwo) => std::f32::consts::LN_2,
        () => 1.0,
    };
    tl.to(scores).mul(scores, by / (DIM as f32).sqrt());
}

/// Scores of a head.
fn scores(inputs: &Inputs, head: usize) -> ndarray::Array2<f64> {
    let [q, k] = ["q", "k"].map(|name| inputs[name].clone().into_dimensionality::<Ix3>().expect("heads"));
    let keys = k.slice(s![head, 0..KEYS as usize, ..]);
    q.index_axis(Axis(0), head).dot(&keys.t()) / f64::from(DIM).sqrt()
}

/// The largest score of each row.
pub fn largest(inputs: &Inputs) -> ArrayD<f64> {
    let rows = [0, 1].map(|head| {
        scores(inputs, head).map_axis(Axis(1), |row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    });
    ndarray::stack(Axis(0), &[rows[0].view(), rows[1].view()]).expect("rows of one length").into_dyn()
}

pub fn exact(inputs: &Inputs) -> ArrayD<f64> {
    let v = inputs["v"].clone().into_dimensionality::<Ix3>().expect("heads");
    let heads = [0, 1].map(|head| {
        let mut p = scores(inputs, head);
        for mut row in p.rows_mut() {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.mapv_inplace(|score| libm::exp(score - largest));
            let sum = row.sum();
            row.mapv_inplace(|p| p / sum);
        }
        p.dot(&v.slice(s![head, 0..KEYS as usize, ..]))
    });
    ndarray::stack(Axis(0), &[heads[0].view(), heads[1].view()]).expect("heads of one shape").into_dyn()
}

/// Off by some units in the last place, as sums in f32 are.
fn rough(inputs: &Inputs) -> ArrayD<f64> {
    exact(inputs).mapv(|x| x * (1.0 + 4.0 * f64::from(f32::EPSILON)))
}
