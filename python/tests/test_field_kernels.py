"""Kernels as public repositories have them, in a few lines each, against plain NumPy in f64."""

import math

import kernmesh as km
import numpy as np
from kernmesh import tl

LOG2_E = math.log2(math.e)


def drawn(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float16)


def softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def rms_norm(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x * x).mean(axis=1, keepdims=True) + 1e-5) * w


def test_rms_norm():
    @km.kernel(reference=rms_norm)
    def kernel(x: km.Input[km.f16], w: km.Input[km.f16], y: km.Output[km.f16]):
        rows = tl.cast(tl.load(x), km.f32)
        mean = tl.sum(rows * rows, axis=1) / float(rows.shape[1])
        tl.store(y, rows * tl.rsqrt(mean + 1e-5) * tl.load(w))

    place = {"x": km.Shard(0), "w": km.Replicate(), "y": km.Shard(0)}
    kernel.run(x=drawn(10, 64), w=drawn(64, seed=1), ranks=3, place=place).check()


def swiglu(x: np.ndarray, gate: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    g = x @ gate
    return (g / (1 + np.exp(-g)) * (x @ up)) @ down


def test_swiglu():
    @km.kernel(reference=swiglu)
    def kernel(
        x: km.Input[km.f16],
        gate: km.Input[km.f16],
        up: km.Input[km.f16],
        down: km.Input[km.f16],
        y: km.Output[km.f16],
    ):
        rows = tl.load(x)
        g = tl.dot(rows, tl.load(gate))
        hidden = (g * tl.sigmoid(g) * tl.dot(rows, tl.load(up))).to(km.f16)
        tl.store(y, tl.dot(hidden, tl.load(down)))

    weights = {name: drawn(16, 16, seed=at, scale=0.3) for at, name in enumerate(("gate", "up", "down"))}
    place = {name: km.Replicate() for name in weights} | {"x": km.Shard(0), "y": km.Shard(0)}
    kernel.run(x=drawn(8, 16, seed=9), **weights, ranks=2, place=place, rtol=1e-2, atol=2e-3).check()


def rope(x: np.ndarray, first: int) -> np.ndarray:
    half = x.shape[1] // 2
    angle = (first + np.arange(x.shape[0]))[:, None] / 10000 ** (np.arange(half) / half)
    a, b = x[:, :half], x[:, half:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], axis=1)


def test_rope():
    @km.kernel(reference=lambda x: rope(x, 5))
    def kernel(x: km.Input[km.f16], y: km.Output[km.f16]):
        rows = tl.cast(tl.load(x), km.f32)
        tokens, half = rows.shape[0], rows.shape[1] // 2
        token = tl.cast(tl.iota((tokens, half), 0, start=5), km.f32)
        pair = tl.cast(tl.iota((tokens, half), 1), km.f32)
        angle = token * tl.exp2(pair * (-math.log2(10000) / half))
        sin, cos = tl.sin(angle), tl.cos(angle)
        a, b = rows[:, :half], rows[:, half:]
        out = tl.zeros(rows.shape, km.f32)
        tl.sub(a * cos, b * sin, out=out[:, :half])
        tl.add(a * sin, b * cos, out=out[:, half:])
        tl.store(y, out)

    kernel.run(x=drawn(12, 32)).check()


