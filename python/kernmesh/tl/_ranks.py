"""Ranks, and numbers that are known while a kernel is recorded."""

from __future__ import annotations

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh.tl._words import Direction

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def rank() -> int:
    """The rank that is recorded."""
    return _k.rank(ops())


def num_ranks() -> int:
    return _k.num_ranks(ops())


def program_id(axis: int = 0) -> int:
    """This rank's coordinate on the grid of ranks; with one axis, its number."""
    return _k.program_id(ops(), axis)


def num_programs(axis: int = 0) -> int:
    """The number of ranks, on a grid of one axis."""
    if axis != 0:
        raise ValueError("tl.num_programs of an axis but 0: pass the extents of the grid to the kernel")
    return num_ranks()


def neighbour(to: Direction) -> int | None:
    """The rank on that side; None at the end of a line."""
    return _k.neighbour(ops(), to)


def cdiv(a: int, b: int) -> int:
    return -(-a // b)
