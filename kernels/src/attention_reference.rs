//! Attention as plain maths: softmax(q·kᵀ/√d)·v, each row over all keys that it sees. It has no ranks and no ops, and
//! knows every score of a row before its maximum.

use ndarray::{ArrayD, IxDyn};
use program::{DType, Float};
use rayon::prelude::*;

use crate::dense::{Level, Loop, Panels, Real, Tile, exp};
use crate::round::{round_all, round_to};
use crate::rows::Rows;
use crate::values::Values;

/// Keys that are converted at once.
const KEYS: usize = 256;
/// Weights that are computed at once, before they are added one by one.
const LINE: usize = 256;
/// Scores of one row that are summed side by side.
const ABREAST: usize = 8;
/// Most rows of a block: enough to make the conversion of the keys cheap.
const MOST_ROWS: usize = 128;
/// Blocks for each thread, where there are rows enough. The bits do not depend on the blocks.
const BLOCKS: usize = 2;

/// Parameters of an attention over inputs q [heads, q_len, dim], k and v [kv_heads, kv_len, dim].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Query i sees the keys up to i + kv_len − q_len; a query that sees none gives 0.
    pub causal: bool,
    /// Storage dtype of inputs and output.
    pub dtype: DType,
    /// The dtype in which the kernel sends m, l and o, where it does.
    pub wire: Option<DType>,
}

impl Attention {
    /// Scores of the largest block of rows over that many keys.
    pub(crate) fn block_bytes(kv_len: u64) -> u64 {
        kv_len.saturating_mul((MOST_ROWS * size_of::<f64>()) as u64)
    }

    /// Scores of a head: the pairs of a query and a key that it sees.
    pub(crate) fn scores(&self, q_len: u64, kv_len: u64) -> u128 {
        let (queries, keys) = (u128::from(q_len), u128::from(kv_len));
        // With a mask the last query sees every key, each one before it a key less.
        let fewer = queries.min(keys);
        if self.causal { fewer * (2 * keys - fewer + 1) / 2 } else { queries * keys }
    }

    /// In f64.
    pub fn oracle(&self, q: &dyn Values, k: &dyn Values, v: &dyn Values, rows: &Rows) -> ArrayD<f64> {
        Heads::of(self, [q, k, v]).output(&Exact, rows, Level::detect())
    }

    /// One element of the oracle, with the bits that it has there: a score, and the sum over the keys, are summed in the
    /// same order. One column of v is read.
    pub fn element(&self, q: &dyn Values, k: &dyn Values, v: &dyn Values, at: usize) -> f64 {
        Heads::of(self, [q, k, v]).element(at, Level::detect())
    }

    /// Untiled, on one rank: f32 accumulation, with scores, p and output rounded to `dtype`, and m and o rounded
    /// once to `wire`. l cancels: one partial is merged with nothing, and (l·o)/l is o whatever l was rounded
    /// to, also where the sum over all keys is more than `wire` holds. Scores stay in f32 where `dtype` has 8
    /// bits, because they would overflow at values that a correct kernel handles; the naive error is then smaller, and
    /// the verdict stricter.
    pub fn naive(&self, q: &dyn Values, k: &dyn Values, v: &dyn Values, rows: &Rows) -> ArrayD<f64> {
        Heads::of(self, [q, k, v]).output(self, rows, Level::detect())
    }
}

/// What differs between the oracle and the naive computation.
trait Softmax<T>: Sync {
    /// Turns the sums q·k of a row into weights, and returns their sum.
    fn weigh(&self, scores: &mut [T], dim: usize) -> T;
    /// An element of the output, of its weighted sum and the sum of weights.
    fn divide(&self, sum: T, weights: T) -> T;
}

struct Exact;

