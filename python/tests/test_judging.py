"""What judges a run, and what a verdict says."""

import subprocess
import sys

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl

RNG = np.random.default_rng(3)
X = RNG.standard_normal((16, 16)).astype(np.float32)


@km.kernel
def same(x: km.Input[km.f32], y: km.Output[km.f32]):
    tl.store(y, tl.load(x))


@km.kernel
def squared(x: km.Input[km.i32], y: km.Output[km.i32]):
    t = tl.load(x)
    tl.store(y, t * t)


@km.kernel
def summed(x: km.Input[km.u8], y: km.Output[km.f32]):
    t = tl.load(x).to(km.f32)
    tl.store(y, t + t)


@km.kernel
def two(x: km.Input[km.f32], z: km.Input[km.f32], y: km.Output[km.f32], w: km.Output[km.f32]):
    t = tl.load(x)
    tl.store(y, t), tl.store(w, t)


def test_a_reference_has_integers_in_f64():
    run = summed.run(x=np.full((4, 4), 200, np.uint8), reference=lambda x: x + x)
    assert run.check().verdict.max_abs == 0
    run = squared.run(x=np.full((4, 4), 100_000, np.int32), reference=lambda x: x * x)
    assert not run.passed and run.verdict.worst.expected == 1e10


def test_what_judges_nothing_is_refused():
    for options, said in [
        ({"naive": lambda x: x}, "a naive computation is given and no reference"),
        ({"rtol": 1e-3}, "a tolerance is given and no reference"),
        ({"reference": lambda x: x, "naive": lambda x: x, "atol": 1e-3}, "and a tolerance are given"),
        ({"reference": lambda x: {}}, "returns no output"),
        ({"reference": lambda x: {"Y": x}}, "gives `Y`, which is no output"),
        ({"reference": lambda x: {"y": x}, "naive": lambda x: {"Y": x}}, "the naive computation gives Y"),
        ({"reference": lambda x: x, "rtol": float("nan")}, "rtol is nan"),
        ({"reference": lambda x: x, "atol": float("inf")}, "atol is inf"),
        ({"reference": lambda x: x, "rtol": -1.0}, "rtol is -1"),
    ]:
        with pytest.raises(km.Refused, match=said) as raised:
            same.run(x=X, **options)
        assert raised.value.repair


def test_what_nothing_judges_or_reads_is_a_note():
    run = two.run(x=X, z=X, reference=lambda x: {"y": x})
    assert run.passed
    assert [said for said in ("`w` not judged", "no op reads the input `z`") if any(said in it for it in run.notes)] == [
        "`w` not judged",
        "no op reads the input `z`",
    ]
    assert same.run(x=X, reference=lambda x: x).notes == []


def test_what_a_run_gives_takes_the_place_of_what_the_kernel_has():
    @km.kernel(reference=lambda x: x, rtol=1e-3)
    def tolerant(x: km.Input[km.f32], y: km.Output[km.f32]):
        tl.store(y, tl.load(x))

    assert "1e-3" in tolerant.run(x=X).verdict.rule
    assert "naive" in tolerant.run(x=X, naive=lambda x: x).verdict.rule


def test_a_run_and_a_verdict_are_true_when_they_pass():
    right, wrong = (same.run(x=X, reference=lambda x, by=by: x + by) for by in (0.0, 1.0))
    assert right and right.verdict and not wrong and not wrong.verdict


def test_a_wrong_result_says_where_by_how_much_and_what_to_do():
    def off(x):
        x[3, 5] += 2
        return x

    with pytest.raises(km.WrongResult) as raised:
        same.run(x=X, reference=off).check()
    verdict = raised.value.verdict
    assert verdict.output == "y" and verdict.worst.index == (3, 5) and verdict.wrong == 1
    assert verdict.worst.expected - verdict.worst.got == pytest.approx(2) and verdict.worst.limit < 1e-5
    text = str(raised.value)
    assert all(said in text for said in ("FAIL y: max_abs 2.00e0 >", "y[3, 5] is", "1 of 256 elements", "rule: "))
    assert not raised.value.repair
    close = same.run(x=X, reference=lambda x: x * (1 + 1e-4))
    assert "naive=" in close.verdict.repair and "rtol=" in close.verdict.repair
    assert same.run(x=X, reference=lambda x: np.full_like(x, np.nan)).verdict.not_finite["unequal"] == 256


def test_zeros_beside_a_large_element_are_no_pass():
    @km.kernel(reference=lambda x: x)
    def first_only(x: km.Input[km.f32], y: km.Output[km.f32]):
        tl.store(y, tl.zeros((16, 16), km.f32))
        tl.store(y[0:1, 0:1], tl.load(x[0:1, 0:1]))

    x = X.copy()
    x[0, 0] = 1e9
    assert not first_only.run(x=x, shapes={"y": (16, 16)}).verdict


def test_an_output_of_the_name_of_an_input_has_its_own_values():
    @km.kernel
    def doubled(x: km.Input[km.bf16], y: km.Output[km.bf16]):
        t = tl.load(x)
        tl.store(y, t + t)

    text = doubled.record(x=np.float32([[1, 2, 3, 4]])).to_json()
    program = km.Program.from_json(text.replace('"outputs":[{"name":"y"', '"outputs":[{"name":"x"'))
    run = km.simulate(program, inputs={"x": np.float32([[1, 2, 3, 4]])})
    assert run.outputs["x"].astype(np.float32).tolist() == [[2, 4, 6, 8]]


def test_a_saved_run_is_replayed_and_judged(tmp_path):
    run = same.run(x=X, reference=lambda x: x)
    run.save(tmp_path / "a.oplog")
    run.save_tensors(tmp_path / "a.safetensors")
    words = ["replay", str(tmp_path / "a.oplog"), "--tensors", str(tmp_path / "a.safetensors")]
    done = subprocess.run([sys.executable, "-m", "kernmesh", *words], capture_output=True, text=True)
    assert done.returncode == 0 and "PASS" in done.stdout and "expected" in done.stdout, done


@km.kernel
def swapped(x: km.Input[km.f32], y: km.Output[km.f32]):
    rows = x.shape[0] // tl.num_ranks()
    first = (tl.num_ranks() - 1 - tl.rank()) * rows
    tl.store(y, tl.load(x[first : first + rows, :]))


def test_a_wrong_output_says_which_inputs_it_is_made_of():
    run = swapped.run(x=X, ranks=2, place={"y": km.Shard(0)}, reference=lambda x: x)
    assert not run.passed
    why = run.verdict.why
    assert "wrong" in why and "made of" in why and "x[" in why, why
    assert len(why.splitlines()) <= 10
    assert why.splitlines()[0] in str(run.verdict)
    with pytest.raises(km.WrongResult, match="made of"):
        run.check()


def test_what_passes_has_no_why():
    assert same.run(x=X, reference=lambda x: x).verdict.why == ""
