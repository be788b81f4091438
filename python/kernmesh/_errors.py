"""Exceptions. The repair of each is a note (PEP 678), so that a traceback shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernmesh._run import Run

from kernmesh._findings import Finding, Source, findings_of, in_python, source_of


class Error(Exception):
    """Everything that kernmesh raises, but for errors of types and indices, which are Python's own."""

    def __init__(
        self, message: str, *, repair: str = "", findings: Sequence[Finding] = (), source: Source | None = None
    ) -> None:
        super().__init__(message)
        #: What to do; empty when the message says it.
        self.repair = repair
        #: The diagnostics that the error stands for.
        self.findings = list(findings)
        #: Where the author wrote what is wrong: file, line and column, from 1.
        self.source = source
        if repair:
            self.add_note(f"help: {repair}")
        for finding in findings[:3]:
            self.add_note(str(finding))
        if len(findings) > 3:
            self.add_note(f"… and {len(findings) - 3} more in `.findings`")


class Refused(Error):
    """A program, an argument or a file cannot work: nothing was run."""


class RecordError(Refused):
    """A mistake in a kernel, told at its line while it is recorded."""


class Deadlock(Error):
    """The program cannot finish."""


class Findings(Error):
    """A run has findings: races, lifetimes, values that no write made."""


class WrongResult(Error):
    """The values are further from the reference than the rule allows."""

    def __init__(self, message: str, *, repair: str = "", run: Run | None = None) -> None:
        super().__init__(message, repair=repair)
        #: The verdict that fails: its output, worst element and limits.
        self.verdict = None if run is None else run.verdict


class InternalError(Error):
    """A bug of kernmesh."""


_CLASSES: dict[str, type[Error]] = {
    it.__name__: it for it in (Refused, RecordError, Deadlock, Findings, WrongResult, InternalError)
}


def made(name: str, message: str, repair: str, findings_json: str, source: str) -> Error:
    """The exception of an error of the simulator."""
    found = findings_of(findings_json)
    return _CLASSES[name](
        in_python(message), repair=in_python(repair), findings=found, source=source_of(source) if source else None
    )
