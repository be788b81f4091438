"""What a type checker says of an author's kernel: nothing of a right one, and every wrong argument of a wrong one."""

import os
import subprocess
import sys
import textwrap

import pytest

GOOD = """
import numpy as np
import kernmesh as km
from kernmesh import tl


@km.kernel(topology="ring", slots=4)
def kernel(x: km.Input[km.f16], y: km.Output[km.f16], n: int = 3) -> None:
    own = tl.load(x[0:2, :])
    tl.send("right", own)
    with tl.recv("left", own.shape, km.f16) as got:
        tl.store(y, tl.where(got > own, got, own) * 2.0 + n)


run = kernel.run(x=np.zeros((4, 4), np.float16), ranks=4, place=km.Shard(0), sync="explicit")
kind: str = run.findings[0].kind
"""

WRONG = [
    ('"right", own', '"up", own'),
    ('"right", own', '"right", 3'),
    ("own.shape, km.f16", "own.shape, 16"),
    ("tl.store(y, ", "tl.store(x, "),
    ("2.0 + n", '2.0 + "n"'),
    ("tl.load(x[0:2, :])", "tl.load(y)"),
    ('topology="ring"', 'topology="star"'),
    ("km.Shard(0)", "0"),
    ('sync="explicit"', 'sync="no"'),
    ("kind: str", "kind: int"),
]


def told(text: str, tmp_path) -> str:
    (tmp_path / "author.py").write_text(text)
    words = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "author.py"]
    environment = {"MYPY_CACHE_DIR": str(tmp_path / "cache"), **os.environ}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("mypy")
    return tmp_path_factory.mktemp("types")


def test_a_right_kernel_has_no_complaint(folder):
    assert told(GOOD, folder) == ""


def test_every_wrong_argument_is_a_complaint(folder):
    """One file with a copy of the kernel for each: a type checker takes seconds to start."""
    head, _, body = GOOD.partition("\n\n\n")
    text, lines = head, {}
    for number, (right, wrong) in enumerate(WRONG):
        assert right in body
        text += f"\n\n\ndef case_{number}() -> None:\n"
        first = text.count("\n") + 1
        text += textwrap.indent(body.replace(right, wrong), "    ")
        lines[wrong] = range(first, text.count("\n") + 2)
    said = told(text, folder)
    numbers = [int(line.split(":")[1]) for line in said.splitlines() if line.startswith("author.py:")]
    missed = [wrong for wrong, of_case in lines.items() if not set(of_case) & set(numbers)]
    assert not missed, said