impl Softmax<f64> for Exact {
    #[inline(always)]
    fn weigh(&self, scores: &mut [f64], dim: usize) -> f64 {
        let scale = 1.0 / (dim as f64).sqrt();
        for score in scores.iter_mut() {
            *score *= scale;
        }
        let m = largest(scores, f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for line in scores.chunks_mut(LINE) {
            for score in line.iter_mut() {
                *score = exp(*score - m);
            }
            for &p in line.iter() {
                sum += p;
            }
        }
        sum
    }
    #[inline(always)]
    fn divide(&self, sum: f64, weights: f64) -> f64 {
        sum / weights
    }
}

impl Softmax<f32> for Attention {
    #[inline(always)]
    fn weigh(&self, scores: &mut [f32], dim: usize) -> f32 {
        let scale = (1.0 / (dim as f64).sqrt()) as f32;
        for score in scores.iter_mut() {
            *score *= scale;
        }
        match self.dtype.computed_float() {
            Some(Float::F8e4m3 | Float::F8e5m2) => {}
            Some(Float::F32 | Float::F16 | Float::Bf16) | None => round_all(scores, self.dtype),
        }
        let m = self.wired(largest(scores, f32::NEG_INFINITY, f32::max));
        let mut sum = 0.0;
        for line in scores.chunks_mut(LINE) {
            for score in line.iter_mut() {
                *score = exp(f64::from(*score - m)) as f32;
            }
            round_all(line, self.dtype);
            for &p in line.iter() {
                sum += p;
            }
        }
        sum
    }
    #[inline(always)]
    fn divide(&self, sum: f32, weights: f32) -> f32 {
        round_to(self.wired(sum / weights), self.dtype)
    }
}

impl Attention {
    fn wired(&self, x: f32) -> f32 {
        self.wire.map_or(x, |dtype| round_to(x, dtype))
    }
}

/// The largest number: of sixteen lanes first, which gives the same as one after another.
#[inline(always)]
fn largest<T: Copy>(numbers: &[T], least: T, max: fn(T, T) -> T) -> T {
    let mut lanes = [least; 16];
    let mut lines = numbers.chunks_exact(16);
    for line in &mut lines {
        for (lane, &x) in lanes.iter_mut().zip(line) {
            *lane = max(*lane, x);
        }
    }
    lanes.into_iter().chain(lines.remainder().iter().copied()).fold(least, max)
}

/// The tensors of an attention and their extents.
#[derive(Clone, Copy)]
struct Heads<'a> {
    causal: bool,
    tensors: [&'a dyn Values; 3],
    /// Query heads of one head of k and v.
    group: usize,
    kv_heads: usize,
    q_len: usize,
    kv_len: usize,
    dim: usize,
}

impl<'a> Heads<'a> {
    fn of(attention: &Attention, tensors: [&'a dyn Values; 3]) -> Heads<'a> {
        let (&[heads, q_len, dim], &[kv_heads, kv_len, _]) = (tensors[0].shape(), tensors[1].shape()) else {
            panic!("the caller has checked the shapes")
        };
        let group = heads / kv_heads;
        Heads { causal: attention.causal, tensors, group, kv_heads, q_len, kv_len, dim }
    }

    /// Rows of the output, block by block; a query that sees no key gives 0.
    fn output<T: Real>(&self, softmax: &impl Softmax<T>, rows: &Rows, level: Level) -> ArrayD<f64> {
        let shape = self.tensors[0].shape();
        let chosen = &*rows.of(shape[0] * self.q_len);
        let blocks = BLOCKS * rayon::current_num_threads();
        let size = chosen.len().div_ceil(blocks).next_multiple_of(Level::MOST_ROWS).clamp(1, MOST_ROWS);
        let heads = self.by_head(chosen);
        let blocks =
            heads.iter().enumerate().flat_map(|(head, rows)| rows.chunks(size).map(move |rows| (head, rows)));
        let blocks: Vec<(usize, &[usize])> = blocks.collect();
        let block = |&(head, rows): &(usize, &[usize])| {
            level.run(Block { heads: self, softmax, head, rows, zero: T::default() })
        };
        let outputs: Vec<Vec<f64>> = blocks.par_iter().map(block).collect();
        let mut out = vec![0.0; chosen.len() * self.dim];
        for ((head, of_block), output) in blocks.into_iter().zip(outputs) {
            for (&row, values) in of_block.iter().zip(output.chunks_exact(self.dim)) {
                let place = match rows {
                    Rows::All => self.query(head, row),
                    Rows::Some(some) => {
                        let row = self.query(head, row) / self.dim;
                        some.binary_search(&row).expect("the row is one of those") * self.dim
                    }
                };
                out[place..][..self.dim].copy_from_slice(values);
            }
        }
        ArrayD::from_shape_vec(IxDyn(&rows.shape(shape)), out).expect("there is a row for each query")
    }

    /// One element of the output; 0 of a query that sees no key.
    fn element(&self, at: usize, level: Level) -> f64 {
        let (row, column) = (at / self.dim, at % self.dim);
        let rows = &self.by_head(&[row]);
        let (head, of_head) =
            rows.iter().enumerate().find(|(_, rows)| !rows.is_empty()).expect("a head has it");
        let seen = self.seen(of_head[0]);
        if seen == 0 {
            return 0.0;
        }
        let mut weights = level.run(Scores { heads: self, head, row: of_head[0], seen });
        let all = Exact.weigh(&mut weights, self.dim);
        let (mut sum, mut value) = (0.0, [0.0]);
        for (key, weight) in weights.iter().enumerate() {
            self.tensors[2].read((head * self.kv_len + key) * self.dim + column, &mut value);
            sum += weight * value[0];
        }
        Exact.divide(sum, all)
    }

    /// Rows of the output as rows of each head of k and v, in ascending order.
    fn by_head(&self, chosen: &[usize]) -> Vec<Vec<usize>> {
        let mut heads = vec![Vec::new(); self.kv_heads];
        for row in chosen {
            let (head, query) = (row / self.q_len, row % self.q_len);
            heads[head / self.group].push(query * self.group + head % self.group);
        }
        heads.iter_mut().for_each(|rows| rows.sort_unstable());
        heads
    }

    /// The first element of a row in q and the output. Rows of a head of k and v are those of its first query, then
    /// those of its second, so that neighbours see the same keys.
    fn query(&self, kv_head: usize, row: usize) -> usize {
        let (query, head) = (row / self.group, kv_head * self.group + row % self.group);
        (head * self.q_len + query) * self.dim
    }

    /// How many keys a row sees.
    fn seen(&self, row: usize) -> usize {
        let query = row / self.group;
        if self.causal {
            (query + 1 + self.kv_len).saturating_sub(self.q_len).min(self.kv_len)
        } else {
            self.kv_len
        }
    }
}

/// One row of the scores of a head of k and v, each a sum along the dimension in its order.
struct Scores<'a> {
    heads: &'a Heads<'a>,
    head: usize,
    row: usize,
    seen: usize,
}

impl Loop for Scores<'_> {
    type Out = Vec<f64>;

