"""kernmesh: a deterministic two-phase simulator that times and verifies kernels for a mesh of processing elements.

A kernel is a Python function that runs once for every rank and records what its PE does; see `kernmesh.tl`.
"""

from kernmesh._errors import Deadlock, Error, Findings, InternalError, RecordError, Refused, WrongResult
from kernmesh._findings import Finding, Op
from kernmesh._front import Diff, diff, machine, simulate
from kernmesh._kernel import Kernel, kernel
from kernmesh._blocks import quantize
from kernmesh._kernmesh import Handle, HbmTile, Machine, Program, Semaphore, Tile
from kernmesh._place import Placement, Replicate, Shard
from kernmesh._run import Digests, Run, Verdict, Worst
from kernmesh._types import InOut, Input, Output
from kernmesh.dtypes import DType, bf16, bool_, f8e4m3, f8e5m2, f16, f32, f64, i8, i16, i32, i64, u8, u16, u32
from kernmesh import kernels, tl

__all__ = [
    "Deadlock", "Diff", "Digests", "DType", "Error", "Finding", "Findings", "Handle", "HbmTile", "InOut", "Input",
    "InternalError", "Kernel", "Machine", "Op", "Output", "Placement", "Program", "RecordError", "Refused",
    "Replicate", "Run", "Semaphore", "Shard", "Tile", "Verdict", "Worst", "WrongResult", "bf16", "bool_", "diff", "f16",
    "f32", "f64", "f8e4m3", "f8e5m2", "i16", "i32", "i64", "i8", "kernel", "kernels", "machine",
    "quantize", "simulate", "tl", "u16", "u32", "u8",
]  # fmt: skip

for _it in (Error, Refused, RecordError, Deadlock, Findings, WrongResult, InternalError):
    _it.__module__ = "kernmesh"
