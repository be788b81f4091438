"""Functions of elements."""

from __future__ import annotations

from typing import Literal

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._kernmesh import Tile
from kernmesh._operands import tile_of
from kernmesh.dtypes import dtype_of
from kernmesh.tl._words import DTypeLike, Term

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True

_CASTS = {
    "nearest": "cast",
    "trunc": "cast_trunc",
    "floor": "cast_floor",
    "saturate": "cast_saturate",
    "wrap": "cast_wrap",
}


def add(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(ops(), "add", x, y, out)


def sub(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(ops(), "sub", x, y, out)


def mul(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(ops(), "mul", x, y, out)


def div(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    return _k.binary(ops(), "div", x, y, out)


def maximum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The larger; a NaN operand gives NaN."""
    return _k.binary(ops(), "maximum", x, y, out)


def minimum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The smaller; a NaN operand gives NaN."""
    return _k.binary(ops(), "minimum", x, y, out)


def maxnum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The larger; a NaN operand yields the other one."""
    return _k.binary(ops(), "maxnum", x, y, out)


def minnum(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The smaller; a NaN operand yields the other one."""
    return _k.binary(ops(), "minnum", x, y, out)


def clamp(x: Tile, least: Term, largest: Term) -> Tile:
    """x, but not below `least` and not above `largest`: two ops. NaN stays."""
    raised = maximum(x, least)
    return minimum(raised, largest, out=raised)


def pow(x: Term, y: int, *, out: Tile | None = None) -> Tile:
    """x to the power of a whole number; of integers not below 0. `x ** y` is the same."""
    return _k.binary(ops(), "pow", x, y, out)


def rem(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """The remainder of a truncating division of integers; it has the sign of x."""
    return _k.binary(ops(), "rem", x, y, out)


def shl(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x << y` of integers; 0 where y is not between 0 and 31."""
    return _k.binary(ops(), "shl", x, y, out)


def shr(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x >> y` of integers; 0 or -1 where y is not between 0 and 31."""
    return _k.binary(ops(), "shr", x, y, out)


def bit_and(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x & y` of integers, bit by bit."""
    return _k.binary(ops(), "and", x, y, out)


def bit_or(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x | y` of integers, bit by bit."""
    return _k.binary(ops(), "or", x, y, out)


def bit_xor(x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x ^ y` of integers, bit by bit."""
    return _k.binary(ops(), "xor", x, y, out)


def neg(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "neg", tile_of("neg", x), out)


def abs(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "abs", tile_of("abs", x), out)


def exp(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "exp", tile_of("exp", x), out)


def reciprocal(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "reciprocal", tile_of("reciprocal", x), out)


def sqrt(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "sqrt", tile_of("sqrt", x), out)


def exp2(x: Tile, *, out: Tile | None = None) -> Tile:
    """2 to the power of each element."""
    return _k.unary(ops(), "exp2", x, out)


def log(x: Tile, *, out: Tile | None = None) -> Tile:
    """The natural logarithm: -inf of zero, NaN below it."""
    return _k.unary(ops(), "log", x, out)


def log2(x: Tile, *, out: Tile | None = None) -> Tile:
    """The logarithm to base 2."""
    return _k.unary(ops(), "log2", x, out)


def tanh(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "tanh", x, out)


def sigmoid(x: Tile, *, out: Tile | None = None) -> Tile:
    """`1 / (1 + exp(-x))`."""
    return _k.unary(ops(), "sigmoid", x, out)


def erf(x: Tile, *, out: Tile | None = None) -> Tile:
    """The error function."""
    return _k.unary(ops(), "erf", x, out)


def rsqrt(x: Tile, *, out: Tile | None = None) -> Tile:
    """`1 / sqrt(x)`, rounded once."""
    return _k.unary(ops(), "rsqrt", x, out)


def round(x: Tile, *, out: Tile | None = None) -> Tile:
    """The nearest integer; of two, the even one."""
    return _k.unary(ops(), "round", x, out)


def floor(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "floor", x, out)


def ceil(x: Tile, *, out: Tile | None = None) -> Tile:
    return _k.unary(ops(), "ceil", x, out)


def trunc(x: Tile, *, out: Tile | None = None) -> Tile:
    """The integer next to x towards zero."""
    return _k.unary(ops(), "trunc", x, out)


def sign(x: Tile, *, out: Tile | None = None) -> Tile:
    """-1, 0 or 1; a zero stays as it is."""
    return _k.unary(ops(), "sign", x, out)


def sin(x: Tile, *, out: Tile | None = None) -> Tile:
    """The sine of radians."""
    return _k.unary(ops(), "sin", tile_of("sin", x), out)


def cos(x: Tile, *, out: Tile | None = None) -> Tile:
    """The cosine of radians."""
    return _k.unary(ops(), "cos", tile_of("cos", x), out)


def bit_not(x: Tile, *, out: Tile | None = None) -> Tile:
    """`~x` of integers: all bits flipped. Of a mask, use `logical_not`."""
    return _k.unary(ops(), "not", tile_of("bit_not", x), out)


def logical_not(x: Tile, *, out: Tile | None = None) -> Tile:
    """1 where x is 0, else 0, as u8."""
    return compare("eq", x, 0, out=out)


def cast(
    x: Tile,
    dtype: DTypeLike | None = None,
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
        return _k.unary(ops(), name, tile_of("cast", x), out)
    if dtype is None:
        raise TypeError("tl.cast takes a dtype, or a tile with `out=`")
    return _k.cast(ops(), name, tile_of("cast", x), dtype_of(dtype).name)


def compare(
    f: Literal["eq", "ne", "lt", "le", "gt", "ge"], x: Term, y: Term, *, out: Tile | None = None
) -> Tile:
    """1 where `x f y`, else 0, as u8. Operators of tiles, as `x > y`, do the same."""
    return _k.compare(ops(), f, x, y, out)


def where(mask: Tile, x: Term, y: Term, *, out: Tile | None = None) -> Tile:
    """`x` where the mask is not 0, else `y`."""
    return _k.where_(ops(), tile_of("where", mask), x, y, out)


def fma(x: Term, y: Term, z: Term, *, out: Tile | None = None) -> Tile:
    """`x * y + z`, of floats with one rounding to f32."""
    return _k.fma(ops(), x, y, z, out)