    #[inline(always)]
    fn run<const ROWS: usize>(self) -> Vec<f64> {
        let Heads { dim, kv_len, tensors, .. } = *self.heads;
        let (mut q, mut scores) = (vec![0.0; dim], vec![0.0; self.seen]);
        tensors[0].read(self.heads.query(self.head, self.row), &mut q);
        let mut keys = vec![0.0; KEYS.min(self.seen) * dim];
        for (nth, scores) in scores.chunks_mut(KEYS).enumerate() {
            let keys = &mut keys[..scores.len() * dim];
            tensors[1].read((self.head * kv_len + nth * KEYS) * dim, keys);
            for (scores, keys) in scores.chunks_mut(ABREAST).zip(keys.chunks(ABREAST * dim)) {
                let mut sums = [0.0; ABREAST];
                for (depth, x) in q.iter().enumerate() {
                    for (sum, key) in sums.iter_mut().zip(keys.chunks_exact(dim)) {
                        *sum += x * key[depth];
                    }
                }
                scores.copy_from_slice(&sums[..scores.len()]);
            }
        }
        scores
    }
}

/// Rows of one head of k and v.
struct Block<'a, T, S> {
    heads: &'a Heads<'a>,
    softmax: &'a S,
    head: usize,
    rows: &'a [usize],
    zero: T,
}

