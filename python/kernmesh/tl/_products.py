"""Products of matrices, of floats, integers and block-scaled tensors."""

from __future__ import annotations

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._kernmesh import Tile
from kernmesh._operands import tile_of
from kernmesh.dtypes import bf16, dtype_of
from kernmesh.tl._views import trans
from kernmesh.tl._words import DTypeLike

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def dot(
    a: Tile,
    b: Tile,
    acc: Tile | None = None,
    *,
    out: Tile | None = None,
    dtype: DTypeLike | None = None,
    acc_dtype: DTypeLike | None = None,
) -> Tile:
    """`a · b` of floats, accumulated in f32, f16 or bf16 (`acc_dtype`), as f32 or rounded to `dtype`; of i8 and u8 in i32.

    The tiles may have equal leading axes: one product for each place along them. With `acc` the product is added to it,
    in place.
    """
    a, b = tile_of("dot", a), tile_of("dot", b)
    to, sums = (None if it is None else dtype_of(it).name for it in (dtype, acc_dtype))
    return _k.dot(ops(), a, b, acc, out, to, sums)


def dequantize(
    format: str, x: Tile, scales: Tile, dtype: DTypeLike = bf16, *, out: Tile | None = None
) -> Tile:
    """The numbers of a block-scaled tensor: each element times the scale of its block along the last axis.

    `format` is mxfp8_e4m3, mxfp8_e5m2, mxfp4, nvfp4, bfp8 or bfp4; `kernmesh.quantize` packs arrays.
    """
    x, scales = tile_of("dequantize", x), tile_of("dequantize", scales)
    return _k.dequantize(ops(), format, x, scales, dtype_of(dtype).name, out)


def dot_scaled(
    a: Tile,
    a_scales: Tile,
    a_format: str,
    b: Tile,
    b_scales: Tile,
    b_format: str,
    acc: Tile | None = None,
    *,
    out: Tile | None = None,
    dtype: DTypeLike | None = None,
) -> Tile:
    """`a · bᵀ` of block-scaled tiles, a [m, k] and b [n, k]: the blocks of both go along k.

    Both become bf16, which holds their numbers, and the products accumulate in f32.
    """
    wide = [dequantize(a_format, a, a_scales), dequantize(b_format, b, b_scales)]
    return dot(wide[0], trans(wide[1]), acc, out=out, dtype=dtype)
