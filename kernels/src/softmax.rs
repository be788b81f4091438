//! Online softmax: the running maximum m, the sum l of exp(s − m), and the sum o of exp(s − m)·v, per row and in
//! f32. The identity is (−inf, 0, 0). A reference of −inf would make −inf − −inf = NaN; it is replaced by 0, for
//! which exp(−inf − 0) is the 0 it should be.

use program::DType;
use program::op::CompareFn;
use program::tl::{Tile, Tl};

pub struct Softmax {
    /// [rows, 1]
    pub m: Tile,
    /// [rows, 1]
    pub l: Tile,
    /// [rows, dim], not divided by l.
    pub o: Tile,
    /// p is rounded to it before it meets v, and l sums what was rounded.
    dtype: DType,
}

impl Softmax {
    /// The identity.
    pub fn new(tl: &mut Tl, rows: u32, dim: u32, dtype: DType) -> Softmax {
        let m = tl.full([rows, 1], DType::F32, f32::NEG_INFINITY);
        let l = tl.full([rows, 1], DType::F32, 0.0);
        let o = tl.full([rows, dim], DType::F32, 0.0);
        Softmax { m, l, o, dtype }
    }

    /// Takes in a tile of `scores` [rows, tokens] in f32, which it overwrites, and its `v` [tokens, dim].
    pub fn absorb(&mut self, tl: &mut Tl, scores: Tile, v: Tile) {
        let tile_max = tl.max(scores, 1);
        let m = tl.maximum(self.m, tile_max);
        let seen = tl.compare(CompareFn::Gt, m, f32::NEG_INFINITY);
        let reference = tl.where_(seen, m, 0.0);

        tl.to(scores).sub(scores, reference);
        let p = tl.tile(scores.shape(), self.dtype);
        tl.to(p).exp(scores);
        let tile_sum = tl.sum_as(p, 1, DType::F32, DType::F32, false);

        let decay = tl.sub(self.m, reference);
        tl.to(decay).exp(decay);
        tl.to(self.l).mul(self.l, decay);
        tl.to(self.l).add(self.l, tile_sum);
        tl.to(self.o).mul(self.o, decay);
        tl.dot_acc(self.o, p, v);
        self.m = m;
    }

    /// Writes o / l, or 0 for a row that saw no key.
    pub fn normalise(&self, tl: &mut Tl, to: Tile) {
        let empty = tl.compare(CompareFn::Eq, self.l, 0.0);
        let divisor = tl.where_(empty, 1.0, self.l);
        let inverse = tl.reciprocal(divisor);
        tl.to(to).mul(self.o, inverse);
    }
}

/// q·kᵀ/√d in f32: q [rows, dim], k [tokens, dim].
pub fn scores(tl: &mut Tl, q: Tile, k: Tile) -> Tile {
    let scores = tl.dot(q, k.trans());
    let dim = f64::from(q.shape()[1]);
    tl.to(scores).mul(scores, (1.0 / dim.sqrt()) as f32);
    scores
}
