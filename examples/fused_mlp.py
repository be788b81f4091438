"""A fused MLP with a partial sum: y = relu(x·w1)·w2, the hidden units sharded over the ranks.

Each rank has some columns of w1 and the same rows of w2, so its hidden units never leave its TCM. What it adds to y is a
partial sum in f32, which travels along a line of ranks and grows; the last rank stores it.
"""

import kernmesh as km
import numpy as np
from kernmesh import tl


def exact(x: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    return np.maximum(x @ w1, 0) @ w2


def naive(x: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """As one rank would: hidden units rounded to f16, products in f32."""
    hidden = np.maximum(x.astype(np.float32) @ w1.astype(np.float32), 0).astype(np.float16)
    return (hidden.astype(np.float32) @ w2.astype(np.float32)).astype(np.float16)


@km.kernel(topology="line", reference=exact, naive=naive)
def fused_mlp(
    x: km.Input[km.f16],
    w1: km.Input[km.f16],
    w2: km.Input[km.f16],
    y: km.Output[km.f16],
    block: int = 64,
) -> None:
    rows = tl.load(x)
    total = tl.zeros((x.shape[0], w2.shape[1]), km.f32)
    for at in range(0, w1.shape[1], block):
        hidden = tl.maximum(tl.dot(rows, tl.load(w1[:, at : at + block])), 0.0).to(km.f16)
        total = tl.dot(hidden, tl.load(w2[at : at + block, :]), total)

    with tl.span("partial sum"):
        if tl.neighbour("left") is not None:
            with tl.recv("left", total.shape, km.f32) as so_far:
                tl.add(total, so_far, out=total)
        if tl.neighbour("right") is not None:
            tl.send("right", total)
        else:
            tl.store(y, total)


PLACE = {"w1": km.Shard(1), "w2": km.Shard(0)}


def drawn(rows: int, width: int, hidden: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"x": (rows, width), "w1": (width, hidden), "w2": (hidden, width)}
    return {name: (rng.standard_normal(shape) / 8).astype(np.float16) for name, shape in shapes.items()}


def test_the_partial_sums_make_the_product() -> None:
    for ranks, rows, width, hidden in [(1, 4, 16, 32), (4, 16, 64, 256), (3, 5, 24, 100)]:
        fused_mlp.run(**drawn(rows, width, hidden), ranks=ranks, place=PLACE).check()


if __name__ == "__main__":
    print(fused_mlp.run(**drawn(64, 256, 1024), ranks=8, place=PLACE))
