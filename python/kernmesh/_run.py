"""Runs and what came of them."""

from __future__ import annotations

import inspect
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from kernmesh import _kernmesh as _k
from kernmesh._arrays import Array, Given, stored, values
from kernmesh._errors import Findings, Refused, WrongResult
from kernmesh._findings import Finding, findings_of
from kernmesh._kernmesh import Machine, Program, Recorder, Tile
from kernmesh._show import fitted, html, one_line
from kernmesh._table import TableName, arrow

#: pytest shows the author's line in place of these.
__tracebackhide__ = True

#: A reference: NumPy arrays and constants by name, to an array or a dict of arrays by output.
Function = Callable[..., Any]


@dataclass(frozen=True)
class Judges:
    """What outputs are judged by, as `kernmesh run` judges expected tensors."""

    reference: Function | None = None
    naive: Function | None = None
    rtol: float = 0.0
    atol: float = 0.0

    def over(
        self, reference: Function | None, naive: Function | None, rtol: float | None, atol: float | None
    ) -> Judges:
        """The same with what a run gives: a naive computation takes the place of tolerances, and they that of it."""
        by_naive, by_tolerance = naive is not None, rtol is not None or atol is not None
        return Judges(
            reference or self.reference,
            naive if by_naive or by_tolerance else self.naive,
            (0.0 if by_naive else self.rtol) if rtol is None else rtol,
            (0.0 if by_naive else self.atol) if atol is None else atol,
        )

    def checked(self) -> Judges:
        """Refuses what would judge nothing, as the command line does."""
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            if isinstance(value, bool) or not isinstance(value, (int, float)):  # pyright: ignore
                raise TypeError(f"{name} is {value!r}: give a number")
            if not (math.isfinite(value) and value >= 0):
                raise Refused(f"{name} is {value}", repair="give a finite number from 0 on")
        tolerates = bool(self.rtol or self.atol)
        if self.reference is None and (self.naive is not None or tolerates):
            what = "a naive computation" if self.naive is not None else "a tolerance"
            raise Refused(
                f"{what} is given and no reference", repair="give reference=, a function of the inputs in f64"
            )
        if self.naive is not None and tolerates:
            raise Refused("a naive computation and a tolerance are given", repair="take one of the two out")
        return self


@dataclass(frozen=True)
class Worst:
    """The element that is furthest beyond its limit, or nearest to it."""

    index: tuple[int, ...]
    got: float
    expected: float
    #: The largest error of this element that passes.
    limit: float


@dataclass(frozen=True)
class Verdict:
    """The error of an output against its reference, and the rule."""

    output: str
    passed: bool
    #: Largest absolute error.
    max_abs: float
    #: ‖out − reference‖₂ / ‖reference‖₂.
    rel_l2: float
    #: Largest error in units of the last place, each at its own value.
    max_ulp: float
    #: Largest absolute error of the naive computation; None without one.
    naive_max_abs: float | None
    #: One ulp of the output's dtype at the reference's largest value.
    ulp: float
    #: Errors by size: exact, ≤ ½ ulp, ≤ 1, ≤ 2, ≤ 4, ≤ 8, more.
    ulp_histogram: tuple[int, ...]
    #: Elements that were judged, and those of them whose own error is beyond its limit.
    elements: int
    wrong: int
    #: Elements beyond 1 ulp of their own, and the most that pass; None where they do not decide.
    beyond: int
    beyond_limit: int | None
    #: The largest `rel_l2` that passes; None where it does not decide.
    rel_l2_limit: float | None
    #: None when no element is finite.
    worst: Worst | None
    #: Elements that are NaN or infinite of `output`, of the reference (`oracle`) and of `naive`, and those `unequal`.
    not_finite: dict[str, int]
    rule: str
    #: Numbers, worst element and rule, as the command line says them.
    text: str
    #: What to give where rounding may be all that is wrong; else empty.
    repair: str
    #: Of the output that fails by most: where it is wrong, which inputs reach its worst element, and what of that is
    #: missing, doubled or foreign, in at most ten lines. Empty for the others.
    why: str

    def __repr__(self) -> str:
        return fitted(f"<verdict {self.text}>")

    def __str__(self) -> str:
        return f"{self.text}\n{self.why}".rstrip()

    def __bool__(self) -> bool:
        return self.passed


@dataclass(frozen=True)
class Digests:
    """Fingerprints of a run: what was asked for, when it happened, and the outputs."""

    structure: str
    timing: str
    data: str | None


@dataclass(frozen=True)
class Source:
    """Where the program of a run is from: a kernel in Python."""

    recorder: Recorder
    #: Records it again.
    record: Callable[[], Program]


