"""Messages between neighbours."""

from __future__ import annotations

from collections.abc import Iterable

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._kernmesh import Handle, Tile
from kernmesh._operands import Awaited, awaited_by, tile_of
from kernmesh.dtypes import dtype_of
from kernmesh.tl._words import Direction, DTypeLike, Shape, shape_of

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def send(to: Direction, value: Tile) -> Handle:
    """Sends a tile to the neighbour on that side. It waits for a free slot."""
    return _k.send(ops(), to, tile_of("send", value))


def forward(to: Direction, value: Tile) -> Handle:
    """Sends a received message on, straight from its slot."""
    return _k.forward(ops(), to, tile_of("forward", value))


def recv(source: Direction, shape: Shape, dtype: DTypeLike) -> Tile:
    """Waits for the next message from that side and reads it in place, until it is released.

    As a context manager the tile is released at the end of the block.
    """
    return _k.recv(ops(), source, shape_of(shape), dtype_of(dtype).name)


def recv_async(source: Direction, shape: Shape, dtype: DTypeLike) -> tuple[Tile, Handle]:
    """As `recv`, but the handle must be waited for before the tile is read."""
    return _k.recv_async(ops(), source, shape_of(shape), dtype_of(dtype).name)


def recv_into(source: Direction, out: Tile) -> Tile:
    """Waits for the next message from that side and copies it; its slot is free when the copy is done."""
    return _k.recv_into(ops(), source, out)


def release(value: Tile, after: Iterable[Awaited] = ()) -> Handle:
    """Returns the slot of a received message, once the ops `after` are done; does not hold the rank."""
    return _k.release(ops(), tile_of("release", value), awaited_by("release", after))


def release_after(value: Tile, *after: Awaited) -> Handle:
    return _k.release(ops(), tile_of("release", value), awaited_by("release", after))
