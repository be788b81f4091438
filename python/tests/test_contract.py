"""The two kernels that the interface was agreed on, as they were written."""

from pathlib import Path

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl

FILE = Path(__file__).name


@km.kernel(reference=lambda x, w: np.maximum(x.astype(np.float64) @ w.astype(np.float64), 0))
def panel(x: km.Input[km.f16], w: km.Input[km.f16], y: km.Output[km.f16], block: int = 64):
    xs = tl.load(x)                            # this rank's part, or x[i0:i1, j0:j1] of it
    acc = tl.zeros((xs.shape[0], w.shape[1]), km.f32)
    for k in range(0, w.shape[0], block):      # plain Python loops, run while recording
        acc = tl.dot(xs[:, k:k+block], tl.load(w[k:k+block, :]), acc)
    tl.store(y, tl.maximum(acc, 0.0))          # Triton's order: where, then what; casts to y's dtype


@km.kernel(topology="ring", slots=4)           # rings between neighbours; slot size from the messages
def mean_of_neighbours(x: km.Input[km.f32], y: km.Output[km.f32]):
    own = tl.load(x)
    tl.send("right", own); tl.send("left", own)
    a = tl.recv("left", own.shape, km.f32); b = tl.recv("right", own.shape, km.f32)
    tl.store(y, (a + own + b) / 3.0)
    tl.release(a); tl.release(b)


def matrices(m: int, k: int, n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.standard_normal(shape).astype(np.float16)
    return {"x": draw(m, k), "w": draw(k, n)}


@pytest.mark.parametrize(("m", "k", "n", "ranks"), [(64, 128, 32, 4), (37, 160, 48, 4), (5, 70, 3, 5), (8, 64, 8, 1)])
def test_a_panel_of_a_product_is_right_whatever_does_not_divide(m, k, n, ranks):
    given = matrices(m, k, n)
    run = panel.run(**given, ranks=ranks, machine="sip", place=dict(x=km.Shard(0), w=km.Replicate(), y=km.Shard(0)))
    assert run.passed and run.verdict.passed
    exact = np.maximum(given["x"].astype(np.float64) @ given["w"].astype(np.float64), 0)
    assert run.verdict.max_abs == np.abs(run.outputs["y"] - exact).max()
    assert run.outputs["y"].shape == (m, n) and run.outputs["y"].dtype == np.float16
    assert run.makespan_cycles > 0 and len(run.findings) == 0
    run.check()


def test_results_are_files_and_digests_compare(tmp_path):
    given, place = matrices(16, 64, 8), dict(x=km.Shard(0), y=km.Shard(0))
    runs = [panel.run(**given, ranks=4, place=place, machine=it) for it in ("sip", "sip", slow())]
    assert runs[0].digests == runs[1].digests != runs[2].digests
    assert runs[0].digests.data == runs[2].digests.data
    a, b = tmp_path / "a.oplog", tmp_path / "b.oplog"
    runs[0].save(a), runs[2].save(b)
    assert km.diff(a, runs[1]).verdict == "same"
    assert km.diff(str(a), str(b)).verdict == "timing"
    runs[0].report(tmp_path / "page.html")
    runs[0].perfetto(tmp_path / "a.pftrace")
    assert FILE in (tmp_path / "page.html").read_text()
    assert (tmp_path / "a.pftrace").stat().st_size > 1000


def slow() -> km.Machine:
    return km.machine("sip", hbm={"bytes_per_cycle": 2}, link={"pe": {"bytes_per_cycle": 64}})


def test_findings_name_the_lines_of_this_file():
    x = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
    run = mean_of_neighbours.run(x=x, ranks=5, sync="explicit", place=km.Shard(0))
    assert not run.passed
    first = run.findings[0]
    assert first.kind == "race_raw"
    lines = Path(__file__).read_text().splitlines()
    sent, loaded = (next(n for n, line in enumerate(lines, 1) if it in line) for it in ("tl.send(", "own = tl.load(x)"))
    file, line, column = first.ops[0].source
    assert (Path(file).name, line, column) == (FILE, sent, 5)
    assert first.ops[1].source[1:] == (loaded, lines[loaded - 1].index("tl.load") + 1)
    with pytest.raises(km.Findings) as raised:
        run.check()
    assert raised.value.findings == run.findings
    assert any("tl.wait(h)" in note for note in raised.value.__notes__)


def test_neighbours_on_an_interlocked_machine_have_their_mean():
    x = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
    run = mean_of_neighbours.run(x=x, ranks=5, place=km.Shard(0)).check()
    parts = x.reshape(5, 2, 4)
    mean = (np.roll(parts, 1, 0) + parts + np.roll(parts, -1, 0)) / np.float32(3)
    assert np.array_equal(run.outputs["y"], mean.reshape(10, 4))
