"""What a kernel does on its rank. Each function records an op; nothing is computed while a kernel is recorded.

Names are those of the Rust interface, and Triton's where they mean the same. `out=` writes into a given tile, rounded
once to its dtype.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal, Union

from kernmesh import _kernmesh as _k
from kernmesh._arguments import extents as _extents
from kernmesh._current import recorder as _ops
from kernmesh._errors import Error
from kernmesh._operands import Awaited, awaited_by as _awaited, tile_of as _tile
from kernmesh._kernmesh import Handle, HbmTile, Output, Semaphore, Team, Tile
from kernmesh._types import InOut
from kernmesh.dtypes import (
    DType, bf16, bool_, dtype_of, f8e4m3, f8e5m2, f16, f32, f64, i8, i16, i32, i64, u8, u16, u32,
)  # fmt: skip

Direction = Literal["left", "right"]
Shape = Union[Sequence[int], int]
#: An operand: a tile, or a number that broadcasts.
Term = Union[Tile, float]
_DType = Union[type[DType], str]
_CASTS = {
    "nearest": "cast",
    "trunc": "cast_trunc",
    "floor": "cast_floor",
    "saturate": "cast_saturate",
    "wrap": "cast_wrap",
}

float32, float16, bfloat16 = f32, f16, bf16
float8e4nv, float8e5, float64 = f8e4m3, f8e5m2, f64
int1, int8, int16, int32, int64 = bool_, i8, i16, i32, i64
uint8, uint16, uint32 = u8, u16, u32
#: The annotation of an argument that is a plain Python value: every such argument is one.
constexpr = Any
static_range = range


def _shape(shape: Shape) -> list[int]:
    return _extents("the shape", shape)


# Ranks


def rank() -> int:
    """The rank that is recorded."""
    return _k.rank(_ops())


def num_ranks() -> int:
    return _k.num_ranks(_ops())


def program_id(axis: int = 0) -> int:
    """This rank's coordinate on the grid of ranks; with one axis, its number."""
    return _k.program_id(_ops(), axis)


def num_programs(axis: int = 0) -> int:
    """The number of ranks, on a grid of one axis."""
    if axis != 0:
        raise ValueError("tl.num_programs of an axis but 0: pass the extents of the grid to the kernel")
    return num_ranks()


def neighbour(to: Direction) -> int | None:
    """The rank on that side; None at the end of a line."""
    return _k.neighbour(_ops(), to)


