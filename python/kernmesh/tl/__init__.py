"""What a kernel does on its rank. Each function records an op; nothing is computed while a kernel is recorded.

Names are those of the Rust interface, and Triton's where they mean the same. `out=` writes into a given tile, rounded
once to its dtype.
"""

from __future__ import annotations

from typing import Any

from kernmesh._kernmesh import Handle, HbmTile, Output, Semaphore, Team, Tile
from kernmesh._operands import Awaited
from kernmesh._types import InOut
from kernmesh.dtypes import DType, bf16, bool_, f8e4m3, f8e5m2, f16, f32, f64, i8, i16, i32, i64, u8, u16, u32
from kernmesh.tl._elements import (
    abs, add, bit_and, bit_not, bit_or, bit_xor, cast, ceil, clamp, compare, cos, div, erf, exp, exp2,
    floor, fma, log, log2, logical_not, maximum, maxnum, minimum, minnum, mul, neg, pow, reciprocal, rem,
    round, rsqrt, shl, shr, sigmoid, sign, sin, sqrt, sub, tanh, trunc, where,
)  # fmt: skip
from kernmesh.tl._memory import (
    TensorDescriptor, copy, fill, full, gather, iota, load, load_box, make_tensor_descriptor, scatter,
    store, store_add, store_box, tile, tile_at, zeros,
)  # fmt: skip
from kernmesh.tl._messages import forward, recv, recv_async, recv_into, release, release_after, send
from kernmesh.tl._notes import contribute, expect, span, stage
from kernmesh.tl._order import (
    barrier, busy, meet, semaphore, set_semaphore, signal, signal_set, take, team, wait, wait_eq, wait_ge,
)  # fmt: skip
from kernmesh.tl._products import dequantize, dot, dot_scaled
from kernmesh.tl._ranks import cdiv, neighbour, num_programs, num_ranks, program_id, rank
from kernmesh.tl._reductions import all, any, argmax, argmin, cumsum, max, min, prod, scan, sum, topk
from kernmesh.tl._views import broadcast_to, reshape, trans
from kernmesh.tl._words import Direction, Shape, Term

float32, float16, bfloat16 = f32, f16, bf16
float8e4nv, float8e5, float64 = f8e4m3, f8e5m2, f64
int1, int8, int16, int32, int64 = bool_, i8, i16, i32, i64
uint8, uint16, uint32 = u8, u16, u32
#: The annotation of an argument that is a plain Python value: every such argument is one.
constexpr = Any
static_range = range

__all__ = [
    "Awaited", "DType", "Direction", "Handle", "HbmTile", "InOut", "Output", "Semaphore", "Shape", "Team",
    "TensorDescriptor", "Term", "Tile", "abs", "add", "all", "any", "argmax", "argmin", "barrier", "bf16",
    "bfloat16", "bit_and", "bit_not", "bit_or", "bit_xor", "bool_", "broadcast_to", "busy", "cast", "cdiv",
    "ceil", "clamp", "compare", "constexpr", "contribute", "copy", "cos", "cumsum", "dequantize", "div",
    "dot", "dot_scaled", "erf", "exp", "exp2", "expect", "f16", "f32", "f64", "f8e4m3", "f8e5m2", "fill",
    "float16", "float32", "float64", "float8e4nv", "float8e5", "floor", "fma", "forward", "full", "gather",
    "i16", "i32", "i64", "i8", "int1", "int16", "int32", "int64", "int8", "iota", "load", "load_box", "log",
    "log2", "logical_not", "make_tensor_descriptor", "max", "maximum", "maxnum", "meet", "min", "minimum",
    "minnum", "mul", "neg", "neighbour", "num_programs", "num_ranks", "pow", "prod", "program_id", "rank",
    "reciprocal", "recv", "recv_async", "recv_into", "release", "release_after", "rem", "reshape", "round",
    "rsqrt", "scan", "scatter", "semaphore", "send", "set_semaphore", "shl", "shr", "sigmoid", "sign",
    "signal", "signal_set", "sin", "span", "sqrt", "stage", "static_range", "store", "store_add",
    "store_box", "sub", "sum", "take", "tanh", "team", "tile", "tile_at", "topk", "trans", "trunc", "u16",
    "u32", "u8", "uint16", "uint32", "uint8", "wait", "wait_eq", "wait_ge", "where", "zeros",
]  # fmt: skip

#: Words of Triton that mean something else here, and what to write.
_OTHERS = {
    "arange": "tl.iota(shape, axis, start, step); boxes of tensors are slices, as x[i:i+n, :]",
    "atomic_add": "tl.store_add, and order the ranks that add to one place; or tl.send to the rank that adds",
    "debug_barrier": "tl.barrier()",
    "make_block_ptr": "slices, as x[i:i+n, j:j+m], or tl.make_tensor_descriptor",
    "max_contiguous": "nothing: tiles have shapes",
    "multiple_of": "nothing: tiles have shapes",
    "semaphore_reset": "tl.set_semaphore(semaphore, 0)",
    "semaphore_set": "tl.set_semaphore(semaphore, value), or tl.signal_set on another rank",
}

#: Words that no kernel can say, and why: what follows would be a matter of time.
_REFUSED = {
    "wait_any": "what follows would depend on who comes first: receive the messages in an order that you state",
    "recv_any": "what follows would depend on who comes first: receive the messages in an order that you state",
    "try_recv": "whether a message has come yet is a matter of time: receive it where it is needed",
}


def __getattr__(name: str) -> Any:
    if name in _REFUSED:
        raise AttributeError(f"kernmesh.tl has no `{name}`: {_REFUSED[name]}")
    instead = f": write {_OTHERS[name]}" if name in _OTHERS else ""
    raise AttributeError(f"kernmesh.tl has no `{name}`{instead}")
