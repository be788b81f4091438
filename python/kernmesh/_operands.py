"""Operands of `tl`, and what to write in place of one that is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Union

from kernmesh._kernmesh import Handle, HbmTile, Output, Tile

#: pytest shows the author's line in place of these.
__tracebackhide__ = True

#: What is waited for: a handle, or the last op that wrote a tile.
Awaited = Union[Handle, Tile]


def tile_of(function: str, value: Tile) -> Tile:
    """An operand of a function that takes no numbers."""
    given: object = value
    if isinstance(given, Tile):
        return given
    instead = "give a tile"
    if isinstance(given, (HbmTile, Output)):
        instead = "it lies in HBM: `tl.load` it first"
    elif hasattr(given, "__array__"):
        instead = "give the array to the kernel as km.Input, and `tl.load` it"
    raise TypeError(f"tl.{function} takes tiles, not {type(given).__name__}: {instead}")


def awaited_by(function: str, awaited: Iterable[Awaited]) -> list[Awaited]:
    them: list[Any] = list(awaited)
    for it in them:
        if not isinstance(it, (Handle, Tile)):
            listed = ", as in tl.wait(*handles)" if isinstance(it, (list, tuple)) else ""
            raise TypeError(f"tl.{function} takes handles and tiles, not {type(it).__name__}{listed}")
    return them