class Run:
    """A run: its verdict, findings, times, digests and outputs."""

    def __init__(self, core: _k.Run, verdicts: dict[str, Verdict], source: Source | None) -> None:
        self._core = core
        self._source = source
        #: The result as `kernmesh run --json` writes it.
        self.summary: dict[str, Any] = json.loads(core.summary())
        #: Whether nothing is wrong: no finding, and no verdict that fails.
        self.passed: bool = self.summary["passed"]
        self.makespan_cycles: int = self.summary["makespan_cycles"]
        self.findings: list[Finding] = findings_of(json.dumps(self.summary["findings"]))
        #: By output; empty without a reference.
        self.verdicts = verdicts
        #: What the kernel or the references may not have meant, such as inputs that no op reads.
        self.notes: list[str] = self.summary["notes"]
        #: The verdict on the output that fails by most, which has a `why`, else on the first; None without a reference.
        failed = [it for it in verdicts.values() if not it.passed]
        told = [it for it in failed if it.why]
        self.verdict: Verdict | None = next(iter(told or failed or verdicts.values()), None)
        self.digests = Digests(**self.summary["digests"])
        self.program: Program = core.program
        #: By name. They are computed from the program alone: a race may give others on hardware.
        self.outputs: dict[str, Array] = {
            name: _array(core, name) for name, _, _ in self.program.outputs if core.output(name) is not None
        }

    def value(self, tile: Tile, at: Literal["made", "last"] | None = None) -> Array:
        """What a tile of the kernel held; the kernel puts it in a list of the caller, or names it with `tl.stage`.

        `at="made"` is after the op that returned this object, a view's being that of its tile, and `at="last"` after
        the last op that wrote the tile or a view of it. Where these differ one of them must be given. Values are those
        that the program means; a race may give others on hardware. Each call computes the run again: of many tiles, ask
        for `stages`.
        """
        if not isinstance(tile, Tile):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{tile!r} is no tile: outputs are in `outputs`, and a tile is the result of an op of `tl`")
        return _of_core(*self._core.value(tile, at))

    @cached_property
    def stages(self) -> dict[str, dict[int, Array]]:
        """By name and rank, what the tiles that the kernel named with `tl.stage` held there."""
        stages: dict[str, dict[int, Array]] = {}
        if self._source is not None:
            for name, rank, value in self._core.stages(self._source.recorder):
                stages.setdefault(name, {})[rank] = _of_core(*value)
        return stages

    def check(self) -> Run:
        """Raises for findings, for a verdict that fails, and for a kernel that records another program when it is

        recorded again; gives the run itself otherwise.
        """
        if self._source is not None and (differs := self.program.first_difference(self._source.record())):
            raise Refused(
                f"kernel `{self.program.kernel}` records another program when it runs again: {differs}",
                repair="let nothing random, no time, no set order and no state of earlier runs decide what is recorded",
            )
        if self.findings:
            first, n = self.findings[0], len(self.findings)
            said = "a finding, a" if n == 1 else f"{n} findings, the first a"
            raise Findings(
                f"`{self.program.kernel}` has {said} {first.kind}: {first.message}",
                repair=first.repair,
                findings=self.findings,
            )
        if self.verdict is not None and not self.verdict.passed:
            raise WrongResult(f"`{self.program.kernel}`: {self.verdict}", repair=self.verdict.repair, run=self)
        return self

    def __bool__(self) -> bool:
        return self.passed

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the op log, and beside it the checksums of its replay."""
        self._core.save(os.fspath(path))

    def save_tensors(self, path: str | os.PathLike[str]) -> None:
        """Writes the inputs, and what the references gave, as safetensors, for `kernmesh replay LOG --tensors`."""
        self._core.save_tensors(os.fspath(path))

    def report(self, path: str | os.PathLike[str]) -> None:
        """Writes the HTML report."""
        self._core.report(os.fspath(path))

    def perfetto(self, path: str | os.PathLike[str]) -> None:
        """Writes a trace for ui.perfetto.dev."""
        self._core.perfetto(os.fspath(path))

    def to_arrow(self, table: TableName = "ops") -> Any:
        """A table of `kernmesh export` as a `pyarrow.Table`, which pyarrow is needed for."""
        return arrow(self._core, table)

    def _repr_html_(self) -> str:
        return html(self, self._core.page())

    def __repr__(self) -> str:
        result = "PASS" if self.passed else "FAIL"
        if self.passed and self.verdict is None:
            result = "DONE"
        error = ""
        if self.verdict is not None:
            values = "values PASS " if self.verdict.passed and not self.passed else ""
            error = f" {values}max_abs {self.verdict.max_abs:.3g},"
        found = len(self.findings)
        findings = "1 finding" if found == 1 else f"{found} findings"
        return one_line(self.program.kernel, f"{result}{error} {self.makespan_cycles} cycles, {findings}")


def simulated(
    program: Program,
    machine: Machine,
    seed: int,
    arrays: list[Given],
    threads: int | None,
    judges: Judges,
    constants: Mapping[str, object],
    source: Source | None,
    *,
    by_library: bool = False,
) -> Run:
    """Both phases, and the verdict: by the references, or where there is none and it is asked for, by the library's."""
    core = _k.simulate(program, machine, seed, arrays, threads, by_library and judges.reference is None)
    verdicts = {it["output"]: _verdict(it) for it in json.loads(core.judged())}
    if judges.reference is not None:
        exact = _results(judges.reference, core, constants, "reference")
        plain = {} if judges.naive is None else _results(judges.naive, core, constants, "naive computation")
        if not exact:
            raise Refused("the reference returns no output", repair="return an array, or a dict of arrays by output")
        if more := sorted(set(plain) - set(exact)):
            raise Refused(
                f"the naive computation gives {', '.join(more)}, and the reference does not",
                repair=f"the reference gives {', '.join(exact)}",
            )
        asked: list[Any] = []
        for name, result in exact.items():
            naive = values(plain[name], name) if name in plain else None
            asked.append((name, values(result, name), naive))
        verdicts = {it["output"]: _verdict(it) for it in json.loads(core.judge(asked, [judges.rtol, judges.atol]))}
    return Run(core, verdicts, source)


