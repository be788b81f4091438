//! Online softmax: the running maximum m, the sum l of exp(s − m), and the sum o of exp(s − m)·v, per row and in
//! f32. The identity is (−inf, 0, 0). A reference of −inf would make −inf − −inf = NaN; it is replaced by 0, for
//! which exp(−inf − 0) is 0, as it should be.

use program::DType;
use program::op::CompareFn;
use program::tl::{Handle, Tile, Tl};

use crate::waits::Waits;

pub struct Softmax {
    /// [rows, 1]
    pub m: Tile,
    /// [rows, 1]
    pub l: Tile,
    /// [rows, dim], not divided by l.
    pub o: Tile,
    /// Dtype to which p is rounded before the product with v; l sums the rounded values.
    dtype: DType,
    waits: Waits,
    /// The last product added to o.
    added: Handle,
}

impl Softmax {
    /// The identity.
    pub fn new(tl: &mut Tl, [rows, dim]: [u32; 2], dtype: DType, waits: Waits) -> Softmax {
        let m = tl.full([rows, 1], DType::F32, f32::NEG_INFINITY);
        let l = tl.full([rows, 1], DType::F32, 0.0);
        let o = tl.full([rows, dim], DType::F32, 0.0);
        Softmax { m, l, o, dtype, waits, added: Handle::default() }
    }

    /// Accumulates a tile of `scores` [rows, tokens] in f32, which it overwrites, and its `v` [tokens, dim]. Returns the
    /// op that reads v.
    pub fn absorb(&mut self, tl: &mut Tl, scores: Tile, v: Tile) -> Handle {
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
        self.waits.on(tl, &[self.added]);
        let decayed = tl.to(self.o).mul(self.o, decay);
        self.waits.on(tl, &[decayed]);
        self.added = tl.dot_acc(self.o, p, v);
        self.m = m;
        self.added
    }

    /// Writes o / l, or 0 for a row that saw no key.
    pub fn normalise(&self, tl: &mut Tl, to: Tile) -> Handle {
        let empty = tl.compare(CompareFn::Eq, self.l, 0.0);
        let divisor = tl.where_(empty, 1.0, self.l);
        let inverse = tl.reciprocal(divisor);
        self.waits.on(tl, &[self.added]);
        tl.to(to).mul(self.o, inverse)
    }
}

/// q·kᵀ/√d in f32: q [rows, dim], k [tokens, dim].
pub fn scores(tl: &mut Tl, q: Tile, k: Tile, waits: Waits) -> Tile {
    let scores = tl.dot(q, k.trans());
    let dim = f64::from(q.shape()[1]);
    waits.on(tl, &[scores.handle()]);
    tl.to(scores).mul(scores, (1.0 / dim.sqrt()) as f32);
    scores
}
