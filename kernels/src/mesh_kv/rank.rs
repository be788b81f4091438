//! Program of one rank.

use std::ops::Range;

use program::TensorId;
use program::op::CompareFn;
use program::tl::{Handle, Tile, Tl};

use super::Home;
use super::prefill::{Prefill, Sight};
use crate::exchange::Pass;
use crate::softmax::{Softmax, scores};
use crate::waits::Waits;

pub fn prefill(tl: &mut Tl, prefill: &Prefill, home: &Home) {
    let blocks = prefill.sizes.keys().largest().div_ceil(prefill.kv_block);
    for head in 0..prefill.sizes.kv_heads {
        tl.span(&format!("kv head {head}"), |tl| {
            let mut state = home.queries.map(|[q, _]| Group::new(tl, prefill, q, head));
            for block in 0..blocks {
                let mut pass = TilePass { prefill, home, head, block, state: state.as_mut() };
                prefill.exchange().run(tl, &mut pass);
            }
            if let (Some(state), Some([_, out])) = (state, home.queries) {
                state.store(tl, prefill, out, head);
            }
        });
    }
}

/// The queries of one rank that share a K and V head, and what they have seen so far.
struct Group {
    /// [group × queries, dim]
    q: Tile,
    softmax: Softmax,
}

impl Group {
    fn new(tl: &mut Tl, prefill: &Prefill, q: TensorId, head: u32) -> Group {
        let (group, dim) = (prefill.sizes.group(), prefill.sizes.head_dim);
        let heads = tl.tensor(q).slice(0, head * group, group);
        let rows = group * heads.shape()[1];
        let q = tl.load(heads).reshape([rows, dim]);
        let waits = prefill.sizes.network.waits;
        let softmax = Softmax::new(tl, [rows, dim], prefill.sizes.dtype, waits);
        waits.on(tl, &[q.handle()]);
        Group { q, softmax }
    }

    /// Returns the last op that reads k and v: one unit does all products, in order.
    fn attend(&mut self, tl: &mut Tl, [k, v]: [Tile; 2], mask: Option<Tile>, waits: Waits) -> Handle {
        let scores = scores(tl, self.q, k, waits);
        if let Some(mask) = mask {
            // One mask [queries, tokens] for every head of the group.
            let (queries, tokens) = (mask.shape()[0], mask.shape()[1]);
            let by_head = scores.reshape([scores.shape()[0] / queries, queries, tokens]);
            tl.to(by_head).where_(mask, by_head, f32::NEG_INFINITY);
        }
        self.softmax.absorb(tl, scores, v)
    }

    fn store(self, tl: &mut Tl, prefill: &Prefill, out: TensorId, head: u32) {
        let group = prefill.sizes.group();
        let heads = tl.tensor(out).slice(0, head * group, group);
        let tile = tl.tile(self.q.shape(), prefill.sizes.dtype);
        let made = self.softmax.normalise(tl, tile);
        prefill.sizes.network.waits.on(tl, &[made]);
        tl.store(tile.reshape(heads.shape()), heads);
    }
}

/// 1 where a query sees a key, [queries, tokens]: key a + j of query i when j ≤ i + (keys seen by the first) − 1 − a.
fn mask(tl: &mut Tl, prefill: &Prefill, keys: &Range<u32>) -> Tile {
    let queries = prefill.queries().range(tl.rank());
    let offset = i64::from(prefill.sizes.kv_len) - i64::from(prefill.sizes.q_len);
    let last_seen = i64::from(queries.start) + offset - i64::from(keys.start);
    let last_seen = i32::try_from(last_seen).expect("lengths are below 2^25");
    let last_seen = tl.iota([queries.end - queries.start, 1], 0, last_seen, 1);
    let key = tl.iota([1, keys.end - keys.start], 1, 0, 1);
    tl.compare(CompareFn::Ge, last_seen, key)
}

/// Block `block` of every rank's keys, of one K and V head.
struct TilePass<'a> {
    prefill: &'a Prefill,
    home: &'a Home,
    head: u32,
    block: u32,
    /// `None` on a rank without queries, which only passes tiles on.
    state: Option<&'a mut Group>,
}

impl TilePass<'_> {
    fn keys(&self, origin: u32) -> Option<Range<u32>> {
        self.prefill.sizes.keys().block(origin, self.prefill.kv_block, self.block)
    }
}

impl Pass for TilePass<'_> {
    fn messages(&self, origin: u32) -> Vec<[u32; 2]> {
        self.keys(origin).map_or_else(Vec::new, |keys| self.prefill.messages(keys.end - keys.start))
    }
    fn needs(&self, rank: u32, origin: u32) -> bool {
        self.keys(origin).is_some_and(|keys| self.prefill.sight(rank, &keys) != Sight::Nothing)
    }
    fn load(&mut self, tl: &mut Tl) -> Vec<Tile> {
        let (Some(shard), Some(keys)) = (self.home.shard, self.keys(tl.rank())) else { return Vec::new() };
        let first = keys.start - self.prefill.sizes.keys().range(tl.rank()).start;
        let shapes = self.messages(tl.rank());
        let messages: Vec<Tile> =
            shapes.iter().map(|&shape| tl.tile(shape, self.prefill.sizes.dtype)).collect();
        let [k, v] = self.split(&messages);
        let loaded = shard.into_iter().zip([k, v]).map(|(tensor, tile)| {
            let from = tl.tensor(tensor).slice(0, self.head, 1).slice(1, first, keys.end - keys.start);
            tl.load_into(from.reshape(tile.shape()), tile)
        });
        let loaded: Vec<Handle> = loaded.collect();
        self.prefill.sizes.network.waits.on(tl, &loaded);
        messages
    }
    fn visit(&mut self, tl: &mut Tl, origin: u32, chunk: &[Tile], ready: &[Handle]) -> Handle {
        let Some(keys) = self.keys(origin) else { return Handle::default() };
        let [k, v] = self.split(chunk);
        let masked = self.prefill.sight(tl.rank(), &keys) == Sight::Diagonal;
        let Some(state) = self.state.as_mut() else { return Handle::default() };
        let mask = masked.then(|| mask(tl, self.prefill, &keys));
        let waits = self.prefill.sizes.network.waits;
        waits.on(tl, ready);
        state.attend(tl, [k, v], mask, waits)
    }
}

impl TilePass<'_> {
    /// K and V of a chunk.
    fn split(&self, chunk: &[Tile]) -> [Tile; 2] {
        match *chunk {
            [k, v] => [k, v],
            [both] => [0, 1].map(|part| {
                let tokens = both.shape()[0] / 2;
                both.slice(0, part * tokens, tokens)
            }),
            _ => unreachable!("a tile travels in one message or two"),
        }
    }
}
