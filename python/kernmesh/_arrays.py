"""Arrays on their way in and out. Rounding and range are rules of the simulator; here is only NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kernmesh.dtypes import ALL, DType, f16, f32, numpy_dtype

Array = npt.NDArray[Any]
#: Name, NumPy's dtype name, shape and bytes.
Given = tuple[str, str, list[int], Array]


def array_of(name: str, value: object) -> Array:
    """A NumPy array of what has `__array__`, DLPack or numbers."""
    source: Any = value
    is_dlpack = hasattr(source, "__dlpack__") and not hasattr(source, "__array__")
    array: Array = np.from_dlpack(source) if is_dlpack else np.asarray(source)
    if array.dtype.kind not in "biufV" or array.dtype.names is not None:
        raise TypeError(f"the argument `{name}` is an array of {array.dtype}: give numbers")
    return array


def given(name: str, array: Array, dtype: type[DType]) -> Given:
    """The array as bytes in the order of its elements. Numbers in f64 are rounded once, to f32 or f16."""
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    if array.dtype == np.float64 and dtype in (f32, f16):
        with np.errstate(over="ignore"):
            array = array.astype(numpy_dtype(dtype))
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