#: Of a verdict in JSON, what has the same name here.
_SAME = ["output", "max_abs", "rel_l2", "max_ulp", "naive_max_abs", "ulp", "rule", "elements", "wrong", "beyond"]
_SAME += ["beyond_limit", "rel_l2_limit", "text", "why"]
_ROUNDING = (
    "a kernel that rounds several times, or sums many terms in f32, needs naive=, a plain computation in its dtypes, "
    "or rtol="
)


def _verdict(it: dict[str, Any]) -> Verdict:
    worst = it["worst"]
    if worst is not None:
        worst = Worst(tuple(worst["index"]), worst["value"], worst["oracle"], worst["limit"])
    return Verdict(
        passed=it["pass"],
        ulp_histogram=tuple(it["ulp_histogram"]),
        worst=worst,
        not_finite={name: found["elements"] for name, found in it["not_finite"].items()},
        repair=_ROUNDING if it["may_be_rounding"] else "",
        **{name: it[name] for name in _SAME},
    )


def _of_core(found: tuple[str, list[int], bytes], wide: tuple[list[int], bytes]) -> Array:
    return stored(*found, wide[1])


def _array(core: _k.Run, name: str, of: str = "output") -> Array:
    is_output = of == "output"
    found = core.output(name) if is_output else core.input(name)
    if found is None:
        raise Refused(f"the run has no values of `{name}`", repair="the program is timing only")
    wide = core.wide_output(name) if is_output else core.wide_input(name)
    return stored(*found, None if wide is None else wide[1])


def _results(function: Function, core: _k.Run, constants: Mapping[str, object], what: str) -> dict[str, object]:
    """What a reference gives for each output: it takes the inputs and constants that it names.

    A reference has the inputs in f64, integers among them; a naive computation as they are stored.
    """
    program = core.program
    arguments: dict[str, object] = dict(constants)
    names = inspect.signature(function).parameters
    takes_all = any(it.kind is it.VAR_KEYWORD for it in names.values())
    for name, _, _ in program.inputs:
        if name in names or takes_all:
            arguments[name] = _wide(core, name) if what == "reference" else _array(core, name, "input")
    if not takes_all:
        arguments = {name: it for name, it in arguments.items() if name in names}
    result: object = function(**arguments)
    outputs = [name for name, _, _ in program.outputs]
    if isinstance(result, Mapping):
        given: dict[str, object] = {str(name): it for name, it in result.items()}  # pyright: ignore
        return given
    if isinstance(result, tuple):
        if len(result) != len(outputs):  # pyright: ignore[reportUnknownArgumentType]
            raise Refused(f"the {what} returns {len(result)} arrays for {len(outputs)} outputs")  # pyright: ignore
        return dict(zip(outputs, result))  # pyright: ignore[reportUnknownArgumentType]
    if len(outputs) != 1:
        raise Refused(
            f"the {what} returns one array for {len(outputs)} outputs",
            repair=f"return a dict of arrays by name: {', '.join(outputs)}",
        )
    return {outputs[0]: result}


def _wide(core: _k.Run, name: str) -> Array:
    import numpy as np

    found = core.wide_input(name)
    assert found is not None
    return np.frombuffer(bytearray(found[1]), dtype=np.float64).reshape(found[0])
