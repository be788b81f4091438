"""A run as people see it: in one line, and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernmesh._run import Run

#: Most characters of a `repr`.
WIDTH = 100
#: Findings that a notebook shows in words; the report has all.
SHOWN = 5
#: Characters of a report that a notebook still takes: it keeps each output, and sends it to the browser.
REPORT_MAX = 16_000_000
_FRAME = "width:100%;height:36em;border:1px solid #8886"


def one_line(kernel: str, said: str) -> str:
    """What a run came to, with as much of its kernel's name as fits."""
    room = max(WIDTH - len(f"<run of : {said}>"), 8)
    name = kernel if len(kernel) <= room else kernel[: room - 1] + "…"
    return f"<run of {name}: {said}>"


def fitted(text: str) -> str:
    """A `repr` in angle brackets, cut where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 2]}…>"


def html(run: Run, page: str) -> str:
    """Verdict, makespan, bounds and findings, and below them the report in a frame."""
    rows = [f"<tr><th>{escape(label)}</th><td>{escape(said)}</td></tr>" for label, said in _facts(run)]
    found = [f"<pre>{escape(str(it))}</pre>" for it in run.findings[:SHOWN]]
    if len(run.findings) > SHOWN:
        found.append(f"<p>… and {len(run.findings) - SHOWN} more in <code>.findings</code></p>")
    frame = f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" title="report" style="{_FRAME}"></iframe>'
    if len(page) > REPORT_MAX:
        size = f"the report has {len(page) // 10**6} MB, which is too much for a notebook"
        frame = f'<p>{size}: write it with <code>.report("page.html")</code></p>'
    return f"<div><table>{''.join(rows)}</table>{''.join(found)}{frame}</div>"


def _facts(run: Run) -> list[tuple[str, str]]:
    facts = [("run", repr(run)[1:-1]), ("verdict", "not judged" if run.verdict is None else run.verdict.text)]
    facts.append(("makespan", f"{run.makespan_cycles} cycles"))
    bounds = run.summary["bounds"]
    if bounds is not None:
        times = [f"{name[:-3]} {value / 1e6:g} ns" for name, value in bounds.items() if name.endswith("_fs")]
        facts.append(("lower bounds", f"{', '.join(times)}; the largest is {bounds['binding']}"))
    facts.append(("findings", str(len(run.findings)) if run.findings else "none"))
    return facts