impl<T: Real, S: Softmax<T>> Loop for Block<'_, T, S> {
    type Out = Vec<f64>;

    #[inline(always)]
    fn run<const ROWS: usize>(self) -> Vec<f64> {
        let dim = self.heads.dim;
        let mut seen: Vec<usize> = self.rows.iter().map(|&row| self.heads.seen(row)).collect();
        let most = seen.iter().copied().max().unwrap_or(0);
        let stride = most.next_multiple_of(T::WIDTH);
        let mut scores = self.scores::<ROWS>(most, stride);
        let mut weights = vec![self.zero; seen.len()];
        for (row, &seen) in seen.iter().enumerate() {
            if seen > 0 {
                weights[row] = self.softmax.weigh(&mut scores[row * stride..][..seen], dim);
            }
        }
        let n_rows = seen.len();
        // Rows that only fill up the last tile take part in every sum; their weights are finite and dropped.
        seen.resize(n_rows.next_multiple_of(Level::MOST_ROWS), most);
        let sums = self.sums::<ROWS>(&scores, stride, &seen);
        let mut out = vec![0.0; n_rows * dim];
        for row in (0..n_rows).filter(|&row| seen[row] > 0) {
            let sums = sums[row * lines::<T>(dim)..].iter().flat_map(|line| T::numbers(line));
            for (to, &sum) in out[row * dim..][..dim].iter_mut().zip(sums) {
                *to = self.softmax.divide(sum, weights[row]).wide();
            }
        }
        out
    }
}

fn lines<T: Real>(n: usize) -> usize {
    n.div_ceil(T::WIDTH)
}

impl<T: Real, S: Softmax<T>> Block<'_, T, S> {
    /// q·k for every row and the first `most` keys, in rows of `stride`.
    #[inline(always)]
    fn scores<const ROWS: usize>(&self, most: usize, stride: usize) -> Vec<T> {
        let dim = self.heads.dim;
        let n_rows = self.rows.len().next_multiple_of(Level::MOST_ROWS);
        let (mut q, mut values) = (vec![self.zero; n_rows * dim], vec![0.0; dim]);
        for (to, &row) in q.chunks_exact_mut(dim).zip(self.rows) {
            self.heads.tensors[0].read(self.heads.query(self.head, row), &mut values);
            to.iter_mut().zip(&values).for_each(|(to, &x)| *to = T::narrow(x));
        }
        let mut scores = vec![self.zero; n_rows * stride];
        for first in (0..most).step_by(KEYS) {
            let keys = Panels::<T>::by_columns(&self.keys(1, first, most), dim);
            for (panel, keys) in keys.iter().enumerate() {
                let column = first + panel * T::WIDTH;
                for row in (0..n_rows).step_by(ROWS) {
                    let mut tile = Tile::<T, ROWS>([T::ZEROS; ROWS]);
                    tile.add(&q, row * dim, dim, keys);
                    for (nth, sums) in tile.0.iter().enumerate() {
                        scores[(row + nth) * stride + column..][..T::WIDTH].copy_from_slice(T::numbers(sums));
                    }
                }
            }
        }
        scores
    }

    /// Weighted sums of v, in lines; each row over the keys it has seen.
    #[inline(always)]
    fn sums<const ROWS: usize>(&self, weights: &[T], stride: usize, seen: &[usize]) -> Vec<T::Line> {
        let (dim, most) = (self.heads.dim, seen.iter().copied().max().unwrap_or(0));
        let width = lines::<T>(dim);
        let mut all = vec![T::ZEROS; seen.len() * width];
        for first in (0..most).step_by(KEYS) {
            let values = Panels::<T>::by_rows(&self.keys(2, first, most), dim);
            let end = most.min(first + KEYS);
            for (panel, values) in values.iter().enumerate() {
                for row in (0..seen.len()).step_by(ROWS) {
                    let mut tile = Tile::<T, ROWS>::load(&all, row * width + panel, width);
                    let seen = &seen[row..][..ROWS];
                    let common = seen.iter().copied().min().unwrap_or(0).clamp(first, end);
                    tile.add(weights, row * stride + first, stride, &values[..common - first]);
                    for (nth, sum) in tile.0.iter_mut().enumerate() {
                        for key in common..seen[nth].clamp(first, end) {
                            T::add(sum, weights[(row + nth) * stride + key], &values[key - first]);
                        }
                    }
                    tile.store(&mut all, row * width + panel, width);
                }
            }
        }
        all
    }

    /// Rows of k or v of this head.
    fn keys(&self, tensor: usize, first: usize, end: usize) -> Vec<f64> {
        let Heads { kv_len, dim, tensors, .. } = *self.heads;
        let mut values = vec![0.0; KEYS.min(end - first) * dim];
        tensors[tensor].read((self.head * kv_len + first) * dim, &mut values);
        values
    }
}

#[cfg(test)]
#[path = "attention_reference_tests.rs"]
mod tests;
