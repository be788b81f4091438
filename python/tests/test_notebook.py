"""The notebook of the examples, run from end to end, and what a browser makes of its outputs."""

import http.server
import re
import shutil
import subprocess
import sys
import threading
import time
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import nbclient
import nbformat
import pytest

NOTEBOOK = Path("examples/mean_of_neighbours.ipynb")
#: A report draws itself in a second; a page that takes longer by far hangs.
PATIENCE_MS = 10_000
#: What frames have to draw and to answer.
LATE_S = 2
LATE = '<img src="/late" hidden>'


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """The HTML of each cell that has some."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    words = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": words, "display_name": "own", "language": "python"}
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    client.km = client.create_kernel_manager()
    client.km._kernel_spec = client.km.kernel_spec_manager.kernel_spec_class(**spec)
    client.execute()
    shown = [it for cell in notebook.cells for it in cell.get("outputs", [])]
    assert all(it.output_type != "error" for it in shown)
    return [it.data["text/html"] for it in shown if "text/html" in it.get("data", {})]


class Frames(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.frames: list[dict[str, str]] = []

    def handle_starttag(self, tag, attrs):
        if tag == "iframe":
            self.frames.append(dict(attrs))


def browse(pages: dict[str, tuple[str, str]], path: str) -> tuple[str, list[str]]:
    """The document that a browser makes of a page, and what its console says. A page is its text, and its sandbox."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A page is complete when this image is: frames of other processes have no other clock.
            if self.path == "/late":
                time.sleep(LATE_S)
            text, sandbox = pages.get(self.path, ("", ""))
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if sandbox:
                self.send_header("Content-Security-Policy", f"sandbox {sandbox}")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    program = next((it for it in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if it), None)
    assert program, "install Chromium (Debian and Ubuntu: `apt install chromium`)"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr"]
    words += [f"--virtual-time-budget={PATIENCE_MS}", "--dump-dom", f"http://127.0.0.1:{server.server_port}{path}"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    server.shutdown()
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line and "404" not in line]
    return done.stdout, said


def text_of(dom: str) -> str:
    return re.sub(r"<[^>]*>", " ", re.sub(r"<(script|style)\b.*?</\1>", " ", dom, flags=re.DOTALL))


def test_every_run_shows_its_facts_and_its_report_without_complaint(outputs):
    assert len(outputs) == 2
    page = f"<!doctype html><meta charset=utf-8><body>{''.join(outputs)}{LATE}</body>"
    dom, said = browse({"/": (page, "")}, "/")
    assert said == []
    text = text_of(dom)
    for wanted in ("PASS", "race_raw", "makespan", "lower bounds", "findings"):
        assert wanted in text, wanted
    assert len(re.findall(r"<iframe", dom)) == 2


def framed(html: str) -> dict[str, str]:
    frames = Frames()
    frames.feed(html)
    (frame,) = frames.frames
    return frame


def test_a_report_in_a_frame_has_no_address_to_write(outputs):
    """What a person does there is an address of the page, where it has one of its own."""
    text = framed(outputs[0])["srcdoc"]
    policy = re.compile(r"<meta http-equiv=.Content-Security-Policy.[^>]*>")
    assert len(policy.findall(text)) == 1
    click = "document.querySelector('nav button').click(); setTimeout(() => console.log('answered'), 1000)"
    text = f"{policy.sub('', text)}<script>{click}</script>"
    frame = f'<iframe sandbox="allow-scripts" srcdoc="{escape(text)}"></iframe>'
    _, said = browse({"/": (f"<!doctype html><meta charset=utf-8><body>{frame}{LATE}</body>", "")}, "/")
    assert len(said) == 1 and "answered" in said[0], said


def test_a_report_draws_itself_in_the_sandbox_of_its_frame(outputs):
    for html, wanted in zip(outputs, ("PASS", "findings"), strict=True):
        frame = framed(html)
        dom, said = browse({"/": (frame["srcdoc"], frame["sandbox"])}, "/")
        assert said == []
        before, after = text_of(frame["srcdoc"]), text_of(dom)
        assert wanted in after and len(after.split()) > len(before.split()) + 100, "its script filled the page"
        assert dom.count("<canvas") > frame["srcdoc"].count("<canvas"), "and drew"
