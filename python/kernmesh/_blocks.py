"""Block-scaled tensors of the host: arrays packed into elements and scales."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernmesh import _kernmesh
from kernmesh._arrays import array_of
from kernmesh.dtypes import ALL, numpy_dtype

Array = np.ndarray[Any, np.dtype[Any]]


def quantize(array: object, format: str) -> tuple[Array, Array]:
    """Elements and scales of an array whose last axis is whole blocks, as `tl.dequantize` takes them.

    MX takes the scale of the block's largest exponent, as the OCP specification has it; NVFP4 a sixth of its largest
    number; bfp8 and bfp4 are Tenstorrent's. MXFP8 and NVFP4 have 8-bit floats, and need `ml_dtypes`.
    """
    numbers = np.ascontiguousarray(array_of("array", array), dtype=np.float32)
    per_byte, block, of_elements, of_scales = _kernmesh.scaled_format(format)
    if numbers.ndim == 0 or numbers.shape[-1] % block:
        raise ValueError(f"the last axis of an array of {list(numbers.shape)} is not whole blocks of {block}")
    elements, scales = _kernmesh.quantize(format, numbers.tobytes())
    rows = numbers.shape[:-1]
    return (
        _array(elements, of_elements, (*rows, numbers.shape[-1] // per_byte)),
        _array(scales, of_scales, (*rows, numbers.shape[-1] // block)),
    )


def _array(data: bytes, dtype: str, shape: tuple[int, ...]) -> Array:
    to = numpy_dtype(ALL[dtype])
    if to is None:
        raise ImportError(f"an array of {dtype} needs ml_dtypes: pip install ml_dtypes")
    return np.frombuffer(bytearray(data), dtype=to).reshape(shape)
