"""Arrays on their way in and out. Rounding and range are rules of the simulator; here is only NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kernmesh.dtypes import ALL, numpy_dtype

#: pytest shows the author's line in place of these.
__tracebackhide__ = True

Array = npt.NDArray[Any]
#: Name, NumPy's dtype name, shape and bytes.
Given = tuple[str, str, list[int], Array]


def array_of(name: str, value: object) -> Array:
    """A NumPy array of what has `__array__`, DLPack or numbers: a copy, so that a run has the values of its call."""
    source: Any = value
    if isinstance(source, np.ma.MaskedArray):
        raise TypeError(f"the argument `{name}` is a masked array: give the values, as x.filled(0)")
    is_dlpack = hasattr(source, "__dlpack__") and not hasattr(source, "__array__")
    array: Array = np.from_dlpack(source) if is_dlpack else np.asarray(source)
    if array.dtype.kind not in "biufV" or array.dtype.names is not None:
        raise TypeError(f"the argument `{name}` is an array of {array.dtype}: give numbers")
    return array.copy()


def given(name: str, array: Array) -> Given:
    """The array as bytes in the order of its elements."""
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    packed = np.ascontiguousarray(array)
    return name, packed.dtype.name, list(array.shape), packed.reshape(-1).view(np.uint8)


def stored(dtype: str, shape: list[int], data: bytes, wide: bytes | None) -> Array:
    """An array of the simulator's bytes; `wide` are its values in f64, for dtypes that NumPy does not have."""
    to = numpy_dtype(ALL[dtype])
    if to is not None:
        return np.frombuffer(bytearray(data), dtype=to).reshape(shape)
    assert wide is not None
    return np.frombuffer(wide, dtype=np.float64).reshape(shape).astype(np.float32)


def values(result: object, name: str) -> tuple[list[int], Array]:
    """What a reference returned, as f64."""
    array = np.asarray(result)
    if array.dtype.kind not in "biufV":
        raise TypeError(f"the reference of `{name}` returned an array of {array.dtype}: return numbers")
    wide = np.ascontiguousarray(array, dtype=np.float64)
    return list(array.shape), wide.reshape(-1)
