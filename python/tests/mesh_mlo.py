"""`mesh_mlo` by its plain description: the keys are sharded, every rank attends to its own and has a partial (m, l, o).

The partials travel both ways along a line, forwarded from their slots, and every rank folds all of them in rank order.
"""

import math

import kernmesh as km
import numpy as np
from kernmesh import tl

WIRE = km.f16


class Partial:
    """m [rows, 1], l [rows, 1] and o [rows, dim] one after the other, in the wire dtype."""

    def __init__(self, rows: int, dim: int) -> None:
        self.whole = tl.tile((1, rows * (dim + 2)), WIRE)
        self.m = self.whole.view(0, (rows, 1), WIRE)
        self.l = self.whole.view(2 * rows, (rows, 1), WIRE)
        self.o = self.whole.view(4 * rows, (rows, dim), WIRE)

    def messages(self, packed: bool) -> list[km.Tile]:
        return [self.whole] if packed else [self.m, self.l, self.o]


class Softmax:
    """The running maximum m, the sum l of exp(s − m) and the sum o of exp(s − m)·v."""

    def __init__(self, rows: int, dim: int) -> None:
        self.m = tl.full((rows, 1), -math.inf, km.f32)
        self.l = tl.zeros((rows, 1), km.f32)
        self.o = tl.zeros((rows, dim), km.f32)

    def absorb(self, scores: km.Tile, v: km.Tile) -> None:
        m = tl.maximum(self.m, tl.max(scores, 1))
        reference = tl.where(m > -math.inf, m, 0.0)
        tl.sub(scores, reference, out=scores)
        p = tl.exp(scores, out=tl.tile(scores.shape, km.f16))
        summed = tl.sum(p, 1, dtype=km.f32)
        decay = tl.sub(self.m, reference)
        tl.exp(decay, out=decay)
        tl.mul(self.l, decay, out=self.l)
        tl.add(self.l, summed, out=self.l)
        tl.mul(self.o, decay, out=self.o)
        tl.dot(p, v, self.o)
        self.m = m

    def finish(self, m: km.Tile, l: km.Tile, o: km.Tile) -> None:
        """l relative to the m that travels, which is rounded first; o divided by l."""
        tl.cast(self.m, out=m)
        rounding = tl.sub(self.m, m)
        tl.exp(rounding, out=rounding)
        tl.mul(self.l, rounding, out=l)
        divisor = tl.where(self.l == 0.0, 1.0, self.l)
        tl.mul(self.o, tl.reciprocal(divisor), out=o)


def attend(q: km.HbmTile, k: km.HbmTile, v: km.HbmTile, block: int, own: Partial) -> None:
    heads, q_len, dim = q.shape
    kv_heads, tokens, _ = k.shape
    rows = heads // kv_heads * q_len
    queries = tl.load(q).reshape(heads * q_len, dim)
    for head in range(kv_heads):
        softmax = Softmax(rows, dim)
        for at in range(0, tokens, block):
            keys, values = (tl.load(it[head : head + 1, at : at + block]).reshape(-1, dim) for it in (k, v))
            scores = tl.dot(queries.slice(0, head * rows, rows), keys.T)
            tl.mul(scores, float(np.float32(1 / math.sqrt(dim))), out=scores)
            softmax.absorb(scores, values)
        softmax.finish(*(part.slice(0, head * rows, rows) for part in (own.m, own.l, own.o)))


def exchange(partials: list[Partial], packed: bool) -> None:
    rank, n = tl.rank(), tl.num_ranks()
    sides = (("right", "left", -1), ("left", "right", 1))
    for side, _, _ in sides:
        if tl.neighbour(side) is not None:
            for message in partials[rank].messages(packed):
                tl.send(side, message)
    for step in range(1, n):
        for side, source, way in sides:
            origin = rank + way * step
            if not 0 <= origin < n:
                continue
            for tile in partials[origin].messages(packed):
                if tl.neighbour(side) is None:
                    tl.recv_into(source, tile)
                    continue
                got = tl.recv(source, tile.shape, WIRE)
                tl.forward(side, got)
                tl.copy(got, out=tile)
                tl.release(got)


def fold(partials: list[Partial], rows: int, dim: int) -> km.Tile:
    largest = tl.full((rows, 1), -math.inf, km.f32)
    for partial in partials:
        tl.maximum(largest, partial.m, out=largest)
    weights, total = tl.zeros((rows, 1), km.f32), tl.zeros((rows, dim), km.f32)
    for partial in partials:
        weight = tl.tile((rows, 1), km.f32)
        tl.sub(partial.m, largest, out=weight)
        tl.exp(weight, out=weight)
        tl.mul(weight, partial.l, out=weight)
        tl.add(weights, weight, out=weights)
        weighted = tl.tile((rows, dim), km.f32)
        tl.mul(partial.o, weight, out=weighted)
        tl.add(total, weighted, out=total)
    tl.expect(weights, range(tl.num_ranks()))
    inverse = tl.reciprocal(weights)
    return tl.mul(total, inverse, out=tl.tile((rows, dim), km.f16))


@km.kernel(topology="line", slots=4)
def mesh_mlo(
    q: km.Input[km.f16],
    k: km.Input[km.f16],
    v: km.Input[km.f16],
    out: km.Output[km.f16],
    block: int = 128,
    packed: bool = False,
) -> None:
    heads, q_len, dim = q.shape
    rows = heads * q_len
    partials = [Partial(rows, dim) for _ in range(tl.num_ranks())]
    own = partials[tl.rank()]
    if 0 not in k.shape:
        attend(q, k, v, block, own)
    else:
        for part, value in ((own.m, -math.inf), (own.l, 0.0), (own.o, 0.0)):
            tl.fill(part, value)
    tl.contribute(own.l, tl.rank())
    exchange(partials, packed)
    tl.store(out, fold(partials, rows, dim).reshape(heads, q_len, dim))


PLACE = {"k": km.Shard(1), "v": km.Shard(1)}
