"""NumPy's functions on tiles: the operators among them, and what to write instead of the others."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from kernmesh._kernmesh import Tile

#: pytest shows the author's line in place of these.
__tracebackhide__ = True

_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "true_divide": operator.truediv,
    "negative": operator.neg,
    "absolute": operator.abs,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
#: Names of `tl` that are not NumPy's.
_NAMES = {
    "matmul": "dot",
    "fmax": "maxnum",
    "fmin": "minnum",
    "power": "pow",
    "remainder": "rem",
    "fmod": "rem",
    "left_shift": "shl",
    "right_shift": "shr",
    "bitwise_and": "bit_and",
    "bitwise_or": "bit_or",
    "bitwise_xor": "bit_xor",
    "invert": "bit_not",
    "rint": "round",
}


def of_tile(ufunc: Any, method: str, inputs: tuple[Any, ...]) -> Any:
    """Called by NumPy for a ufunc with a tile among its inputs."""
    name: str = ufunc.__name__
    if any(isinstance(it, np.ndarray) and it.ndim > 0 for it in inputs):
        raise TypeError(f"np.{name} of a tile and an array: give the array to the kernel as km.Input, and tl.load it")
    if method == "__call__" and name in _OPERATORS:
        return _OPERATORS[name](*(it if isinstance(it, Tile) else float(it) for it in inputs))
    from kernmesh import tl

    instead = _NAMES.get(name, name)
    hint = f": write tl.{instead}" if instead in vars(tl) else ", which `tl` does not have"
    raise TypeError(f"np.{name} of a tile{hint}")
