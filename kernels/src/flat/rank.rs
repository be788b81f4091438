//! Program of one rank.

use program::tl::{Group, Handle, Tile, Tl};
use program::{DType, TensorId};

use super::groups::Groups;
use super::{Flat, Home, Square};
use crate::softmax::scores;
use crate::waits::Waits;

pub fn attend(tl: &mut Tl, flat: &Flat, groups: &Groups, home: &Home) {
    let Some(at) = flat.squares.at(tl.rank()) else { return };
    let rank = Rank { flat, groups, home, at, waits: flat.sizes.network.waits };
    let heads = flat.squares.heads(at.square);
    for head in 0..heads.end - heads.start {
        for block in 0..flat.squares.q_blocks() {
            tl.span(&format!("head {}, queries {block}", heads.start + head), |tl| {
                rank.queries(tl, head, block);
            });
        }
    }
}

struct Rank<'a> {
    flat: &'a Flat,
    groups: &'a Groups,
    home: &'a Home,
    at: Square,
    waits: Waits,
}

/// A tile that all ranks of a group have: the root's own, and a message at the others.
#[derive(Clone, Copy)]
struct Common {
    tile: Tile,
    is_message: bool,
    /// The multicast, of a root.
    sent: Handle,
}

/// Softmax state of a row of queries over a rank's keys: as [`crate::softmax::Softmax`], but m is that of the whole row.
struct Seen {
    m: Tile,
    l: Tile,
    o: Tile,
    added: Handle,
}

