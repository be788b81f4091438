"""Tables of a run as Arrow: the rows and columns of `kernmesh export`."""

import csv
import subprocess
import sys

import kernmesh as km
import numpy as np
import pyarrow as pa
import pytest
from kernmesh import tl

X = np.arange(12, dtype=np.float32).reshape(6, 2)


@km.kernel(topology="ring", slots=1)
def passes_on(x: km.Input[km.f32], y: km.Output[km.f32]):
    own = tl.load(x)
    with tl.span("around"):
        for _ in range(3):
            tl.send("right", own)
            with tl.recv("left", own.shape, km.f32) as got:
                own = got * 2.0
    tl.store(y, own)


def text_of(value: object) -> str:
    """A value as CSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def tables() -> tuple[pa.Table, pa.Table, pa.Table]:
    run = passes_on.run(x=X, ranks=3, place=km.Shard(0))
    return tuple(run.to_arrow(name) for name in ("ops", "messages", "stalls"))


def test_ops_are_those_of_the_csv_that_the_command_line_writes(tmp_path):
    run = passes_on.run(x=X, ranks=3, place=km.Shard(0))
    run.save(tmp_path / "a.oplog")
    words = [sys.executable, "-m", "kernmesh", "export", tmp_path / "a.oplog", "--csv", "-"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    head, *rows = csv.reader([line for line in done.stdout.splitlines() if not line.startswith("#")])
    table = run.to_arrow("ops")
    assert isinstance(table, pa.Table) and table.column_names == head
    assert [[text_of(it) for it in row.values()] for row in table.to_pylist()] == rows
    assert len(rows) == run.program.n_ops


def test_messages_are_those_of_their_ops():
    ops, messages, _ = tables()
    of = {(it["rank"], it["op"]): it for it in ops.to_pylist()}
    rows = messages.to_pylist()
    assert sorted((it["producer"], it["message"]) for it in rows) == [(rank, n) for rank in range(3) for n in range(3)]
    for it in rows:
        sent, received = of[it["producer"], it["send_op"]], of[it["consumer"], it["receive_op"]]
        assert [sent["kind"], received["kind"]] == ["send", "recv"] and sent["start_fs"] == it["sent_fs"]
        assert (sent["ring"], sent["message"]) == (received["ring"], received["message"]) == (it["ring"], it["message"])
        assert it["consumer"] == (it["producer"] + 1) % 3 and it["bytes"] == 16
        assert it["sent_fs"] < it["filled_fs"] <= it["received_fs"] < it["released_fs"] < it["credit_fs"]


def test_stalls_add_up_to_those_of_their_ops():
    ops, _, stalls = tables()
    held: dict[tuple[int, int], int] = {}
    for it in stalls.to_pylist():
        held[it["rank"], it["op"]] = held.get((it["rank"], it["op"]), 0) + it["to_fs"] - it["from_fs"]
    assert held == {(it["rank"], it["op"]): it["stalled_fs"] for it in ops.to_pylist() if it["stalled_fs"]}
    assert {it["reason"] for it in stalls.to_pylist()} >= {"operand", "message", "credit"}


def test_columns_have_their_types_and_the_run_is_named():
    table = passes_on.run(x=X, ranks=3, place=km.Shard(0)).to_arrow()
    kinds = {table.schema.field(name).type for name in table.column_names}
    assert kinds == {pa.int64(), pa.string()}
    assert table.schema.metadata and all(key.startswith(b"kernmesh.") for key in table.schema.metadata)


def test_without_pyarrow_it_says_what_to_install(monkeypatch):
    run = passes_on.run(x=X, ranks=3, place=km.Shard(0))
    with pytest.raises(km.Refused, match="no table is called `op`"):
        run.to_arrow("op")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(km.Refused, match="needs pyarrow") as raised:
        run.to_arrow("ops")
    assert raised.value.repair == "pip install pyarrow"
