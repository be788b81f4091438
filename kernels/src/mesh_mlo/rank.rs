//! Program of one rank.

use program::tl::{Handle, Tile, Tl};
use program::{DType, TensorId};

use super::Home;
use super::decode::Decode;
use crate::exchange::Pass;
use crate::softmax::{Softmax, scores};

/// A partial, which one rank sends and every rank keeps: m [rows, 1], l [rows, 1] and o [rows, dim] one after the other,
/// in the wire dtype.
#[derive(Clone, Copy)]
struct Partial {
    whole: Tile,
    m: Tile,
    l: Tile,
    o: Tile,
}

impl Partial {
    fn new(tl: &mut Tl, decode: &Decode) -> Partial {
        let (rows, wire) = (decode.rows(), decode.wire);
        let whole = tl.tile([1, decode.partial()], wire);
        let column = u64::from(rows) * wire.size();
        let m = whole.view(0, [rows, 1], wire);
        let l = whole.view(column, [rows, 1], wire);
        let o = whole.view(2 * column, [rows, decode.sizes.head_dim], wire);
        Partial { whole, m, l, o }
    }
    fn messages(&self, packed: bool) -> Vec<Tile> {
        if packed { vec![self.whole] } else { vec![self.m, self.l, self.o] }
    }
}

pub fn decode(tl: &mut Tl, decode: &Decode, home: &Home) {
    let rank = tl.rank();
    let partials: Vec<Partial> = (0..decode.sizes.ranks()).map(|_| Partial::new(tl, decode)).collect();
    let own = partials[rank as usize];
    let made = match home.shard {
        Some([k, v]) => tl.span("attend to own shard", |tl| attend(tl, decode, home.q, k, v, own)),
        None => identity(tl, own),
    };
    tl.contribute(own.l, rank);
    let mut merge = Merge { decode, partials: &partials, made, arrived: Vec::new() };
    tl.span("exchange partials", |tl| decode.exchange().run(tl, &mut merge));
    let waits = decode.sizes.network.waits;
    waits.on(tl, &merge.arrived);
    let (out, folded) = tl.span("fold partials", |tl| fold(tl, decode, &partials));
    waits.on(tl, &[folded]);
    tl.store(out.reshape(tl.tensor(home.out).shape()), tl.tensor(home.out));
}

/// Empty partial of a rank without keys.
fn identity(tl: &mut Tl, own: Partial) -> Handle {
    tl.to(own.m).fill(f32::NEG_INFINITY);
    tl.to(own.l).fill(0.0);
    tl.to(own.o).fill(0.0)
}

/// Returns the op that completes the partial.
fn attend(tl: &mut Tl, decode: &Decode, q: TensorId, k: TensorId, v: TensorId, own: Partial) -> Handle {
    let (sizes, rows, waits) = (decode.sizes, decode.group_rows(), decode.sizes.network.waits);
    let mut made = Handle::default();
    let q = tl.load(tl.tensor(q)).reshape([decode.rows(), sizes.head_dim]);
    waits.on(tl, &[q.handle()]);
    let tokens = tl.tensor(k).shape()[1];
    for head in 0..sizes.kv_heads {
        let group = q.slice(0, head * rows, rows);
        let mut softmax = Softmax::new(tl, [rows, sizes.head_dim], sizes.dtype, waits);
        for first in (0..tokens).step_by(decode.kv_block as usize) {
            let block = decode.kv_block.min(tokens - first);
            let [k, v] = [k, v].map(|of| tl.load(tl.tensor(of).slice(0, head, 1).slice(1, first, block)));
            let [k, v] = [k, v].map(|tile| tile.reshape([block, sizes.head_dim]));
            waits.on(tl, &[k.handle(), v.handle()]);
            let scores = scores(tl, group, k, waits);
            softmax.absorb(tl, scores, v);
        }
        made = finish(tl, &softmax, [own.m, own.l, own.o].map(|part| part.slice(0, head * rows, rows)));
    }
    made
}

/// Writes the partial of one K and V head, with l relative to the m that travels.
fn finish(tl: &mut Tl, softmax: &Softmax, [m, l, o]: [Tile; 3]) -> Handle {
    tl.to(m).cast(softmax.m);
    let rounding = tl.sub(softmax.m, m);
    tl.to(rounding).exp(rounding);
    tl.to(l).mul(softmax.l, rounding);
    softmax.normalise(tl, o)
}

struct Merge<'a> {
    decode: &'a Decode,
    partials: &'a [Partial],
    /// Completes this rank's own partial.
    made: Handle,
    /// Copies of the others' partials.
    arrived: Vec<Handle>,
}

impl Pass for Merge<'_> {
    fn messages(&self, _origin: u32) -> Vec<[u32; 2]> {
        self.decode.messages()
    }
    fn needs(&self, _rank: u32, _origin: u32) -> bool {
        true
    }
    fn load(&mut self, tl: &mut Tl) -> Vec<Tile> {
        self.decode.sizes.network.waits.on(tl, &[self.made]);
        self.partials[tl.rank() as usize].messages(self.decode.packed)
    }
    fn keep(&self, origin: u32) -> Option<Vec<Tile>> {
        Some(self.partials[origin as usize].messages(self.decode.packed))
    }
    /// Partials are folded once all are there.
    fn visit(&mut self, _tl: &mut Tl, _origin: u32, _chunk: &[Tile], ready: &[Handle]) -> Handle {
        self.arrived.extend(ready);
        Handle::default()
    }
}

/// M = max mᵢ, wᵢ = exp(mᵢ − M)·lᵢ, out = Σ wᵢ·oᵢ / Σ wᵢ, in f32 and in rank order. Some rank has a key, so M is
/// finite, and identities weigh 0.
fn fold(tl: &mut Tl, decode: &Decode, partials: &[Partial]) -> (Tile, Handle) {
    let (rows, dim) = (decode.rows(), decode.sizes.head_dim);
    let largest = tl.full([rows, 1], DType::F32, f32::NEG_INFINITY);
    for partial in partials {
        tl.to(largest).maximum(largest, partial.m);
    }
    let weights = tl.full([rows, 1], DType::F32, 0.0);
    let sum = tl.full([rows, dim], DType::F32, 0.0);
    for partial in partials {
        let weight = tl.tile([rows, 1], DType::F32);
        tl.to(weight).sub(partial.m, largest);
        tl.to(weight).exp(weight);
        tl.to(weight).mul(weight, partial.l);
        tl.to(weights).add(weights, weight);
        let weighted = tl.tile([rows, dim], DType::F32);
        tl.to(weighted).mul(partial.o, weight);
        tl.to(sum).add(sum, weighted);
    }
    tl.expect(weights, 0..decode.sizes.ranks());
    let inverse = tl.reciprocal(weights);
    let out = tl.tile([rows, dim], decode.sizes.dtype);
    let folded = tl.to(out).mul(sum, inverse);
    (out, folded)
}
