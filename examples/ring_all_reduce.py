"""All-reduce on a ring: y = Σ over ranks of x, in f16 with sums in f32.

Every rank has a row of x and cuts it into one chunk a rank. In the first half each chunk travels once around the ring
and every rank adds its own part to it (reduce-scatter); in the second half the sums travel on (all-gather). A rank
sends 2·(n − 1)/n of its row, whatever the number of ranks.
"""

import kernmesh as km
import numpy as np
from kernmesh import tl


def chunks(elements: int, parts: int) -> list[slice]:
    """Contiguous chunks, as even as whole elements allow."""
    ends = [elements * part // parts for part in range(parts + 1)]
    return [slice(start, end) for start, end in zip(ends, ends[1:])]


@km.kernel(topology="ring", slots=2, reference=lambda x: x.sum(axis=0))
def ring_all_reduce(x: km.Input[km.f16], y: km.Output[km.f16]) -> None:
    rank, n = tl.rank(), tl.num_ranks()
    parts = chunks(x.shape[1], n)
    total = tl.load(x).reshape(-1).to(km.f32)

    with tl.span("reduce-scatter"):
        for step in range(n - 1):
            going, coming = (total[parts[(rank - step - it) % n]] for it in (0, 1))
            tl.send("right", going)
            with tl.recv("left", coming.shape, km.f32) as got:
                tl.add(coming, got, out=coming)

    result = tl.tile(total.shape, km.f16)
    own = parts[(rank + 1) % n]
    tl.cast(total[own], out=result[own])
    with tl.span("all-gather"):
        for step in range(n - 1):
            going, coming = (result[parts[(rank + 1 - step - it) % n]] for it in (0, 1))
            tl.send("right", going)
            tl.recv_into("left", coming)
    tl.store(y, result)


def test_every_rank_has_the_sum() -> None:
    for ranks, elements in [(1, 16), (2, 16), (5, 1000), (8, 9)]:
        x = np.random.default_rng(ranks).standard_normal((ranks, elements)).astype(np.float16)
        place = {"x": km.Shard(0), "y": km.Replicate()}
        run = ring_all_reduce.run(x=x, ranks=ranks, place=place).check()
        assert run.verdict is not None and run.verdict.max_ulp <= 1


if __name__ == "__main__":
    x = np.random.default_rng(0).standard_normal((5, 4096)).astype(np.float16)
    print(ring_all_reduce.run(x=x, ranks=5, place={"x": km.Shard(0)}))
