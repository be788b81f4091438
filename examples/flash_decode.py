"""Flash decode over a ring: attention of one query a head, keys and values sharded over the ranks.

Each rank attends to its own keys by online softmax and has a partial: the maximum m of its scores, the sum l of
exp(s − m), and the sum o of exp(s − m)·v. The partials travel around the ring, forwarded from their slots. Every rank
then merges those of its share of the heads, in rank order.
"""

import math

import kernmesh as km
import numpy as np
from kernmesh import tl


def exact(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    scores = q @ k.T / math.sqrt(q.shape[1])
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights @ v / weights.sum(axis=1, keepdims=True)


def naive(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """As one rank would: weights rounded to f16, sums in f32."""
    q, k, v = (it.astype(np.float32) for it in (q, k, v))
    scores = q @ k.T / np.float32(math.sqrt(q.shape[1]))
    weights = np.exp(scores - scores.max(axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    return (weights @ v / weights.sum(axis=1, keepdims=True)).astype(np.float16)


class Partial:
    """m [heads, 1], l [heads, 1] and o [heads, dim], side by side in one tile."""

    def __init__(self, whole: km.Tile) -> None:
        self.whole = whole
        self.m, self.l, self.o = whole[:, 0:1], whole[:, 1:2], whole[:, 2:]


def attend(q: km.Tile, k: km.HbmTile, v: km.HbmTile, block: int, into: Partial) -> None:
    tl.fill(into.m, -math.inf)
    tl.fill(into.l, 0.0)
    tl.fill(into.o, 0.0)
    for at in range(0, k.shape[0], block):
        keys, values = tl.load(k[at : at + block]), tl.load(v[at : at + block])
        scores = tl.dot(q, keys.T) * (1 / math.sqrt(q.shape[1]))
        m = tl.maximum(into.m, tl.max(scores, axis=1))
        weights = tl.exp(scores - m).to(km.f16)
        decay = tl.exp(into.m - m)
        tl.mul(into.l, decay, out=into.l)
        tl.add(into.l, tl.sum(weights, axis=1, dtype=km.f32), out=into.l)
        tl.mul(into.o, decay, out=into.o)
        tl.dot(weights, values, into.o)
        tl.copy(m, out=into.m)


def merged(partials: list[Partial], heads: slice) -> km.Tile:
    largest = partials[0].m[heads]
    for it in partials[1:]:
        largest = tl.maximum(largest, it.m[heads])
    weights = [tl.exp(it.m[heads] - largest) for it in partials]
    length = weights[0] * partials[0].l[heads]
    total = partials[0].o[heads] * weights[0]
    for it, weight in zip(partials[1:], weights[1:]):
        length = length + weight * it.l[heads]
        total = total + it.o[heads] * weight
    return total / length


@km.kernel(topology="ring", slots=2, reference=exact, naive=naive)
def flash_decode(
    q: km.Input[km.f16], k: km.Input[km.f16], v: km.Input[km.f16], y: km.Output[km.f16], block: int = 32
) -> None:
    rank, n = tl.rank(), tl.num_ranks()
    heads, dim = q.shape
    partials = [Partial(tl.tile((heads, dim + 2), km.f32)) for _ in range(n)]
    with tl.span("attend"):
        attend(tl.load(q), k, v, block, partials[rank])
    with tl.span("gather"):
        if n > 1:
            tl.send("right", partials[rank].whole)
        for step in range(1, n):
            with tl.recv("left", (heads, dim + 2), km.f32) as got:
                if step < n - 1:
                    tl.forward("right", got)
                tl.copy(got, out=partials[(rank - step) % n].whole)
    with tl.span("merge"):
        share = slice(heads * rank // n, heads * (rank + 1) // n)
        if share.start < share.stop:
            tl.store(y, merged(partials, share))


PLACE = {"q": km.Replicate(), "k": km.Shard(0), "v": km.Shard(0), "y": km.Shard(0)}


def drawn(heads: int, tokens: int, dim: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"q": (heads, dim), "k": (tokens, dim), "v": (tokens, dim)}
    return {name: rng.standard_normal(shape).astype(np.float16) for name, shape in shapes.items()}


def test_the_partials_make_the_attention() -> None:
    for ranks, heads, tokens, dim in [(1, 4, 70, 16), (4, 8, 256, 32), (3, 7, 100, 16), (5, 3, 4, 8)]:
        flash_decode.run(**drawn(heads, tokens, dim), ranks=ranks, place=PLACE).check()


if __name__ == "__main__":
    print(flash_decode.run(**drawn(16, 4096, 128), ranks=8, place=PLACE))