def cdiv(a: int, b: int) -> int:
    return -(-a // b)


# Memory


def load(source: HbmTile, *, out: Tile | None = None) -> Tile:
    """HBM to a new tile, or to `out`."""
    given: object = source
    if isinstance(given, Output):
        raise TypeError(f"tl.load of the output `{given.name}`: what a kernel writes it cannot load")
    if not isinstance(given, HbmTile):
        raise TypeError(f"tl.load takes an input of the kernel or a box of it, not {type(given).__name__}")
    return _k.load(_ops(), source, out)


def store(target: Output | InOut[Any], value: Tile) -> Handle:
    """A tile to HBM: where, then what. A tile of another dtype is rounded first."""
    return _k.store(_ops(), target, value)


def gather(source: HbmTile, rows: Iterable[int], axis: int = 0) -> Tile:
    """The rows of an axis that a table of the host names, in its order: a load for each run of rows that follow."""
    return _k.gather(_ops(), _hbm("gather", source), _rows("gather", rows), axis)


def scatter(target: Output | InOut[Any], rows: Iterable[int], value: Tile, axis: int = 0) -> Handle:
    """A tile to the rows of an axis that a table of the host names, each once."""
    return _k.scatter(_ops(), target, _rows("scatter", rows), _tile("scatter", value), axis)


def load_box(source: HbmTile, starts: Sequence[int], shape: Shape, other: float = 0.0) -> Tile:
    """The box that begins at `starts`; elements outside of the tensor are `other`."""
    return _k.load_box(_ops(), _hbm("load_box", source), _whole(starts), _shape(shape), other)


def store_box(target: Output | InOut[Any], starts: Sequence[int], value: Tile) -> Handle:
    """A tile to the box that begins at `starts`; elements outside of the tensor are left out."""
    return _k.store_box(_ops(), target, _whole(starts), _tile("store_box", value))


def store_add(target: InOut[Any], value: Tile) -> Handle:
    """Adds a tile to a tensor that is given and taken: a load, an add and a store. Ranks that add to one place must be
    ordered, by semaphores, messages or barriers."""
    return _k.store_add(_ops(), _hbm("store_add", target), _tile("store_add", value))


def _hbm(what: str, source: object) -> HbmTile:
    if isinstance(source, HbmTile):
        return source
    raise TypeError(f"tl.{what} takes a tensor that the host gives, not {type(source).__name__}")


def _whole(numbers: Iterable[int]) -> list[int]:
    return [operator.index(it) for it in numbers]


def _rows(what: str, rows: Iterable[int]) -> list[int]:
    if isinstance(rows, Tile):
        raise TypeError(f"tl.{what} by a tile: a table is known while recording, as a list or an array of the host")
    table = _whole(rows)
    if (place := next((at for at, row in enumerate(table) if not 0 <= row < 2**32), None)) is not None:
        raise IndexError(f"tl.{what}: the table names row {table[place]} at place {place}; rows count from 0")
    return table


def copy(source: Tile, *, out: Tile) -> Tile:
    """A tile to another, by DMA."""
    return _k.copy(_ops(), _tile("copy", source), out)


def tile(shape: Shape, dtype: _DType) -> Tile:
    """A tile in TCM, uninitialised."""
    return _k.tile(_ops(), _shape(shape), dtype_of(dtype).name, None)


def tile_at(address: int, shape: Shape, dtype: _DType) -> Tile:
    """A tile at a TCM address fixed by hand. Two such tiles may share bytes: that is the author's business."""
    return _k.tile(_ops(), _shape(shape), dtype_of(dtype).name, address)


def full(shape: Shape, value: float, dtype: _DType) -> Tile:
    """A new tile with every element `value`."""
    return _k.full(_ops(), _shape(shape), dtype_of(dtype).name, value)


def zeros(shape: Shape, dtype: _DType) -> Tile:
    return _k.full(_ops(), _shape(shape), dtype_of(dtype).name, 0.0)


def fill(out: Tile, value: float) -> Tile:
    """Writes `value` to every element of a tile."""
    return _k.fill(_ops(), out, value)


def iota(shape: Shape, axis: int = -1, start: int = 0, step: int = 1) -> Tile:
    """`start + i · step` along an axis, the same along all others, as i32."""
    return _k.iota(_ops(), _shape(shape), axis, start, step)


class TensorDescriptor:
    """Blocks of a tensor in HBM by the indices of their first element. What lies outside is loaded as 0, and is not
    stored."""

    def __init__(self, base: HbmTile | Output, block_shape: Sequence[int]) -> None:
        self.base, self.block_shape = base, tuple(block_shape)

    def load(self, offsets: Sequence[int]) -> Tile:
        if not isinstance(self.base, HbmTile):
            raise TypeError("load of an output: what a kernel writes it cannot load")
        return load_box(self.base, offsets, self.block_shape)

    def store(self, offsets: Sequence[int], value: Tile) -> Handle:
        target: Any = self.base
        return store_box(target, offsets, value)


def make_tensor_descriptor(
    base: HbmTile | Output,
    shape: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    block_shape: Sequence[int] = (),
) -> TensorDescriptor:
    """Triton's word for blocks of a tensor. Tensors are packed, so shape and strides are theirs."""
    own = tuple(base.shape)
    packed = tuple(math.prod(own[axis + 1 :]) for axis in range(len(own)))
    if (shape is not None and tuple(shape) != own) or (strides is not None and tuple(strides) != packed):
        raise ValueError(f"the tensor has shape {own} and strides {packed}: leave them out, and slice or reshape it")
    return TensorDescriptor(base, block_shape)


# Compute


def dot(
    a: Tile,
    b: Tile,
    acc: Tile | None = None,
    *,
    out: Tile | None = None,
    dtype: _DType | None = None,
    acc_dtype: _DType | None = None,
) -> Tile:
    """`a · b` of floats, accumulated in f32, f16 or bf16 (`acc_dtype`), as f32 or rounded to `dtype`; of i8 and u8 in i32.

    The tiles may have equal leading axes: one product for each place along them. With `acc` the product is added to it,
    in place.
    """
    a, b = _tile("dot", a), _tile("dot", b)
    to, sums = (None if it is None else dtype_of(it).name for it in (dtype, acc_dtype))
    return _k.dot(_ops(), a, b, acc, out, to, sums)


def dequantize(
    format: str, x: Tile, scales: Tile, dtype: _DType = bf16, *, out: Tile | None = None
) -> Tile:
    """The numbers of a block-scaled tensor: each element times the scale of its block along the last axis.

    `format` is mxfp8_e4m3, mxfp8_e5m2, mxfp4, nvfp4, bfp8 or bfp4; `kernmesh.quantize` packs arrays.
    """
    x, scales = _tile("dequantize", x), _tile("dequantize", scales)
    return _k.dequantize(_ops(), format, x, scales, dtype_of(dtype).name, out)


def dot_scaled(
    a: Tile,
    a_scales: Tile,
    a_format: str,
    b: Tile,
    b_scales: Tile,
    b_format: str,
    acc: Tile | None = None,
    *,
    out: Tile | None = None,
    dtype: _DType | None = None,
) -> Tile:
    """`a · bᵀ` of block-scaled tiles, a [m, k] and b [n, k]: the blocks of both go along k.

    Both become bf16, which holds their numbers, and the products accumulate in f32.
    """
    wide = [dequantize(a_format, a, a_scales), dequantize(b_format, b, b_scales)]
    return dot(wide[0], trans(wide[1]), acc, out=out, dtype=dtype)


def add(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(_ops(), "add", x, y, out)


def sub(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(_ops(), "sub", x, y, out)


def mul(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(_ops(), "mul", x, y, out)


def div(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(_ops(), "div", x, y, out)


def maximum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The larger; a NaN operand gives NaN."""
    return _k.binary(_ops(), "maximum", x, y, out)


def minimum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The smaller; a NaN operand gives NaN."""
    return _k.binary(_ops(), "minimum", x, y, out)


def maxnum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The larger; a NaN operand yields the other one."""
    return _k.binary(_ops(), "maxnum", x, y, out)


def minnum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The smaller; a NaN operand yields the other one."""
    return _k.binary(_ops(), "minnum", x, y, out)


def clamp(x: Tile, least: Term, largest: Term) -> Tile:
    """x, but not below `least` and not above `largest`: two ops. NaN stays."""
    raised = maximum(x, least)
    return minimum(raised, largest, out=raised)


def pow(x: Term, y: int, *, out: Tile | None = None) -> Tile:
    """x to the power of a whole number; of integers not below 0. `x ** y` is the same."""
    return _k.binary(_ops(), "pow", x, y, out)


def rem(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The remainder of a truncating division of integers; it has the sign of x."""
    return _k.binary(_ops(), "rem", x, y, out)


def shl(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x << y` of integers; 0 where y is not between 0 and 31."""
    return _k.binary(_ops(), "shl", x, y, out)


def shr(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x >> y` of integers; 0 or -1 where y is not between 0 and 31."""
    return _k.binary(_ops(), "shr", x, y, out)


def bit_and(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x & y` of integers, bit by bit."""
    return _k.binary(_ops(), "and", x, y, out)


def bit_or(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x | y` of integers, bit by bit."""
    return _k.binary(_ops(), "or", x, y, out)


def bit_xor(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x ^ y` of integers, bit by bit."""
    return _k.binary(_ops(), "xor", x, y, out)


def neg(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "neg", _tile("neg", x), out)


def abs(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "abs", _tile("abs", x), out)


def exp(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "exp", _tile("exp", x), out)


def reciprocal(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "reciprocal", _tile("reciprocal", x), out)


def sqrt(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "sqrt", _tile("sqrt", x), out)


def exp2(x: Tile, *, out: Tile | None = None) -> Tile:
    """2 to the power of each element."""
    return _k.unary(_ops(), "exp2", x, out)


def log(x: Tile, *, out: Tile | None = None) -> Tile:
    """The natural logarithm: -inf of zero, NaN below it."""
    return _k.unary(_ops(), "log", x, out)


def log2(x: Tile, *, out: Tile | None = None) -> Tile:
    """The logarithm to base 2."""
    return _k.unary(_ops(), "log2", x, out)


def tanh(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "tanh", x, out)


def sigmoid(x: Tile, *, out: Tile | None = None) -> Tile:
    """`1 / (1 + exp(-x))`."""
    return _k.unary(_ops(), "sigmoid", x, out)


def erf(x: Tile, *, out: Tile | None = None) -> Tile:
    """The error function."""
    return _k.unary(_ops(), "erf", x, out)


def rsqrt(x: Tile, *, out: Tile | None = None) -> Tile:
    """`1 / sqrt(x)`, rounded once."""
    return _k.unary(_ops(), "rsqrt", x, out)


def round(x: Tile, *, out: Tile | None = None) -> Tile:
    """The nearest integer; of two, the even one."""
    return _k.unary(_ops(), "round", x, out)


def floor(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "floor", x, out)


def ceil(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(_ops(), "ceil", x, out)


def trunc(x: Tile, *, out: Tile | None = None) -> Tile:
    """The integer next to x towards zero."""
    return _k.unary(_ops(), "trunc", x, out)


def sign(x: Tile, *, out: Tile | None = None) -> Tile:
    """-1, 0 or 1; a zero stays as it is."""
    return _k.unary(_ops(), "sign", x, out)


def sin(x: Tile, *, out: Tile | None = None) -> Tile:
    """The sine of radians."""
    return _k.unary(_ops(), "sin", _tile("sin", x), out)


def cos(x: Tile, *, out: Tile | None = None) -> Tile:
    """The cosine of radians."""
    return _k.unary(_ops(), "cos", _tile("cos", x), out)


def bit_not(x: Tile, *, out: Tile | None = None) -> Tile:
    """`~x` of integers: all bits flipped. Of a mask, use `logical_not`."""
    return _k.unary(_ops(), "not", _tile("bit_not", x), out)


def logical_not(x: Tile, *, out: Tile | None = None) -> Tile:
    """1 where x is 0, else 0, as u8."""
    return compare("eq", x, 0, out=out)


def cast(
    x: Tile,
    dtype: _DType | None = None,
    mode: Literal["nearest", "trunc", "floor", "saturate", "wrap"] = "nearest",
    *,
    out: Tile | None = None,
) -> Tile:
    """The values as a dtype holds them: `dtype`, or that of `out`.

    A float goes to the nearest; to an integer dtype it goes as `mode` says and saturates. `saturate` keeps the largest
    finite number in place of infinity, and of integers the nearest that fits; `wrap` keeps the low bits.
    """
    if mode not in _CASTS:
        raise ValueError(f"{mode!r} is no mode of a cast: use one of {', '.join(_CASTS)}")
    name = _CASTS[mode]
    if out is not None:
        return _k.unary(_ops(), name, _tile("cast", x), out)
    if dtype is None:
        raise TypeError("tl.cast takes a dtype, or a tile with `out=`")
    return _k.cast(_ops(), name, _tile("cast", x), dtype_of(dtype).name)


def compare(
    f: Literal["eq", "ne", "lt", "le", "gt", "ge"], x: Term, y: Term, *, out: Tile | None = None
) -> Tile:
    """1 where `x f y`, else 0, as u8. Operators of tiles, as `x > y`, do the same."""
    return _k.compare(_ops(), f, x, y, out)


def where(mask: Tile, x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x` where the mask is not 0, else `y`."""
    return _k.where_(_ops(), _tile("where", mask), x, y, out)


def sum(
    x: Tile,
    axis: int,
    keep_dims: bool = True,
    *,
    acc: _DType | None = None,
    dtype: _DType | None = None,
    wrap: bool = False,
    out: Tile | None = None,
) -> Tile:
    """The sum along an axis, which stays with extent 1; accumulated in `acc`, and rounded to `dtype` or that of x."""
    _keeps(keep_dims)
    names = [None if it is None else dtype_of(it).name for it in (acc, dtype)]
    return _k.sum(_ops(), _tile("sum", x), axis, (names[0], names[1], wrap), out)


def max(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """The largest along an axis, which stays with extent 1; NaN if one is."""
    return _reduced("max", x, axis, keep_dims, out)


def min(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """The smallest along an axis, which stays with extent 1; NaN if one is."""
    return _reduced("min", x, axis, keep_dims, out)


def prod(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """The product along an axis; accumulated in f32, or in i32 for integers."""
    return _reduced("prod", x, axis, keep_dims, out)


def any(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """1 where one along an axis is not 0, else 0, as u8."""
    return _reduced("any", x, axis, keep_dims, out)


def all(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """1 where none along an axis is 0, else 0, as u8."""
    return _reduced("all", x, axis, keep_dims, out)


def argmax(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """The first place along an axis of the largest, or of the first NaN, as i32."""
    return _reduced("argmax", x, axis, keep_dims, out)


def argmin(x: Tile, axis: int, keep_dims: bool = True, *, out: Tile | None = None) -> Tile:
    """The first place along an axis of the smallest, or of the first NaN, as i32."""
    return _reduced("argmin", x, axis, keep_dims, out)


def fma(x: Term, y: Term, z: Term, *, out: Tile | None = None) -> Tile:
    """`x * y + z`, of floats with one rounding to f32."""
    return _k.fma(_ops(), x, y, z, out)


def cumsum(x: Tile, axis: int, *, out: Tile | None = None) -> Tile:
    """The sums of all beginnings of an axis; accumulated in f32, or in i32 for integers."""
    return scan("sum", x, axis, out=out)


def scan(
    f: Literal["sum", "prod", "max", "min", "maxnum", "minnum"], x: Tile, axis: int, *, out: Tile | None = None
) -> Tile:
    """The reductions of all beginnings of an axis: element i is that of the elements up to it."""
    return _k.scan(_ops(), f, _tile("scan", x), axis, out)


def topk(x: Tile, k: int, axis: int) -> tuple[Tile, Tile]:
    """The k largest along an axis, the largest first, and their places as i32: four ops for each of them.

    Of equal ones the first comes first. What was taken counts as -inf (the least integer) from then on.
    """
    return _k.topk(_ops(), _tile("topk", x), k, axis)


def _reduced(f: str, x: Tile, axis: int, keep_dims: bool, out: Tile | None) -> Tile:
    _keeps(keep_dims)
    return _k.reduce(_ops(), f, _tile(f, x), axis, out)


def _keeps(keep_dims: bool) -> None:
    if not keep_dims:
        raise ValueError("reductions keep their axis, with extent 1: `.reshape(...)` the result")


def trans(x: Tile) -> Tile:
    """Swaps the last two axes; records nothing."""
    return x.trans()


def reshape(x: Tile, *shape: int) -> Tile:
    return x.reshape(*shape)


def broadcast_to(x: Tile, *shape: int) -> Tile:
    return x.broadcast(*shape)


# Messages


def send(to: Direction, value: Tile) -> Handle:
    """Sends a tile to the neighbour on that side. It waits for a free slot."""
    return _k.send(_ops(), to, _tile("send", value))


def forward(to: Direction, value: Tile) -> Handle:
    """Sends a received message on, straight from its slot."""
    return _k.forward(_ops(), to, _tile("forward", value))


def recv(source: Direction, shape: Shape, dtype: _DType) -> Tile:
    """Waits for the next message from that side and reads it in place, until it is released.

    As a context manager the tile is released at the end of the block.
    """
    return _k.recv(_ops(), source, _shape(shape), dtype_of(dtype).name)


def recv_async(source: Direction, shape: Shape, dtype: _DType) -> tuple[Tile, Handle]:
    """As `recv`, but the handle must be waited for before the tile is read."""
    return _k.recv_async(_ops(), source, _shape(shape), dtype_of(dtype).name)


def recv_into(source: Direction, out: Tile) -> Tile:
    """Waits for the next message from that side and copies it; its slot is free when the copy is done."""
    return _k.recv_into(_ops(), source, out)


def release(value: Tile, after: Iterable[Awaited] = ()) -> Handle:
    """Returns the slot of a received message, once the ops `after` are done; does not hold the rank."""
    return _k.release(_ops(), _tile("release", value), _awaited("release", after))


def release_after(value: Tile, *after: Awaited) -> Handle:
    return _k.release(_ops(), _tile("release", value), _awaited("release", after))


# Order


def wait(*awaited: Awaited) -> None:
    """Holds this rank until all these ops are done: those of handles, and the last op that wrote each tile."""
    _k.wait(_ops(), _awaited("wait", awaited))


def barrier() -> None:
    """Holds until every rank has reached its barrier of the same number."""
    _k.barrier(_ops())


def team(ranks: Iterable[int]) -> Team:
    """This rank and others that meet at barriers of their own: a row, a column, a list. It takes a semaphore."""
    return _k.team(_ops(), _whole(ranks))


def meet(team: Team) -> None:
    """Holds until every rank of the team is here as often."""
    _k.meet(_ops(), team)


def semaphore() -> Semaphore:
    """The next semaphore: the k-th call gives the same one on every rank."""
    return _k.semaphore(_ops())


def signal(semaphore: Semaphore, rank: int, amount: int = 1, after: Iterable[Awaited] = ()) -> Handle:
    """Adds to a rank's semaphore once the ops `after` are done; does not hold."""
    return _k.signal(_ops(), semaphore, rank, amount, _awaited("signal", after))


def wait_ge(semaphore: Semaphore, value: int) -> None:
    """Holds until this rank's semaphore is at least `value`."""
    _k.wait_ge(_ops(), semaphore, value)


@contextmanager
def span(name: str) -> Generator[None, None, None]:
    """Names what the block records, for reports and timelines."""
    ops = _ops()
    opened = _k.open_span(ops, name)
    try:
        yield
    except BaseException:
        # After a mistake nothing is recorded, and the mistake is what is told.
        with suppress(Error):
            _k.close_span(ops, opened)
        raise
    _k.close_span(ops, opened)


def busy(unit: Literal["gemm", "math"], cycles: int) -> Handle:
    """Occupies a unit without touching memory: for models of timing alone."""
    return _k.busy(_ops(), unit, cycles)


def contribute(value: Tile, key: int) -> None:
    """Ledger: the partial holds the contribution `key`."""
    _k.contribute(_ops(), value, key)


def expect(value: Tile, keys: Iterable[int]) -> None:
    """Ledger: the tile must hold each of these contributions exactly once."""
    _k.expect(_ops(), value, list(keys))


#: Words of Triton that mean something else here, and what to write.
_OTHERS = {
    "arange": "tl.iota(shape, axis, start, step); boxes of tensors are slices, as x[i:i+n, :]",
    "atomic_add": "tl.store_add, and order the ranks that add to one place; or tl.send to the rank that adds",
    "debug_barrier": "tl.barrier()",
    "make_block_ptr": "slices, as x[i:i+n, j:j+m], or tl.make_tensor_descriptor",
    "max_contiguous": "nothing: tiles have shapes",
    "multiple_of": "nothing: tiles have shapes",
}


#: Words that no kernel can say, and why: what follows would be a matter of time.
_REFUSED = {
    "wait_any": "what follows would depend on who comes first: receive the messages in an order that you state",
    "recv_any": "what follows would depend on who comes first: receive the messages in an order that you state",
    "try_recv": "whether a message has come yet is a matter of time: receive it where it is needed",
    "wait_eq": "a semaphore may pass a value before the wait looks at it: write tl.wait_ge",
    "semaphore_set": "a semaphore only grows: wait for a larger value every round, or take another one",
    "semaphore_reset": "a semaphore only grows: wait for a larger value every round, or take another one",
}


def __getattr__(name: str) -> Any:
    if name in _REFUSED:
        raise AttributeError(f"kernmesh.tl has no `{name}`: {_REFUSED[name]}")
    instead = f": write {_OTHERS[name]}" if name in _OTHERS else ""
    raise AttributeError(f"kernmesh.tl has no `{name}`{instead}")
