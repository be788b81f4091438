"""Places of the author's code: file, line and column of every instruction of a code object."""

from __future__ import annotations

import contextlib
import linecache
import os
from types import CodeType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
#: Between an author's `with` and this package.
_BETWEEN = os.path.abspath(contextlib.__file__)


def describe(code: CodeType) -> tuple[str | None, list[tuple[int, int]]]:
    """The file, None for code that is no author's, and (line, column) by instruction, both from 1."""
    file = os.path.abspath(code.co_filename)
    if file.startswith(_HERE) or file == _BETWEEN:
        return None, []
    positions: list[tuple[int, int]] = []
    line, column = code.co_firstlineno, 1
    for first, _, start, _ in code.co_positions():
        line = first if first is not None else line
        column = _characters(code.co_filename, line, start) + 1 if start is not None else column
        positions.append((max(line, 1), column))
    return file_name(code.co_filename), positions


def _characters(file: str, line: int, start: int) -> int:
    """A column in characters, of one in bytes of UTF-8."""
    text = linecache.getline(file, line)
    return start if text.isascii() else len(text.encode()[:start].decode(errors="ignore"))


def file_name(path: str) -> str:
    """The path from the current directory, for files below it: a program is the same wherever it is recorded."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # Another drive, on Windows.
        return path
    if not os.path.isfile(path) or relative.startswith(os.pardir):
        return path
    return relative
