"""Kernels of the library: the same runs as on the command line."""

import inspect
import json
import subprocess
import sys

import kernmesh as km
import numpy as np
import pytest

SMALL = dict(ranks=2, kv_len=32, heads=4, kv_heads=2, head_dim=16)


def command(name: str, settings: dict, *more: str) -> dict:
    words = [f"--set={key}={str(value).lower()}" for key, value in settings.items()]
    words = [sys.executable, "-m", "kernmesh", "run", name, *words, *more, "--json", "-"]
    return json.loads(subprocess.run(words, capture_output=True).stdout)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("mesh_mlo", SMALL | dict(packed=True)),
        ("mesh_kv", SMALL | dict(dtype="bf16", topology="ring")),
        ("gemm", dict(m=16, n=32, k=64)),
        ("ring_model", dict(ranks=5)),
    ],
)
def test_a_run_is_that_of_the_command_line(name, settings):
    expected = command(name, settings)
    run = getattr(km.kernels, name)(**settings).check()
    assert vars(run.digests) == expected["digests"] and run.makespan_cycles == expected["makespan_cycles"]
    judged = expected["verdict"] and expected["verdict"]["max_abs"]
    assert (run.verdict and run.verdict.max_abs) == judged, "by the kernel's own reference"
    assert (judged is None) == (name == "ring_model")


def test_options_are_those_of_a_run():
    run = km.kernels.gemm(m=16, n=32, k=64, machine="tiny", sync="interlocked", seed=7, dtype=km.f32, threads=1)
    words = ["--machine", "tiny", "--sync", "interlocked", "--seed", "7"]
    assert vars(run.digests) == command("gemm", dict(m=16, n=32, k=64, dtype="f32"), *words)["digests"]
    assert run.program == km.kernels.gemm.record(m=16, n=32, k=64, dtype="f32")
    options = set(inspect.signature(km.kernels.gemm).parameters) - {"parameters"}
    for name in dir(km.kernels):
        it = getattr(km.kernels, name)
        if isinstance(it, type(km.kernels.gemm)):
            assert not options & set(it.parameters), f"{name}: a parameter has the name of an option"


def test_arrays_are_judged_too():
    rng = np.random.default_rng(0)
    inputs = km.kernels.gemm.record(m=8, n=16, k=32).inputs
    given = {name: rng.standard_normal(shape).astype(np.float16) for name, shape, _ in inputs}
    run = km.kernels.gemm(m=8, n=16, k=32, inputs=given).check()
    (result,) = run.outputs.values()
    a, b = (it.astype(np.float64) for it in given.values())
    assert run.verdict.passed and np.allclose(result, a @ b, atol=1e-2)


def test_what_the_library_does_not_have_is_refused_in_its_words():
    with pytest.raises(AttributeError, match="no kernel `gem`: it has gemm, mesh_mlo"):
        km.kernels.gem
    with pytest.raises(km.Refused, match="head") as raised:
        km.kernels.mesh_mlo(head=3)
    assert "heads" in f"{raised.value} {raised.value.repair}"
    with pytest.raises(km.Refused, match="`ring_model` has its own machine and cannot run on `sip`"):
        km.kernels.ring_model(machine="sip")
    with pytest.raises(km.Refused, match="no input `z`"):
        km.kernels.gemm(m=8, n=16, k=32, inputs={"z": np.zeros(3)})
    assert "q_len=1: queries of every head" in km.kernels.mesh_mlo.__doc__