def capped(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    return softmax(30 * np.tanh(q @ k.T / math.sqrt(q.shape[1]) / 30)) @ v


def test_soft_capped_scores():
    @km.kernel(reference=capped)
    def kernel(q: km.Input[km.f16], k: km.Input[km.f16], v: km.Input[km.f16], y: km.Output[km.f16]):
        scores = tl.dot(tl.load(q), tl.load(k).T) * (1 / math.sqrt(q.shape[1]))
        scores = tl.tanh(scores / 30.0) * 30.0
        weights = tl.exp(scores - tl.max(scores, axis=1))
        weights = weights / tl.sum(weights, axis=1)
        tl.store(y, tl.dot(weights.to(km.f16), tl.load(v)))

    kernel.run(q=drawn(6, 16, scale=8), k=drawn(24, 16, seed=1, scale=8), v=drawn(24, 16, seed=2)).check()


def windowed(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    query, key = np.arange(q.shape[0])[:, None], np.arange(k.shape[0])
    seen = (key <= query) & ((query - key < 4) | (key < 2))
    return softmax(np.where(seen, q @ k.T, -np.inf)) @ v


def test_a_sliding_window_with_sinks():
    @km.kernel(reference=windowed)
    def kernel(q: km.Input[km.f16], k: km.Input[km.f16], v: km.Input[km.f16], y: km.Output[km.f16]):
        scores = tl.dot(tl.load(q), tl.load(k).T)
        query, key = tl.iota(scores.shape, 0), tl.iota(scores.shape, 1)
        seen = (key <= query) & ((query - key < 4) | (key < 2))
        scores = tl.where(seen, scores, -math.inf)
        weights = tl.exp(scores - tl.max(scores, axis=1))
        weights = weights / tl.sum(weights, axis=1)
        tl.store(y, tl.dot(weights.to(km.f16), tl.load(v)))

    kernel.run(q=drawn(16, 8), k=drawn(16, 8, seed=1), v=drawn(16, 8, seed=2)).check()


def merged(lse: np.ndarray, o: np.ndarray) -> np.ndarray:
    """Of partial outputs [parts, dim] with base-2 logarithms of their sums [parts, 1]."""
    weights = np.exp2(lse - lse.max())
    return (weights * o).sum(0, keepdims=True) / weights.sum()


def merge(is_base_2: bool) -> km.Kernel:
    @km.kernel(reference=merged)
    def kernel(lse: km.Input[km.f32], o: km.Input[km.f32], y: km.Output[km.f32]):
        each = tl.load(lse)
        away = each - tl.max(each, axis=0)
        weights = tl.exp2(away) if is_base_2 else tl.exp(away)
        total = tl.sum(weights * tl.load(o), axis=0)
        tl.store(y, total / tl.sum(weights, axis=0))

    return kernel


def test_partials_are_merged_by_the_base_that_they_have():
    given = {"lse": (drawn(5, 1) * np.float32(LOG2_E)).astype(np.float32), "o": drawn(5, 8, seed=1).astype(np.float32)}
    merge(is_base_2=True).run(**given, rtol=1e-5).check()
    assert not merge(is_base_2=False).run(**given, rtol=1e-5).passed


def gate(x: np.ndarray, w: np.ndarray, k: int = 2) -> tuple[np.ndarray, np.ndarray]:
    scores = softmax(x @ w)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    return best / best.sum(axis=1, keepdims=True), order


def test_a_gate_of_experts():
    @km.kernel
    def kernel(x: km.Input[km.f16], w: km.Input[km.f16], weights: km.Output[km.f32], experts: km.Output[km.i32]):
        scores = tl.dot(tl.load(x), tl.load(w))
        scores = tl.exp(scores - tl.max(scores, axis=1))
        best, places = tl.topk(scores / tl.sum(scores, axis=1), 2, axis=1)
        tl.store(weights, best / tl.sum(best, axis=1))
        tl.store(experts, places)

    x, w = drawn(9, 16), drawn(16, 6, seed=1)
    run = kernel.run(x=x, w=w)
    best, order = gate(x.astype(np.float64), w.astype(np.float64))
    assert np.array_equal(run.outputs["experts"], order)
    assert np.allclose(run.outputs["weights"], best, rtol=1e-5)


def quantised(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = np.abs(x).max(axis=1, keepdims=True) / 127
    return np.clip(np.rint(x / scale), -127, 127) + 128, scale


def test_a_cache_in_eight_bits():
    """Rows as u8 around 128 with a scale each: written, read back and used for scores."""

    @km.kernel
    def kernel(
        k: km.Input[km.f32],
        q: km.Input[km.f16],
        cache: km.Output[km.u8],
        scales: km.Output[km.f32],
        scores: km.Output[km.f32],
    ):
        rows = tl.load(k)
        scale = tl.max(tl.abs(rows), axis=1) / 127.0
        codes = tl.cast(tl.clamp(rows / scale, -127.0, 127.0) + 128.0, km.u8)
        tl.store(cache, codes)
        tl.store(scales, scale)
        keys = (tl.cast(codes, km.f32) - 128.0) * scale
        tl.store(scores, tl.dot(tl.load(q), keys.to(km.f16).T))

    k, q = drawn(20, 16).astype(np.float32), drawn(3, 16, seed=1)
    run = kernel.run(k=k, q=q)
    codes, scale = quantised(k)
    assert np.array_equal(run.outputs["cache"], codes)
    assert np.array_equal(run.outputs["scales"], scale.astype(np.float32))
    assert np.allclose(run.outputs["scores"], q.astype(np.float64) @ k.T, atol=0.1)


def test_pages_of_a_cache():
    """The table of pages is known while recording: each rank loads the pages of its sequence by number."""
    table = [[3, 0, 5], [1, 4, 2]]

    def exact(q: np.ndarray, pages: np.ndarray) -> np.ndarray:
        keys = [np.concatenate([pages[page] for page in pages_of]) for pages_of in table]
        return np.concatenate([softmax(q[i : i + 1] @ keys[i].T) @ keys[i] for i in range(2)])

    @km.kernel(reference=exact)
    def kernel(q: km.Input[km.f16], pages: km.Input[km.f16], y: km.Output[km.f16]):
        query = tl.load(q)
        m, l, o = tl.full((1, 1), -math.inf, km.f32), tl.zeros((1, 1), km.f32), tl.zeros((1, 8), km.f32)
        for page in table[tl.rank()]:
            keys = tl.load(pages[page])
            scores = tl.dot(query, keys.T)
            larger = tl.maximum(m, tl.max(scores, axis=1))
            weights, decay = tl.exp(scores - larger), tl.exp(m - larger)
            l = l * decay + tl.sum(weights, axis=1)
            o = tl.dot(weights.to(km.f16), keys, o * decay)
            m = larger
        tl.store(y, o / l)

    place = {"q": km.Shard(0), "pages": km.Replicate(), "y": km.Shard(0)}
    kernel.run(q=drawn(2, 8), pages=drawn(6, 4, 8, seed=1), ranks=2, place=place).check()


E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def from_mxfp4(codes: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The numbers of bytes of two elements, the first in the low bits, and of E8M0 scales of 32."""
    # A reference has all inputs in f64.
    codes = codes.astype(int)
    nibbles = np.stack([codes & 15, codes >> 4], axis=-1).reshape(*codes.shape[:-1], -1)
    values = np.where(nibbles & 8, -1, 1) * E2M1[nibbles & 7]
    return values * np.repeat(2.0 ** (scales.astype(int) - 127), 32, axis=-1)


def test_mxfp4_gemm():
    """The weights are stored along k in blocks of 32, and so are the activations."""

    @km.kernel(reference=lambda x, xs, w, ws: from_mxfp4(x, xs) @ from_mxfp4(w, ws).T)
    def kernel(
        x: km.Input[km.u8], xs: km.Input[km.u8], w: km.Input[km.u8], ws: km.Input[km.u8], y: km.Output[km.f32]
    ):
        out = tl.zeros(y.shape, km.f32)
        for at in range(0, x.shape[1], 32):
            k, by = slice(at, at + 32), slice(at // 16, at // 16 + 2)
            a, b = tl.load(x[:, k]), tl.load(w[:, k])
            tl.dot_scaled(a, tl.load(xs[:, by]), "mxfp4", b, tl.load(ws[:, by]), "mxfp4", out)
        tl.store(y, out)

    x, w = drawn(8, 256, seed=1).astype(np.float32), drawn(16, 256, seed=2, scale=0.05).astype(np.float32)
    (x4, xs), (w4, ws) = km.quantize(x, "mxfp4"), km.quantize(w, "mxfp4")
    assert (x4.shape, xs.shape) == ((8, 128), (8, 8))
    # Of each block the error is at most half of the widest step, 2, of its scale; what is beyond 6 saturates.
    step = np.repeat(2.0 ** (xs.astype(int) - 127), 32, axis=-1)
    assert (np.abs(from_mxfp4(x4, xs) - x) <= 2 * step).all()
    place = {name: km.Replicate() for name in ("w", "ws")} | {name: km.Shard(0) for name in ("x", "xs", "y")}
    kernel.run(x=x4, xs=xs, w=w4, ws=ws, ranks=2, place=place, shapes={"y": (8, 16)}).check()
