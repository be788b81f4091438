"""Findings as objects, made from their JSON."""

from __future__ import annotations

import json
import linecache
from dataclasses import dataclass
from typing import Any

from kernmesh._show import fitted

#: File, line and column, from 1.
Source = tuple[str, int, int]

#: Words of Rust in repairs, and the same in Python.
_WORDS = (
    ("&[h]", "h"),
    ("&[commit]", "commit"),
    ("`Recording::links`", '`@km.kernel(topology="ring")`'),
    ("`recv_into` (`recv_copy` in JSON)", "`tl.recv_into`"),
    ("`to(tile)`", "`out=tile`"),
    ("ask `neighbour` first", "ask `tl.neighbour` first"),
    ("make it smaller, or raise the limit with --memory SIZE", "make it smaller"),
)


def in_python(text: str) -> str:
    """A message in the words of Python."""
    for rust, python in _WORDS:
        text = text.replace(rust, python)
    return text


def source_of(text: str) -> Source | None:
    """`file:line:column` taken apart."""
    file, _, rest = text.rpartition(":")
    file, _, line = file.rpartition(":")
    return (file, int(line), int(rest)) if file and line.isdigit() and rest.isdigit() else None


@dataclass(frozen=True)
class Op:
    """An op of the program, as a finding names it."""

    rank: int
    index: int
    #: `load`, `dot`, `send` and so on.
    kind: str
    #: `dma0`, `gemm` and so on; empty before a run.
    unit: str
    #: Where the author wrote it: file, line and column, from 1.
    source: Source | None

    def __str__(self) -> str:
        return f"rank {self.rank}, op {self.index} ({self.kind})"


@dataclass(frozen=True)
class Finding:
    """A problem of a program or a run."""

    #: The diagnostic code, as `race_raw`.
    kind: str
    message: str
    #: What to do.
    repair: str
    #: The op at fault first, then those it conflicts with.
    ops: tuple[Op, ...]
    #: The memory, slot, ring or tensor concerned.
    where: str
    #: The edge that would have ordered the two; empty when none is missing.
    missing: str
    #: Whether the values differed in this run; None when no values were computed.
    value_differed: bool | None

    def __repr__(self) -> str:
        first = next((it.source for it in self.ops if it.source is not None), None)
        at = "" if first is None else f" at {first[0]}:{first[1]}"
        return fitted(f"<finding {self.kind}{at}: {self.message}>")

    def __str__(self) -> str:
        lines = [f"finding[{self.kind}]: {self.message}"]
        for op in self.ops:
            if op.source is not None:
                lines += [f"  --> {op.source[0]}:{op.source[1]}:{op.source[2]} ({op})", *_excerpt(op.source)]
        lines += [f"  {name}: {text}" for name, text in (("where", self.where), ("missing", self.missing)) if text]
        lines += [f"  help: {self.repair}"] if self.repair else []
        return "\n".join(lines)


def _excerpt(source: Source) -> list[str]:
    file, line, column = source
    text = linecache.getline(file, line).rstrip()
    code = text.lstrip()
    if not code:
        return []
    before = max(column - 1 - (len(text) - len(code)), 0)
    return [f"  {line:>4} | {code}", f"       | {' ' * before}^"]


def findings_of(text: str) -> list[Finding]:
    """Findings from the JSON of `--json`."""
    return [_finding(it) for it in json.loads(text)]


def _finding(it: dict[str, Any]) -> Finding:
    ops = tuple(Op(op["rank"], op["index"], op["op"], op["unit"], source_of(op["source"])) for op in it["ops"])
    return Finding(
        it["kind"],
        in_python(it["message"]),
        in_python(it["repair"]),
        ops,
        it["where"],
        it["missing"],
        it["value_differed"],
    )
