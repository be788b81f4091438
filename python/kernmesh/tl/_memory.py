"""Tiles, and moves between HBM and TCM."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._kernmesh import Handle, HbmTile, Output, Tile
from kernmesh._operands import tile_of
from kernmesh._types import InOut
from kernmesh.dtypes import dtype_of
from kernmesh.tl._words import DTypeLike, Shape, shape_of, whole_numbers

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def load(source: HbmTile, *, out: Tile | None = None) -> Tile:
    """HBM to a new tile, or to `out`."""
    given: object = source
    if isinstance(given, Output):
        raise TypeError(f"tl.load of the output `{given.name}`: what a kernel writes it cannot load")
    if not isinstance(given, HbmTile):
        raise TypeError(f"tl.load takes an input of the kernel or a box of it, not {type(given).__name__}")
    return _k.load(ops(), source, out)


def store(target: Output | InOut[Any], value: Tile) -> Handle:
    """A tile to HBM: where, then what. A tile of another dtype is rounded first."""
    return _k.store(ops(), target, value)


def gather(source: HbmTile, rows: Iterable[int], axis: int = 0) -> Tile:
    """The rows of an axis that a table of the host names, in its order: a load for each run of rows that follow."""
    return _k.gather(ops(), _hbm("gather", source), _rows("gather", rows), axis)


def scatter(target: Output | InOut[Any], rows: Iterable[int], value: Tile, axis: int = 0) -> Handle:
    """A tile to the rows of an axis that a table of the host names, each once."""
    return _k.scatter(ops(), target, _rows("scatter", rows), tile_of("scatter", value), axis)


def load_box(source: HbmTile, starts: Sequence[int], shape: Shape, other: float = 0.0) -> Tile:
    """The box that begins at `starts`; elements outside of the tensor are `other`."""
    return _k.load_box(ops(), _hbm("load_box", source), whole_numbers(starts), shape_of(shape), other)


def store_box(target: Output | InOut[Any], starts: Sequence[int], value: Tile) -> Handle:
    """A tile to the box that begins at `starts`; elements outside of the tensor are left out."""
    return _k.store_box(ops(), target, whole_numbers(starts), tile_of("store_box", value))


def store_add(target: InOut[Any], value: Tile) -> Handle:
    """Adds a tile to a tensor that is given and taken: a load, an add and a store. Ranks that add to one place must be
    ordered, by semaphores, messages or barriers."""
    return _k.store_add(ops(), _hbm("store_add", target), tile_of("store_add", value))


def _hbm(what: str, source: object) -> HbmTile:
    if isinstance(source, HbmTile):
        return source
    raise TypeError(f"tl.{what} takes a tensor that the host gives, not {type(source).__name__}")


def _rows(what: str, rows: Iterable[int]) -> list[int]:
    if isinstance(rows, Tile):
        raise TypeError(f"tl.{what} by a tile: a table is known while recording, as a list or an array of the host")
    table = whole_numbers(rows)
    if (place := next((at for at, row in enumerate(table) if not 0 <= row < 2**32), None)) is not None:
        raise IndexError(f"tl.{what}: the table names row {table[place]} at place {place}; rows count from 0")
    return table


def copy(source: Tile, *, out: Tile) -> Tile:
    """A tile to another, by DMA."""
    return _k.copy(ops(), tile_of("copy", source), out)


def tile(shape: Shape, dtype: DTypeLike) -> Tile:
    """A tile in TCM, uninitialised."""
    return _k.tile(ops(), shape_of(shape), dtype_of(dtype).name, None)


def tile_at(address: int, shape: Shape, dtype: DTypeLike) -> Tile:
    """A tile at a TCM address fixed by hand. Two such tiles may share bytes: that is the author's business."""
    return _k.tile(ops(), shape_of(shape), dtype_of(dtype).name, address)


def full(shape: Shape, value: float, dtype: DTypeLike) -> Tile:
    """A new tile with every element `value`."""
    return _k.full(ops(), shape_of(shape), dtype_of(dtype).name, value)


def zeros(shape: Shape, dtype: DTypeLike) -> Tile:
    return _k.full(ops(), shape_of(shape), dtype_of(dtype).name, 0.0)


def fill(out: Tile, value: float) -> Tile:
    """Writes `value` to every element of a tile."""
    return _k.fill(ops(), out, value)


def iota(shape: Shape, axis: int = -1, start: int = 0, step: int = 1) -> Tile:
    """`start + i · step` along an axis, the same along all others, as i32."""
    return _k.iota(ops(), shape_of(shape), axis, start, step)


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
