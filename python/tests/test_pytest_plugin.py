"""The pytest plugin, as a project uses it: goldens by meaning, and failures at the author's line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import numpy as np
import kernmesh as km
import pytest
from kernmesh import tl

FACTOR = 2.0
MACHINE = "sip"
BROKEN = False


@km.kernel(reference=lambda x: FACTOR * x, atol=1e-3)
def scale(x: km.Input[km.f16], y: km.Output[km.f16]):
    t = tl.load(x)
    tl.store(y, t * FACTOR)


def run():
    return scale.run(x=np.ones((4, 8), np.float16), ranks=2, place=km.Shard(0), machine=MACHINE)


@pytest.mark.parametrize("case", ["a/b", "a b"])
def test_scale(kernmesh_golden, case):
    it = run()
    kernmesh_golden(it)
    kernmesh_golden(it, "again")
"""
MISTAKEN = """
import numpy as np
import kernmesh as km
from kernmesh import tl


@km.kernel
def kernel(x: km.Input[km.f16], y: km.Output[km.f16]):
    t = tl.load(x)
    tl.store(y, tl.dot(t, t))  # the mistake


def test_kernel():
    kernel.run(x=np.ones((4, 8), np.float16))


@km.kernel(reference=lambda x: x)
def wrong(x: km.Input[km.f16], y: km.Output[km.f16]):
    tl.store(y, tl.load(x) + 1.0)


def test_wrong():
    run = wrong.run(x=np.ones((4, 8), np.float16))
    run.check()  # the check
"""


def run_pytest(folder, text: str, *options: str) -> tuple[int, str]:
    (folder / "test_author.py").write_text(text)
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", *options, "test_author.py"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def blessed(tmp_path):
    code, said = run_pytest(tmp_path, TESTS, "--kernmesh-bless")
    assert code == 0, said
    return tmp_path


def test_a_golden_is_accepted_once_and_then_held(blessed):
    goldens = {it.name for it in (blessed / "goldens").iterdir() if it.suffix == ".jsonl"}
    ends = ["[a%2Fb]", "[a%2Fb].again", "[a%20b]", "[a%20b].again"]
    assert goldens == {f"test_author.test_scale{end}.jsonl" for end in ends}
    kept = {it: it.read_bytes() for it in (blessed / "goldens").iterdir()}
    assert run_pytest(blessed, TESTS)[0] == 0
    assert run_pytest(blessed, "# A line that moves all others.\n" + TESTS)[0] == 0
    assert {it: it.read_bytes() for it in (blessed / "goldens").iterdir()} == kept, "nothing is written unasked"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("FACTOR = 2.0", "FACTOR = 3.0", "structure"),
        ('MACHINE = "sip"', 'MACHINE = "tiny"', "times|makespan"),
        ("np.ones((4, 8), np.float16)", "np.full((4, 8), 2, np.float16)", "other values"),
    ],
)
def test_what_differs_is_told_as_the_diff_tells_it(blessed, right, wrong, said):
    code, told = run_pytest(blessed, TESTS.replace(right, wrong))
    assert code == 1 and re.search(r"E +AssertionError: the run \(b\) differs from its golden \(a\), .*\.jsonl", told)
    assert re.search(r"E +DIFFERENT ", told) and re.search(said, told), told
    assert "pytest --kernmesh-bless" in told and ">       kernmesh_golden(it)" in told
    assert "pytest_plugin.py" not in told


def test_what_is_wrong_never_becomes_a_golden(tmp_path):
    code, told = run_pytest(tmp_path, TESTS.replace("t * FACTOR", "t * 5.0"), "--kernmesh-bless")
    assert code == 1 and "WrongResult" in told and not (tmp_path / "goldens").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("t * FACTOR", "t * float(np.random.random())", "records another program when it runs again"),
        ('it, "again"', "it", "two runs of a test have one golden"),
    ],
)
def test_what_cannot_be_held_is_named(tmp_path, right, wrong, said):
    text = TESTS.replace("lambda x: FACTOR * x, atol=1e-3", "lambda x: x, atol=9").replace(right, wrong)
    code, told = run_pytest(tmp_path, text, "--kernmesh-bless")
    assert code == 1 and said in told, told


def test_a_golden_that_is_missing_or_has_no_values_fails(blessed):
    for it in (blessed / "goldens").glob("*.replay"):
        it.unlink()
    code, told = run_pytest(blessed, TESTS)
    assert code == 1 and "UNDECIDED" in told, told
    for it in (blessed / "goldens").iterdir():
        it.unlink()
    code, told = run_pytest(blessed, TESTS)
    assert code == 1 and "there is no golden" in told and "--kernmesh-bless" in told, told


def test_the_page_s_own_test_runs_as_it_stands(tmp_path):
    page = Path("docs/python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (at,) = (at for at, block in enumerate(blocks) if "kernmesh_golden" in block)
    text = "\n".join(blocks[: at + 1])
    for options, wanted in [([], 1), (["--kernmesh-bless"], 0), ([], 0)]:
        code, told = run_pytest(tmp_path, text, *options)
        assert code == wanted, told


def test_a_failure_is_shown_at_the_author_s_own_line(tmp_path):
    code, told = run_pytest(tmp_path, MISTAKEN)
    assert code == 1
    lines = MISTAKEN.splitlines()
    for mark, error in [("# the mistake", "RecordError"), ("# the check", "WrongResult")]:
        number = next(at for at, line in enumerate(lines, 1) if mark in line)
        assert re.search(rf"^>.*{mark}$", told, re.MULTILINE), told
        assert re.search(rf"^test_author.py:{number}: {error}$", told, re.MULTILINE), told
    assert "site-packages" not in told, told
