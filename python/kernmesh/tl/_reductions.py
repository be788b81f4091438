"""Reductions and scans along an axis."""

from __future__ import annotations

from typing import Literal

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._kernmesh import Tile
from kernmesh._operands import tile_of
from kernmesh.dtypes import dtype_of
from kernmesh.tl._words import DTypeLike

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def sum(
    x: Tile,
    axis: int,
    keep_dims: bool = True,
    *,
    acc: DTypeLike | None = None,
    dtype: DTypeLike | None = None,
    wrap: bool = False,
    out: Tile | None = None,
) -> Tile:
    """The sum along an axis, which stays with extent 1; accumulated in `acc`, and rounded to `dtype` or that of x."""
    _keeps(keep_dims)
    names = [None if it is None else dtype_of(it).name for it in (acc, dtype)]
    return _k.sum(ops(), tile_of("sum", x), axis, (names[0], names[1], wrap), out)


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


def cumsum(x: Tile, axis: int, *, out: Tile | None = None) -> Tile:
    """The sums of all beginnings of an axis; accumulated in f32, or in i32 for integers."""
    return scan("sum", x, axis, out=out)


def scan(
    f: Literal["sum", "prod", "max", "min", "maxnum", "minnum"], x: Tile, axis: int, *, out: Tile | None = None
) -> Tile:
    """The reductions of all beginnings of an axis: element i is that of the elements up to it."""
    return _k.scan(ops(), f, tile_of("scan", x), axis, out)


def topk(x: Tile, k: int, axis: int) -> tuple[Tile, Tile]:
    """The k largest along an axis, the largest first, and their places as i32: four ops for each of them.

    Of equal ones the first comes first. What was taken counts as -inf (the least integer) from then on.
    """
    return _k.topk(ops(), tile_of("topk", x), k, axis)


def _reduced(f: str, x: Tile, axis: int, keep_dims: bool, out: Tile | None) -> Tile:
    _keeps(keep_dims)
    return _k.reduce(ops(), f, tile_of(f, x), axis, out)


def _keeps(keep_dims: bool) -> None:
    if not keep_dims:
        raise ValueError("reductions keep their axis, with extent 1: `.reshape(...)` the result")
