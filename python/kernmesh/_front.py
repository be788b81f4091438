"""Functions that are no kernel's: machines by name, programs of other front ends, and differences of runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kernmesh import _kernmesh as _k
from kernmesh._arrays import array_of, given
from kernmesh._arguments import whole
from kernmesh._kernel import MachineLike, machine_of
from kernmesh._kernmesh import Machine, Program
from kernmesh._run import Function, Judges, Run, simulated

#: pytest shows the author's line in place of these.
__tracebackhide__ = True


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
    arrays = [given(name, array_of(name, value)) for name, value in (inputs or {}).items()]
    judges = Judges(reference, naive, rtol, atol).checked()
    seed, threads = whole("seed", seed, 0, 2**64 - 1), None if threads is None else whole("threads", threads, 1, 4096)
    return simulated(program, machine_of(machine, sync), seed, arrays, threads, judges, {}, None)


@dataclass(frozen=True)
class Diff:
    """What changed between two runs, by meaning."""

    #: The first of structure, data and timing that differs, or same; None when values could not be compared.
    verdict: Literal["same", "structure", "data", "timing"] | None
    #: As `kernmesh diff --json` writes it.
    details: dict[str, Any]
    #: As `kernmesh diff` prints it.
    text: str = ""

    def __str__(self) -> str:
        return self.text.rstrip() or repr(self)

    def __repr__(self) -> str:
        a, b = (self.details["makespan"].get(side) for side in ("a_fs", "b_fs"))
        return f"<diff: {self.verdict}>" if a is None else f"<diff: {self.verdict}, {a} fs and {b} fs>"


def diff(a: Run | str | os.PathLike[str], b: Run | str | os.PathLike[str]) -> Diff:
    """Compares two runs, or the logs of saved ones."""
    sides = [it._core if isinstance(it, Run) else os.fspath(it) for it in (a, b)]  # pyright: ignore[reportPrivateUsage]
    found, text = _k.diff(sides[0], sides[1])
    details: dict[str, Any] = json.loads(found)
    return Diff(details["verdict"], details, text)
