"""kernmesh: a deterministic two-phase simulator that times and verifies kernels for a mesh of processing elements.

A kernel is a Python function that runs once for every rank and records what its PE does; see `kernmesh.tl`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kernmesh import _kernmesh as _k
from kernmesh._arrays import array_of, given
from kernmesh._errors import Deadlock, Error, Findings, InternalError, RecordError, Refused, WrongResult
from kernmesh._findings import Finding, Op
from kernmesh._kernmesh import Handle, HbmTile, Machine, Program, Semaphore, Tile
from kernmesh._types import Input, Output
from kernmesh.dtypes import DType, bf16, dtype_of, f8e4m3, f8e5m2, f16, f32, i32, u8
from kernmesh.kernel import Kernel, MachineLike, kernel, machine_of
from kernmesh.place import Placement, Replicate, Shard
from kernmesh.run import Digests, Function, Judges, Run, Verdict, simulated
from kernmesh import tl

__all__ = [
    "Deadlock", "Diff", "Digests", "DType", "Error", "Finding", "Findings", "Handle", "HbmTile", "Input",
    "InternalError", "Kernel", "Machine", "Op", "Output", "Placement", "Program", "RecordError", "Refused",
    "Replicate", "Run", "Semaphore", "Shard", "Tile", "Verdict", "WrongResult", "bf16", "diff", "f16", "f32", "f8e4m3",
    "f8e5m2", "i32", "kernel", "machine", "simulate", "tl", "u8",
]  # fmt: skip


def machine(name: str | os.PathLike[str], **changes: object) -> Machine:
    """A preset or a machine file, with other values of some keys: `km.machine("sip", link={"pe": {…}})`."""
    return Machine(os.fspath(name), json.dumps(changes) if changes else None)


def simulate(
    program: Program,
    *,
    machine: MachineLike = "sip",
    sync: Literal["interlocked", "explicit"] | None = None,
    inputs: Mapping[str, object] | None = None,
    seed: int = 0,
    threads: int | None = None,
    reference: Function | None = None,
    naive: Function | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
) -> Run:
    """Runs a program, whoever recorded it. Inputs that are left out are drawn from the seed."""
    dtypes = {name: dtype_of(dtype) for name, _, dtype in program.inputs}
    arrays = [
        given(name, array_of(name, value), dtypes.get(name, f32)) for name, value in (inputs or {}).items()
    ]
    judges = Judges(reference, naive, rtol, atol)
    return simulated(program, machine_of(machine, sync), seed, arrays, threads, judges, {}, None)


@dataclass(frozen=True)
class Diff:
    """What changed between two runs, by meaning."""

    #: The first of structure, data and timing that differs, or same; None when values could not be compared.
    verdict: Literal["same", "structure", "data", "timing"] | None
    #: As `kernmesh diff --json` writes it.
    details: dict[str, Any]

    def __repr__(self) -> str:
        a, b = (self.details["makespan"].get(side) for side in ("a_fs", "b_fs"))
        return f"<diff: {self.verdict}>" if a is None else f"<diff: {self.verdict}, {a} fs and {b} fs>"


def diff(a: Run | str | os.PathLike[str], b: Run | str | os.PathLike[str]) -> Diff:
    """Compares two runs, or the logs of saved ones."""
    sides = [it._core if isinstance(it, Run) else os.fspath(it) for it in (a, b)]  # pyright: ignore[reportPrivateUsage]
    details: dict[str, Any] = json.loads(_k.diff(sides[0], sides[1]))
    return Diff(details["verdict"], details)


for _it in (Error, Refused, RecordError, Deadlock, Findings, WrongResult, InternalError):
    _it.__module__ = "kernmesh"
