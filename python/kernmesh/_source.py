"""Places of the author's code: file, line and column of every instruction of a code object."""

from __future__ import annotations

import os
from types import CodeType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def describe(code: CodeType) -> tuple[str | None, list[tuple[int, int]]]:
    """The file, None for this package's own code, and (line, column) by instruction, both from 1."""
    if os.path.abspath(code.co_filename).startswith(_HERE):
        return None, []
    positions: list[tuple[int, int]] = []
    line, column = code.co_firstlineno, 1
    for first, _, start, _ in code.co_positions():
        line = first if first is not None else line
        column = start + 1 if start is not None else column
        positions.append((max(line, 1), column))
    return file_name(code.co_filename), positions


def file_name(path: str) -> str:
    """The path from the current directory, for files below it: a program is the same wherever it is recorded."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # Another drive, on Windows.
        return path
    if not os.path.isfile(path) or relative.startswith(os.pardir):
        return path
    return relative