impl Rank<'_> {
    /// A block of queries of one K and V head, which is counted from the first of the square.
    fn queries(&self, tl: &mut Tl, head: u32, block: u32) {
        let (sizes, row) = (&self.flat.sizes, self.groups.row(self.at));
        let queries = self.flat.squares.queries(block, self.at.row);
        let [rows, dim] = [sizes.group() * (queries.end - queries.start), sizes.head_dim];
        let group = sizes.group();
        let part = |tl: &Tl, tensor: TensorId| tl.tensor(tensor).slice(0, head * group, group);
        let home = self.home.queries.get(block as usize);
        let q = self.common(tl, &row.queries, [rows, dim], |tl| {
            let [q, _] = *home.expect("the root of a row holds its queries");
            tl.load(part(tl, q)).reshape([rows, dim])
        });
        let mut seen = Seen {
            m: tl.full([rows, 1], DType::F32, f32::NEG_INFINITY),
            l: tl.full([rows, 1], DType::F32, 0.0),
            o: tl.full([rows, dim], DType::F32, 0.0),
            added: Handle::default(),
        };
        let mut scored = Handle::default();
        for keys in 0..self.flat.squares.kv_blocks() {
            scored = self.keys(tl, head, keys, q.tile, &mut seen);
        }
        self.leave(tl, q, &[scored]);
        self.gather(tl, seen, |tl, tile| {
            let [_, out] = *home.expect("the root of a row holds its outputs");
            let to = part(tl, out);
            let stored = tl.store(tile.reshape(to.shape()), to);
            self.waits.on(tl, &[stored]);
        });
    }

    /// Accumulates a block of keys. Returns the op that reads q.
    fn keys(&self, tl: &mut Tl, head: u32, block: u32, q: Tile, seen: &mut Seen) -> Handle {
        let keys = self.flat.squares.keys(block, self.at.column);
        let shape = [keys.end - keys.start, self.flat.sizes.head_dim];
        let home = self.home.keys.get(block as usize);
        let [k, v] = [0, 1].map(|which| {
            self.common(tl, &self.groups.column(self.at)[which], shape, |tl| {
                let tensors = home.expect("the root of a column holds its keys");
                tl.load(tl.tensor(tensors[which]).slice(0, head, 1)).reshape(shape)
            })
        });
        let scores = scores(tl, q, k.tile, self.waits);
        let m = self.maximum(tl, scores, seen.m);
        tl.to(scores).sub(scores, m);
        let p = tl.tile(scores.shape(), self.flat.sizes.dtype);
        let made = tl.to(p).exp(scores);
        let sum = tl.sum_as(p, 1, DType::F32, DType::F32, false);
        let decay = tl.sub(seen.m, m);
        tl.to(decay).exp(decay);
        tl.to(seen.l).mul(seen.l, decay);
        tl.to(seen.l).add(seen.l, sum);
        self.waits.on(tl, &[seen.added]);
        let decayed = tl.to(seen.o).mul(seen.o, decay);
        self.waits.on(tl, &[made, decayed]);
        seen.added = tl.dot_acc(seen.o, p, v.tile);
        seen.m = m;
        // One unit does both products, in order.
        self.leave(tl, k, &[seen.added]);
        self.leave(tl, v, &[seen.added]);
        seen.added
    }

    /// The maximum of a whole row of scores and of those before, the same on all ranks of the row: rounded as it is
    /// sent, also on the root.
    fn maximum(&self, tl: &mut Tl, scores: Tile, before: Tile) -> Tile {
        let (row, wire) = (self.groups.row(self.at), self.flat.wire);
        let mine = tl.tile(before.shape(), wire);
        let made = tl.to(mine).max(scores, 1);
        let all = match row.stats.ring(tl.rank()) {
            Some(ring) => {
                self.waits.on(tl, &[made]);
                let sent = tl.send_ring(ring, mine);
                self.waits.on(tl, &[sent]);
                mine
            }
            None if row.stats.rings.is_empty() => mine,
            None => tl.recv_max(&row.stats.rings, mine),
        };
        let all = self.common(tl, &row.maxima, before.shape(), |_| all);
        let m = tl.tile(before.shape(), DType::F32);
        let taken = tl.to(m).maximum(before, all.tile);
        self.leave(tl, all, &[taken]);
        m
    }

    /// Reduces the row's sums and outputs at its root, which stores the result.
    fn gather(&self, tl: &mut Tl, seen: Seen, store: impl FnOnce(&mut Tl, Tile)) {
        let (row, wire) = (self.groups.row(self.at), self.flat.wire);
        self.waits.on(tl, &[seen.added]);
        let [l, o] = [seen.l, seen.o].map(|tile| self.on_the_wire(tl, tile, wire));
        if let (Some(stats), Some(outputs)) = (row.stats.ring(tl.rank()), row.outputs.ring(tl.rank())) {
            self.waits.on(tl, &[l.handle(), o.handle()]);
            let sent = [tl.send_ring(stats, l), tl.send_ring(outputs, o)];
            self.waits.on(tl, &sent);
            return;
        }
        let sum = |tl: &mut Tl, group: &Group, tile: Tile| {
            if group.rings.is_empty() {
                return tile;
            }
            let to = tl.tile(tile.shape(), DType::F32);
            tl.to(to).recv_sum(&group.rings, tile);
            to
        };
        let (l, o) = (sum(tl, &row.stats, l), sum(tl, &row.outputs, o));
        let inverse = tl.reciprocal(l);
        let out = tl.tile(o.shape(), self.flat.sizes.dtype);
        let made = tl.to(out).mul(o, inverse);
        self.waits.on(tl, &[made]);
        store(tl, out);
    }

    fn on_the_wire(&self, tl: &mut Tl, tile: Tile, wire: DType) -> Tile {
        if wire == DType::F32 { tile } else { tl.cast(tile, wire) }
    }

    /// A tile that the root computes and all of its group receive.
    fn common(
        &self,
        tl: &mut Tl,
        group: &Group,
        shape: impl AsRef<[u32]>,
        make: impl FnOnce(&mut Tl) -> Tile,
    ) -> Common {
        if let Some(ring) = group.ring(tl.rank()) {
            let dtype = self.dtype_of(group);
            let tile = tl.recv_ring(ring, shape, dtype);
            return Common { tile, is_message: true, sent: Handle::default() };
        }
        let tile = make(tl);
        self.waits.on(tl, &[tile.handle()]);
        let sent = if group.rings.is_empty() { Handle::default() } else { tl.multicast(&group.rings, tile) };
        Common { tile, is_message: false, sent }
    }

    fn dtype_of(&self, group: &Group) -> DType {
        let maxima = &self.groups.row(self.at).maxima;
        if group.rings == maxima.rings { self.flat.wire } else { self.flat.sizes.dtype }
    }

    /// After its last readers a slot is released, or a tile may be written again.
    fn leave(&self, tl: &mut Tl, common: Common, readers: &[Handle]) {
        if common.is_message {
            self.waits.release(tl, common.tile, readers);
        } else {
            self.waits.on(tl, &[common.sent]);
        }
    }
}
