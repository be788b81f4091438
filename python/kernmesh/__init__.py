"""kernmesh: a deterministic two-phase simulator that times and verifies kernels for a mesh of processing elements.

A kernel is a Python function that runs once for every rank and records what its PE does; see `kernmesh.tl`.
"""

from kernmesh._errors import Deadlock, Error, Findings, InternalError, RecordError, Refused, WrongResult
from kernmesh._findings import Finding, Op
from kernmesh._front import Diff, diff, machine, simulate
from kernmesh._kernel import Kernel, kernel
from kernmesh._kernmesh import Handle, HbmTile, Machine, Program, Semaphore, Tile
from kernmesh._place import Placement, Replicate, Shard
from kernmesh._run import Digests, Run, Verdict, Worst
from kernmesh._types import InOut, Input, Output
from kernmesh.dtypes import DType, bf16, f8e4m3, f8e5m2, f16, f32, i32, u8
from kernmesh import tl

__all__ = [
    "Deadlock", "Diff", "Digests", "DType", "Error", "Finding", "Findings", "Handle", "HbmTile", "InOut",
    "Input", "InternalError", "Kernel", "Machine", "Op", "Output", "Placement", "Program", "RecordError", "Refused",
    "Replicate", "Run", "Semaphore", "Shard", "Tile", "Verdict", "Worst", "WrongResult", "bf16", "diff", "f16", "f32",
    "f8e4m3", "f8e5m2", "i32", "kernel", "machine", "simulate", "tl", "u8",
]  # fmt: skip

for _it in (Error, Refused, RecordError, Deadlock, Findings, WrongResult, InternalError):
    _it.__module__ = "kernmesh"
