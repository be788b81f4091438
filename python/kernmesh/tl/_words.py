"""Types of operands, and their shapes and tables."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Literal, Union

from kernmesh._arguments import extents
from kernmesh._kernmesh import Tile
from kernmesh.dtypes import DType

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True

Direction = Literal["left", "right"]
Shape = Union[Sequence[int], int]
#: An operand: a tile, or a number that broadcasts.
Term = Union[Tile, float]
DTypeLike = Union[type[DType], str]


def shape_of(shape: Shape) -> list[int]:
    return extents("the shape", shape)


def whole_numbers(numbers: Iterable[int]) -> list[int]:
    return [operator.index(it) for it in numbers]
