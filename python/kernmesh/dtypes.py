"""Storage types. They are classes, so that `km.Input[km.f16]` is a type and `km.f16` a value."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import numpy as np


class _Named(type):
    name: str

    def __repr__(cls) -> str:
        return f"km.{cls.__name__}"


class DType(metaclass=_Named):
    """A storage type: `name`, and the NumPy dtype of arrays, which `ml_dtypes` has of bf16 and 8-bit floats."""

    name: str = "dtype"
    #: NumPy's name.
    numpy_name: str = ""


class f32(DType):
    name = "f32"
    numpy_name = "float32"


class f16(DType):
    name = "f16"
    numpy_name = "float16"


class bf16(DType):
    name = "bf16"
    numpy_name = "bfloat16"


class f8e4m3(DType):
    """fp8 e4m3fn: largest 448, no infinity."""

    name = "f8e4m3"
    numpy_name = "float8_e4m3fn"


class f8e5m2(DType):
    """fp8 e5m2: largest 57344, with infinity."""

    name = "f8e5m2"
    numpy_name = "float8_e5m2"


class u8(DType):
    name = "u8"
    numpy_name = "uint8"


class i32(DType):
    name = "i32"
    numpy_name = "int32"


class i8(DType):
    name = "i8"
    numpy_name = "int8"


class i16(DType):
    name = "i16"
    numpy_name = "int16"


class u16(DType):
    name = "u16"
    numpy_name = "uint16"


class u32(DType):
    name = "u32"
    numpy_name = "uint32"


class bool_(DType):
    """A byte: 1 for true, 0 for false."""

    name = "bool"
    numpy_name = "bool"


class i64(DType):
    """Of host tensors and of moves: no unit computes on it."""

    name = "i64"
    numpy_name = "int64"


class f64(DType):
    """Of host tensors and of moves: no unit computes on it."""

    name = "f64"
    numpy_name = "float64"


_ALL = (f32, f16, bf16, f8e4m3, f8e5m2, u8, i32, i8, i16, u16, u32, bool_, i64, f64)
ALL: Final[dict[str, type[DType]]] = {it.name: it for it in _ALL}
#: No unit computes on these.
HOST_ONLY: Final = (i64, f64)
#: Those that NumPy has itself.
_OF_ML_DTYPES: Final = (bf16, f8e4m3, f8e5m2)


def dtype_of(value: Any) -> type[DType]:
    """The dtype of `km.f16`, `"f16"` or `np.float16`."""
    if isinstance(value, type) and issubclass(value, DType) and value.name in ALL:
        return value
    name = value if isinstance(value, str) else _numpy_name(value)
    for dtype in ALL.values():
        if name in (dtype.name, dtype.numpy_name):
            return dtype
    known = ", ".join(repr(known) for known in ALL.values())
    raise TypeError(f"{value!r} is no dtype of kernmesh: use one of {known}")


def _numpy_name(value: Any) -> str:
    try:
        return str(np.dtype(value).name)
    except TypeError:
        return ""


def numpy_dtype(dtype: type[DType]) -> np.dtype[Any] | None:
    """NumPy's dtype; None of one that only `ml_dtypes` has, where it is not installed."""
    if dtype not in _OF_ML_DTYPES:
        return np.dtype(dtype.numpy_name)
    try:
        ml_dtypes = import_module("ml_dtypes")
    except ImportError:
        return None
    found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, dtype.numpy_name))
    return found
