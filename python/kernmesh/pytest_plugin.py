"""A pytest plugin: runs held to golden files, by meaning.

`kernmesh_golden(run)` in a test compares the run with `goldens/MODULE.TEST.jsonl` beside the test's file, and
`pytest --kernmesh-bless` accepts the runs as they come out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from kernmesh._front import diff
from kernmesh._run import Run

#: pytest shows the line of the test in place of these.
__tracebackhide__ = True

Golden = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kernmesh")
    group.addoption(
        "--kernmesh-bless", action="store_true", default=False, help="accept runs as the goldens from now on"
    )


@pytest.fixture
def kernmesh_golden(request: pytest.FixtureRequest) -> Golden:
    """Holds a run to its golden: `kernmesh_golden(run)`, or with a name where a test has several."""
    bless = bool(request.config.getoption("--kernmesh-bless"))
    of_test = ".".join([request.path.stem, *request.node.nodeid.split("::")[1:]])
    held: set[str] = set()

    def hold(run: Run, name: str | None = None) -> None:
        full = of_test if name is None else f"{of_test}.{name}"
        if full in held:
            raise ValueError("two runs of a test have one golden: name them, as kernmesh_golden(run, \"small\")")
        held.add(full)
        _hold(run, request.path.parent / "goldens" / f"{quote(full, safe='[]')}.jsonl", bless)

    return hold


def _hold(run: Run, path: Path, bless: bool) -> None:
    # What is wrong is no golden, and is told before what differs.
    run.check()
    if bless:
        path.parent.mkdir(exist_ok=True)
        run.save(path)
        return
    if not path.exists():
        raise AssertionError(f"there is no golden {path}: accept this run with pytest --kernmesh-bless")
    found = diff(path, run)
    if found.verdict != "same":
        accept = "if it is meant, accept it with pytest --kernmesh-bless"
        raise AssertionError(f"the run (b) differs from its golden (a), {path}\n{found}\n{accept}")
