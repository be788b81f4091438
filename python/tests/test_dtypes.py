"""Every dtype from NumPy to a tile and back, integers beside NumPy's, and products of bytes."""

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl

INTEGERS = [km.u8, km.i8, km.i16, km.u16, km.i32, km.u32]


def of_two(body, dtype: type[km.DType], to: type[km.DType], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    @km.kernel
    def kernel(x: km.Input[dtype], y: km.Input[dtype], z: km.Output[to]):
        tl.store(z, body(tl.load(x), tl.load(y)))

    return kernel.run(x=x, y=y).outputs["z"]


def ends(dtype: type[km.DType]) -> tuple[np.ndarray, np.ndarray]:
    """Each number of one axis with each of the other."""
    info = np.iinfo(dtype.numpy_name)
    all_of = np.array([info.min, info.min + 1, 1, 2, 7, info.max // 2 + 1, info.max - 1, info.max], info.dtype)
    x, y = np.meshgrid(all_of, all_of)
    return x, y


@pytest.mark.parametrize("dtype", [*INTEGERS, km.bool_, km.i64, km.f64, km.f32, km.f16], ids=repr)
def test_a_dtype_comes_back(dtype):
    @km.kernel
    def kernel(x: km.Input[dtype], y: km.Output[dtype]):
        tl.store(y, tl.load(x))

    x = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype.numpy_name)
    y = kernel.run(x=x).outputs["y"]
    assert y.dtype == x.dtype
    assert np.array_equal(y, x)


@pytest.mark.parametrize("dtype", INTEGERS, ids=repr)
@pytest.mark.parametrize(
    "twin",
    [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.bitwise_and, np.bitwise_xor],
    ids=lambda f: f.__name__,
)
def test_integers_wrap_as_numpy_s_do(dtype, twin):
    x, y = ends(dtype)
    names = {"subtract": "sub", "multiply": "mul", "bitwise_and": "bit_and", "bitwise_xor": "bit_xor"}
    word = getattr(tl, names.get(twin.__name__, twin.__name__))
    with np.errstate(over="ignore"):
        assert np.array_equal(of_two(word, dtype, dtype, x, y), twin(x, y))


@pytest.mark.parametrize("dtype", INTEGERS, ids=repr)
def test_quotients_and_order_have_the_sign_of_the_dtype(dtype):
    x, y = ends(dtype)
    y = np.where(y == 0, 3, y).astype(y.dtype)
    exact = np.trunc(x.astype(np.longdouble) / y.astype(np.longdouble)).astype(np.int64)
    wide = km.u32 if dtype is km.u32 else km.i32
    assert np.array_equal(of_two(tl.div, dtype, wide, x, y), exact.astype(wide.numpy_name))
    assert np.array_equal(of_two(lambda x, y: x < y, dtype, km.u8, x, y), x < y)
    assert np.array_equal(of_two(lambda x, _: x >> 3, dtype, dtype, x, y), x >> 3)
    assert np.array_equal(of_two(lambda x, _: tl.cast(x, km.f32), dtype, km.f32, x, y), x.astype(np.float32))


def test_truths():
    x = np.array([[0.0, 0.3, -0.0], [np.nan, -5.0, 0.0]], np.float32)

    @km.kernel
    def kernel(x: km.Input[km.f32], small: km.Output[km.bool_], true: km.Output[km.bool_], n: km.Output[km.i32]):
        tile = tl.load(x)
        mask = tl.tile(tile.shape, km.bool_)
        tl.compare("lt", tile, 1.0, out=mask)
        tl.store(small, mask)
        truth = tl.cast(tile, km.bool_)
        tl.store(true, truth)
        tl.store(n, tl.sum(tl.where(mask, truth, tl.bit_not(truth)), 1, acc=km.i32, dtype=km.i32))

    made = kernel.run(x=x).outputs
    assert made["small"].dtype == np.bool_
    assert np.array_equal(made["small"], x < 1)
    assert np.array_equal(made["true"], x.astype(bool))
    assert np.array_equal(made["n"], np.where(x < 1, x != 0, x == 0).sum(1, keepdims=True))


@pytest.mark.parametrize(("a", "b"), [(km.i8, km.i8), (km.u8, km.u8), (km.u8, km.i8)], ids=repr)
def test_products_of_bytes_are_exact(a, b):
    random = np.random.default_rng(7)

    def draw(dtype, *shape):
        info = np.iinfo(dtype.numpy_name)
        return random.integers(info.min, info.max + 1, shape, dtype.numpy_name)

    @km.kernel
    def kernel(x: km.Input[a], y: km.Input[b], z: km.Output[km.i32]):
        z_tile = tl.dot(tl.load(x), tl.load(y))
        tl.dot(tl.load(x), tl.load(y), z_tile)
        tl.store(z, z_tile)

    x, y = draw(a, 2, 9, 300), draw(b, 2, 300, 7)
    assert np.array_equal(kernel.run(x=x, y=y).outputs["z"], 2 * (x.astype(np.int32) @ y.astype(np.int32)))


def test_a_product_accumulates_in_what_it_is_told():
    @km.kernel
    def kernel(x: km.Input[km.f16], y: km.Input[km.f16], z: km.Output[km.f32]):
        tl.store(z, tl.dot(tl.load(x), tl.load(y), acc_dtype=km.f16))

    x, y = np.full((1, 64), 64, np.float16), np.ones((64, 1), np.float16)
    x[0, 1:] = 0.01
    expected = np.float16(0)
    for a in x[0]:
        expected = np.float16(expected + a)
    assert kernel.run(x=x, y=y).outputs["z"] == float(expected)


def test_f64_is_rounded_once():
    x = np.array([1 + 2**-11, 1 + 2**-11 + 2**-40])

    @km.kernel
    def kernel(x: km.Input[km.f16], y: km.Output[km.f16]):
        tl.store(y, tl.load(x))

    assert list(kernel.run(x=x).outputs["y"]) == [1.0, 1 + 2**-10]


def test_what_units_do_not_compute_on_is_refused():
    x = np.arange(4)

    @km.kernel
    def kernel(x: km.Input[km.i64], y: km.Output[km.i64]):
        tl.store(y, tl.load(x) + 1)

    with pytest.raises(km.Refused, match="an operand is i64, which units do not compute on"):
        kernel.run(x=x)

    @km.kernel
    def open_kernel(x: km.Input, y: km.Output[km.i32]):
        tl.store(y, tl.load(x))

    with pytest.raises(TypeError, match=r"is an array of int64, .*x: km.Input\[km.i32\]"):
        open_kernel.run(x=x)


def test_u32_is_not_mixed_with_what_may_be_below_0():
    @km.kernel
    def kernel(x: km.Input[km.u32], y: km.Input[km.i32], z: km.Output[km.u32]):
        tl.store(z, tl.load(x) + tl.load(y))

    with pytest.raises(km.Refused, match="an operand is u32 and another i32"):
        kernel.run(x=np.zeros(3, np.uint32), y=np.zeros(3, np.int32))
    x, y = np.full(3, 2**32 - 1, np.uint32), np.zeros(3, np.uint32)
    assert list(of_two(lambda x, _: tl.maximum(x, 2**32 - 2), km.u32, km.u32, x, y)) == [2**32 - 1] * 3
