"""Placement of host tensors over the ranks, in the words of PyTorch's DTensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Union

#: pytest shows the author's line in place of these.
__tracebackhide__ = True


@dataclass(frozen=True)
class Shard:
    """Rank after rank has a contiguous part of this axis; the first ranks take the odd elements."""

    dim: int

    def __post_init__(self) -> None:
        if isinstance(self.dim, bool) or not isinstance(self.dim, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"Shard takes the number of an axis, not {self.dim!r}")


@dataclass(frozen=True)
class Replicate:
    """Every rank has all of it."""


Placement = Union[Shard, Replicate]
#: One placement for all tensors, or one by name; a tensor without one is replicated.
Places = Union[Placement, Mapping[str, Placement], None]


def placements(place: object, names: list[str]) -> dict[str, Placement]:
    """The placement of each tensor."""
    if place is None:
        return {name: Replicate() for name in names}
    if isinstance(place, (Shard, Replicate)):
        return {name: place for name in names}
    if isinstance(place, type) and issubclass(place, Replicate):
        raise TypeError("write km.Replicate(), with brackets")
    if not isinstance(place, Mapping):
        raise TypeError(f"place is km.Shard(dim), km.Replicate() or a dict of them by tensor, not {place!r}")
    given: dict[object, object] = dict(place)  # pyright: ignore[reportUnknownArgumentType]
    for name, it in given.items():
        if name not in names:
            raise TypeError(f"place names `{name}`, and the kernel's tensors are {', '.join(names)}")
        if not isinstance(it, (Shard, Replicate)):
            raise TypeError(f"place of `{name}` is km.Shard(dim) or km.Replicate(), not {it!r}")
    return {name: _of(given.get(name)) for name in names}


def _of(it: object) -> Placement:
    return it if isinstance(it, (Shard, Replicate)) else Replicate()


def axis(place: Placement, ndim: int | None) -> int | None:
    """The axis that is sharded, counted from 0; None for none."""
    if isinstance(place, Replicate):
        return None
    if place.dim >= 0:
        return place.dim
    if ndim is None:
        raise TypeError(f"{place} counts from the end, and the number of axes is not known: count from 0")
    if place.dim + ndim < 0:
        raise TypeError(f"{place} of a tensor of {ndim} axes")
    return place.dim + ndim
