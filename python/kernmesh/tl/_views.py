"""Views of tiles, as functions. They record nothing."""

from __future__ import annotations

from kernmesh._kernmesh import Tile

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def trans(x: Tile) -> Tile:
    """Swaps the last two axes; records nothing."""
    return x.trans()


def reshape(x: Tile, *shape: int) -> Tile:
    return x.reshape(*shape)


def broadcast_to(x: Tile, *shape: int) -> Tile:
    return x.broadcast(*shape)
