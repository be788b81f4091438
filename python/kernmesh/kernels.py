"""Kernels of the library: `km.kernels.mesh_mlo(ranks=8, kv_len=64)` records, times, replays and judges one.

Parameters are those of `kernmesh list NAME`, by keyword.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from kernmesh import _kernmesh as _k
from kernmesh._arguments import whole
from kernmesh._arrays import array_of, given
from kernmesh._errors import Refused
from kernmesh._kernel import MachineLike, machine_of
from kernmesh._kernmesh import Machine, Program
from kernmesh._run import Judges, Run, simulated
from kernmesh._show import fitted

#: pytest shows the author's line in place of these.
__tracebackhide__ = True


class LibraryKernel:
    """A kernel of the library: called, it runs; `record` only records it."""

    def __init__(self, name: str, purpose: str, parameters: list[tuple[str, str, str]]) -> None:
        self.name = self.__name__ = name
        #: By name: the default, or where it comes from, and what it is.
        self.parameters = {param: (default, doc) for param, default, doc in parameters}
        lines = [f"{param}={default}: {doc}" for param, default, doc in parameters]
        self.__doc__ = "\n".join([purpose, "", *lines])

    def __repr__(self) -> str:
        return fitted(f"<library kernel {self.name}({', '.join(self.parameters)})>")

    def record(self, **parameters: object) -> Program:
        """Its program."""
        return self._recorded(parameters)[0]

    def __call__(
        self,
        *,
        machine: MachineLike | None = None,
        sync: Literal["interlocked", "explicit"] | None = None,
        inputs: Mapping[str, object] | None = None,
        seed: int = 0,
        threads: int | None = None,
        **parameters: object,
    ) -> Run:
        """Runs it, on the machine `sip` unless it has its own, and judges it by its own reference."""
        program, own = self._recorded(parameters)
        if own is not None and machine is not None:
            said = machine.name if isinstance(machine, Machine) else os.fspath(machine)
            raise Refused(f"`{self.name}` has its own machine and cannot run on `{said}`", repair="leave machine= out")
        arrays = [given(name, array_of(name, value)) for name, value in (inputs or {}).items()]
        seed = whole("seed", seed, 0, 2**64 - 1)
        threads = None if threads is None else whole("threads", threads, 1, 4096)
        on = machine_of(own or machine or "sip", sync)
        return simulated(program, on, seed, arrays, threads, Judges(), {}, None, by_library=True)

    def _recorded(self, parameters: Mapping[str, object]) -> tuple[Program, Machine | None]:
        return _k.record_library(self.name, {name: _text(value) for name, value in parameters.items()})


def _text(value: object) -> str:
    """A value as `--set` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    name = getattr(value, "name", None)
    return name if isinstance(value, type) and isinstance(name, str) else str(value)


_ALL = {name: LibraryKernel(name, purpose, parameters) for name, purpose, parameters in _k.library()}
__all__ = ["LibraryKernel", *_ALL]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> LibraryKernel:
    try:
        return _ALL[name]
    except KeyError:
        raise AttributeError(f"the library has no kernel `{name}`: it has {', '.join(_ALL)}") from None


def __dir__() -> list[str]:
    return __all__
