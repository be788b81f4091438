"""What people see of a run: in one line, and in a notebook."""

from html.parser import HTMLParser

import kernmesh as km
import numpy as np
import pytest
from kernmesh import _show, tl

X = np.arange(12, dtype=np.float32).reshape(6, 2)


def run_of(name="kernel", body=lambda x: x, ranks=1, **options) -> km.Run:
    def function(x: km.Input[km.f32], y: km.Output[km.f32]):
        tl.store(y, body(tl.load(x)))

    function.__name__ = name
    return km.kernel(function).run(x=X, ranks=ranks, **options)


def racy(t: km.Tile) -> km.Tile:
    return tl.exp(t) + t


NAMES = ["kernel", "a_kernel_whose_name_says_everything_that_it_does_to_every_element_of_its_input", "é" * 200]
SAYS = [{}, {"reference": lambda x: x}, {"reference": lambda x: x + 1e30}, {"body": racy, "sync": "explicit"}]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", SAYS)
def test_a_repr_fits_100_columns(name, options):
    run = run_of(name, **options)
    shown = [run, run.program, run.verdict, *run.findings, km.diff(run, run), km.machine("sip")]
    shown += [km.kernels.mesh_mlo, km.kernels.llama70b_decode_multi]
    for it in shown:
        assert len(repr(it)) <= 100 and "\n" not in repr(it), repr(it)
    assert name[:20] in repr(run) and f"{run.makespan_cycles} cycles" in repr(run)


def test_a_repr_of_a_finding_and_of_a_verdict_says_which():
    run = run_of(body=racy, sync="explicit", reference=lambda x: x)
    line = racy.__code__.co_firstlineno + 1
    first = repr(run.findings[0])
    assert first.startswith("<finding race_raw at ") and f"test_show.py:{line}: " in first
    assert repr(run.verdict).startswith("<verdict FAIL y: max_abs ")


class Frame(HTMLParser):
    """The text of a page, and the page in its frame."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.frames, self.open = "", [], []

    def handle_starttag(self, tag, attrs):
        if tag == "iframe":
            self.frames.append(dict(attrs))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_notebook_shows_verdict_makespan_bounds_findings_and_the_report(tmp_path):
    run = run_of("<b>bold", racy, sync="explicit", reference=lambda x: np.exp(x) + x)
    page = Frame()
    page.feed(run._repr_html_())
    page.close()
    assert page.open == [], "every tag is closed"
    bounds = run.summary["bounds"]
    facts = [run.verdict.text, f"{run.makespan_cycles} cycles", f"the largest is {bounds['binding']}", "<b>bold"]
    for said in [*facts, str(run.findings[0])]:
        assert said in page.text
    (frame,) = page.frames
    run.report(tmp_path / "page.html")
    assert frame["srcdoc"] == (tmp_path / "page.html").read_text(encoding="utf-8")
    assert frame["sandbox"] == "allow-scripts", "a report needs no rights of the notebook"


def test_a_report_that_is_too_large_for_a_notebook_is_left_out(monkeypatch):
    run = run_of()
    monkeypatch.setattr(_show, "REPORT_MAX", 1000)
    html = run._repr_html_()
    assert "<iframe" not in html and "too much for a notebook" in html and '.report("page.html")' in html
    assert len(html) < 2000


def test_a_diff_prints_as_the_command_line_does():
    a, b = run_of(), run_of(body=lambda t: t * 2.0)
    found = km.diff(a, b)
    assert found.verdict == "structure" and str(found).startswith("DIFFERENT ") and "test_show.py" in found.text
    assert str(km.diff(a, a)).startswith("SAME ")
