"""Programs, logs and arrays that cross the boundary."""

import os
import signal
import subprocess
import sys
import threading
import time

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl


@km.kernel
def double(x: km.Input[km.f32], y: km.Output[km.f32]):
    tl.store(y, tl.load(x) * 2.0)


X = np.arange(12, dtype=np.float32).reshape(6, 2)


def command(*args: object, code: int = 0) -> str:
    words = [sys.executable, "-m", "kernmesh", *map(str, args)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_a_program_is_json_and_runs_again():
    program = double.record(x=X, ranks=2, place=km.Shard(0))
    again = km.Program.from_json(program.to_json())
    assert again == program and again.n_ranks == 2 and again.n_ops == 6
    assert again.inputs == [("x", [6, 2], "f32")] and again.outputs == [("y", [6, 2], "f32")]
    own = double.run(x=X, ranks=2, place=km.Shard(0))
    read = km.simulate(again, inputs={"x": X}, reference=lambda x: 2 * x)
    assert read.check().digests == own.digests and np.array_equal(read.outputs["y"], 2 * X)
    drawn = km.simulate(again, seed=3)
    assert drawn.passed and drawn.verdict is None and repr(drawn).startswith("<run of double: DONE ")
    with pytest.raises(km.Refused, match="the key `format` is missing"):
        km.Program.from_json("{}")
    with pytest.raises(km.Refused, match="no input `z`"):
        km.simulate(again, inputs={"z": X})


def test_the_command_line_replays_what_python_saved_and_python_reads_what_it_ran(tmp_path):
    log = tmp_path / "a.oplog"
    double.run(shapes={"x": (6, 2)}, ranks=2, place=km.Shard(0), seed=5).save(log)
    assert "DONE" in command("replay", log)
    other = tmp_path / "b.oplog"
    program = tmp_path / "p.json"
    program.write_text(double.record(x=X, ranks=2, place=km.Shard(0)).to_json())
    command("run", "--program", program, "--seed", 5, "--log", other)
    assert km.diff(log, other).verdict == "same"
    command("list")
    command("run", "no_such_kernel", code=2)


def test_a_damaged_or_missing_log_is_refused(tmp_path):
    (tmp_path / "bad.oplog").write_bytes(b"no log")
    for path in ("bad.oplog", "none.oplog"):
        with pytest.raises(km.Refused, match=path):
            km.diff(tmp_path / path, tmp_path / path)


def test_arrays_are_rounded_once_or_refused():
    @km.kernel
    def same(x: km.Input[km.f16], y: km.Output[km.f16]):
        tl.store(y, tl.load(x))

    exact = np.array([1 + 2**-11 + 2**-40, -3.0, 65504.0])
    for given in (exact, exact.astype(np.float32), exact.astype(">f8"), np.broadcast_to(exact, (3,))[::1]):
        assert np.array_equal(same.run(x=given).outputs["y"], np.asarray(given).astype(np.float16))
    assert same.run(x=np.arange(3)).outputs["y"].tolist() == [0, 1, 2]
    with pytest.raises(km.Refused, match="2049, which f16 does not hold"):
        same.run(x=np.array([1, 2049]))

    @km.kernel
    def bytes_of(x: km.Input[km.u8], y: km.Output[km.u8]):
        tl.store(y, tl.load(x))

    assert bytes_of.run(x=[1, 2, 255]).outputs["y"].tolist() == [1, 2, 255]
    assert bytes_of.run(x=np.array([True, False])).outputs["y"].tolist() == [1, 0]
    with pytest.raises(km.Refused, match="256, which u8 does not hold"):
        bytes_of.run(x=[1, 256])


def test_dtypes_that_numpy_lacks_are_read_as_f32():
    @km.kernel
    def rounded(x: km.Input[km.f32], y: km.Output[km.bf16]):
        tl.store(y, tl.load(x))

    x = np.array([1.0, 1 + 2**-9, 3.140625], dtype=np.float32)
    y = rounded.run(x=x).outputs["y"]
    assert y.astype(np.float32).tolist() == [1.0, 1.0, 3.140625]
    try:
        import ml_dtypes
    except ImportError:
        assert y.dtype == np.float32
    else:
        assert y.dtype == ml_dtypes.bfloat16


def test_two_threads_run_two_kernels():
    seen = {}

    def run(name, by):
        for _ in range(20):
            seen[name] = double.run(x=X * by, ranks=3, place=km.Shard(0)).outputs["y"]

    threads = [threading.Thread(target=run, args=(name, name)) for name in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(seen[name], 2 * X * name) for name in (1, 2, 3))


def test_the_lock_is_free_while_a_run_computes_and_an_interrupt_ends_it():
    @km.kernel
    def long(x: km.Input[km.f32], y: km.Output[km.f32]):
        t = tl.load(x)
        for _ in range(400):
            t = tl.dot(t, t)
        tl.store(y, t)

    ticks = []

    def interrupt():
        begin = time.monotonic()
        while time.monotonic() - begin < 0.3:
            time.sleep(0.01)
            ticks.append(0)
        os.kill(os.getpid(), signal.SIGINT)

    x = np.zeros((256, 256), dtype=np.float32)
    program = long.record(x=x)
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(1000):
            km.simulate(program, inputs={"x": x})
    thread.join()
    assert len(ticks) > 10
    assert double.run(x=X).passed


def test_a_machine_is_a_name_a_file_or_other_numbers(tmp_path):
    machine = km.machine("sip", link={"pe": {"bytes_per_cycle": 64}}, sync="explicit")
    path = tmp_path / "mine.toml"
    path.write_text(machine.to_toml())
    assert km.machine(path) == machine != km.machine("sip")
    assert double.run(x=X, machine=path, sync="interlocked").passed
    assert repr(machine) == "machine `sip` of 128 PEs"
    with pytest.raises(km.Refused, match="did you mean `bytes_per_cycle`"):
        km.machine("sip", link={"pe": {"bytes_per_cycl": 64}})
