"""Words beside their NumPy twins: integers, casts, NaN, reductions and the largest few."""

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl

INTS = np.array([[-7, 3, 2**30, -(2**31)], [0, 12, 40, 5]], dtype=np.int32)
FLOATS = np.array([[-2.5, 0.5, np.nan, 300.5], [2.0, -0.0, 1.5, -np.inf]], dtype=np.float32)


def y_of(body, x: np.ndarray, of: type[km.DType], to: type[km.DType]) -> np.ndarray:
    @km.kernel
    def kernel(x: km.Input[of], y: km.Output[to]):
        tl.store(y, body(tl.load(x)))

    return kernel.run(x=x).outputs["y"]


@pytest.mark.parametrize(
    ("body", "twin"),
    [
        (lambda x: tl.rem(x, 5), lambda x: np.fmod(x, 5)),
        (lambda x: x << 3, lambda x: x << 3),
        (lambda x: x >> 3, lambda x: x >> 3),
        (lambda x: tl.shl(x, 32), lambda x: x * 0),
        (lambda x: x & 12, lambda x: x & 12),
        (lambda x: 12 | x, lambda x: x | 12),
        (lambda x: x ^ x, lambda x: x ^ x),
        (tl.bit_not, np.invert),
        (lambda x: x**3, lambda x: x**3),
        (lambda x: tl.clamp(x, -3, 7), lambda x: np.clip(x, -3, 7)),
        (lambda x: tl.prod(x[1:2, 1:3], 1), lambda x: x[1:2, 1:3].prod(1, keepdims=True)),
        (lambda x: tl.fma(x, 3, x), lambda x: x * 3 + x),
        (lambda x: tl.cumsum(x[:, :2], 1), lambda x: x[:, :2].cumsum(1)),
        (lambda x: tl.scan("max", x, 0), lambda x: np.maximum.accumulate(x, 0)),
        (lambda x: tl.argmax(x, 1), lambda x: x.argmax(1)[:, None]),
        (lambda x: tl.argmin(x, 0), lambda x: x.argmin(0)[None]),
    ],
)
def test_words_of_integers(body, twin):
    assert np.array_equal(y_of(body, INTS, km.i32, km.i32), twin(INTS))


@pytest.mark.parametrize(
    ("body", "twin"),
    [
        (lambda x: tl.maximum(x, 1.0), lambda x: np.maximum(x, 1)),
        (lambda x: tl.minimum(x, 1.0), lambda x: np.minimum(x, 1)),
        (lambda x: tl.maxnum(x, 1.0), lambda x: np.fmax(x, 1)),
        (lambda x: tl.minnum(x, 1.0), lambda x: np.fmin(x, 1)),
        (lambda x: tl.max(x, 1), lambda x: x.max(1, keepdims=True)),
        (lambda x: tl.min(x, 0), lambda x: x.min(0, keepdims=True)),
        (lambda x: tl.clamp(x, -1.0, 1.0), lambda x: np.clip(x, -1, 1)),
        (lambda x: x**-2, lambda x: 1 / (x * x)),
        (lambda x: tl.fma(x, x, 1.0), lambda x: x * x + 1),
        (lambda x: tl.cumsum(x, 1), lambda x: x.cumsum(1)),
        (lambda x: tl.scan("min", x, 0), lambda x: np.minimum.accumulate(x, 0)),
        (lambda x: tl.prod(x, 1), lambda x: x.prod(1, keepdims=True)),
    ],
)
def test_words_of_floats(body, twin):
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.array_equal(y_of(body, FLOATS, km.f32, km.f32), twin(FLOATS), equal_nan=True)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("nearest", [[-2, 0, 0, 300], [2, 0, 2, -(2**31)]]),
        ("trunc", [[-2, 0, 0, 300], [2, 0, 1, -(2**31)]]),
        ("floor", [[-3, 0, 0, 300], [2, 0, 1, -(2**31)]]),
        ("wrap", [[-2, 0, 0, 300], [2, 0, 2, 0]]),
    ],
)
def test_casts_to_integers(mode, expected):
    made = y_of(lambda x: tl.cast(x, km.i32, mode), FLOATS, km.f32, km.i32)
    assert np.array_equal(made, expected)


def test_a_mode_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="'up' is no mode of a cast: use one of nearest, trunc"):
        y_of(lambda x: tl.cast(x, km.i32, "up"), FLOATS, km.f32, km.i32)  # type: ignore[arg-type]


def test_a_cast_to_u8_wraps_or_saturates():
    x = np.array([300, -1, 7], dtype=np.int32)
    assert list(y_of(lambda x: tl.cast(x, km.u8, "saturate"), x, km.i32, km.u8)) == [255, 0, 7]
    assert list(y_of(lambda x: tl.cast(x, km.u8), x, km.i32, km.u8)) == [44, 255, 7]


def test_truths_and_masks():
    both = y_of(lambda x: (x > 0.0) & tl.logical_not(x > 1.0), FLOATS, km.f32, km.u8)
    assert np.array_equal(both, (FLOATS > 0) & ~(FLOATS > 1))
    assert np.array_equal(y_of(lambda x: tl.any(x, 0), FLOATS, km.f32, km.u8), FLOATS.any(0)[None])
    assert np.array_equal(y_of(lambda x: tl.all(x, 1), FLOATS, km.f32, km.u8), FLOATS.all(1)[:, None])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_largest_few(axis):
    x = np.random.default_rng(3).integers(-9, 9, (5, 7)).astype(np.float32)
    values = y_of(lambda x: tl.topk(x, 3, axis)[0], x, km.f32, km.f32)
    places = y_of(lambda x: tl.topk(x, 3, axis)[1], x, km.f32, km.i32)
    order = np.take(np.argsort(-x, axis, kind="stable"), range(3), axis)
    assert np.array_equal(places, order)
    assert np.array_equal(values, np.take_along_axis(x, order, axis))


def test_floats_are_refused_where_integers_are_meant():
    with pytest.raises(km.Refused, match="`and` takes integers") as raised:
        y_of(lambda x: x & 1, FLOATS, km.f32, km.f32)
    assert "cast" in str(raised.value.__notes__)
    with pytest.raises(km.Refused, match="`y` of `pow`"):
        y_of(lambda x: tl.pow(x, x), FLOATS, km.f32, km.f32)
    with pytest.raises(km.Refused, match="the 9 largest along axis 1"):
        y_of(lambda x: tl.topk(x, 9, 1)[0], FLOATS, km.f32, km.f32)
