"""Mistakes: one message with what, where in the author's file, and what to do."""

from pathlib import Path

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl

X = np.arange(12, dtype=np.float32).reshape(6, 2)
FILE = Path(__file__).name


def kernel_of(body, topology=None, dtype=km.f32) -> km.Kernel:
    @km.kernel(topology=topology)
    def kernel(x: km.Input[km.f32], y: km.Output[dtype]):
        body(x, y)

    return kernel


def record(body, **options) -> km.Program:
    return kernel_of(body, options.pop("topology", None)).record(x=X, **options)


MISTAKES = [
    (lambda x, y: tl.load(x) + tl.zeros((5,), km.f32), "6×2 and 5 do not broadcast", "extents of 1"),
    (lambda x, y: tl.dot(tl.load(x), tl.load(x)), "a is 6×2, b is 6×2", "[m, k] · [k, n]"),
    (lambda x, y: tl.load(x).reshape(5), "reshape of 6×2 to 5", "keep the number of elements"),
    (lambda x, y: tl.load(x)[3:3], "slice 3..3+0 of axis 0", "at least one element"),
    (lambda x, y: tl.load(x) + 1e300, "does not fit an f32", "a number that an f32 holds"),
    (lambda x, y: tl.send("right", tl.load(x)), "no links are declared", 'topology="ring"'),
    (lambda x, y: tl.store(y[:, 0:1], tl.load(x)[:, 0:1]), "shape of the output `y` is not known", "shapes="),
    (lambda x, y: y.shape, "shape of the output `y` is not known", "shapes="),
]


@pytest.mark.parametrize(("body", "what", "repair"), MISTAKES)
def test_a_mistake_in_a_kernel_is_told_at_its_line(body, what, repair):
    with pytest.raises(km.RecordError) as raised:
        record(body)
    error = raised.value
    assert isinstance(error, km.Refused) and isinstance(error, km.Error)
    assert what in str(error) and repair in error.repair
    assert f"help: {error.repair}" in error.__notes__
    file, line, column = error.source
    assert (Path(file).name, line) == (FILE, body.__code__.co_firstlineno)
    assert column > 1 and f"{file}:{line}:{column}: " in str(error)
    assert "while kernel `kernel` was recorded for rank 0 of 1" in error.__notes__


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda t: bool(t), "tl.where(mask, a, b)"),
        (lambda t: 1 if t > 0 else 2, "tl.where(mask, a, b)"),
        (lambda t: float(t), "after the run"),
        (lambda t: int(t), "the kernel's arguments"),
        (lambda t: [1, 2][t], "the kernel's arguments"),
        (lambda t: np.asarray(t), "after the run"),
        (lambda t: len(t), "tile.shape[0]"),
        (lambda t: list(t), "range(tile.shape[0])"),
        (lambda t: t + "1", "unsupported operand"),
        (lambda t: t[t], "known while recording"),
        (lambda t: t[None], "reshape"),
        (lambda t: tl.store(t, t), "where and then what"),
        (lambda t: tl.dot(t, 3), "tl.dot takes tiles, not int"),
        (lambda t: tl.cast(t, "f15"), "km.f16"),
    ],
)
def test_a_tile_has_no_values_and_no_other_type(body, said):
    with pytest.raises(TypeError) as raised:
        record(lambda x, y: body(tl.load(x)))
    assert said in str(raised.value)


def test_tiles_belong_to_a_rank_and_a_recording():
    kept = []

    def keep(x, y):
        kept.append(tl.load(x))
        tl.store(y, kept[0])

    with pytest.raises(km.RecordError, match="on rank 0 at .* is used on rank 1") as raised:
        record(keep, ranks=2)
    assert "tl.send" in raised.value.repair
    with pytest.raises(km.RecordError, match="of another recording"):
        record(keep)


def test_ops_outside_of_a_kernel_are_refused():
    with pytest.raises(km.Refused, match="no kernel is being recorded"):
        tl.zeros((1,), km.f32)
    with pytest.raises(AttributeError, match="tl.iota"):
        tl.arange(0, 4)


def good(x, y):
    tl.store(y, tl.load(x))


@pytest.mark.parametrize(
    ("options", "what", "repair"),
    [
        ({"ranks": 0}, "ranks is 0", "from 1 to"),
        ({"ranks": 10**6}, "do not fit machine `sip`", ""),
        ({"machine": "spi"}, "no machine is called `spi`", "`sip`"),
        ({"sync": "implicit"}, "`implicit`", "explicit"),
        ({"place": km.Shard(5)}, "`x` has 2 axes", "count axes from 0"),
        ({"ranks": 8, "place": km.Shard(0)}, "rank 6 has no element of `x`: its part is [0, 2]", "fewer ranks"),
        ({"reference": lambda x: x[0]}, "the output is 6×2 and its reference 2", ""),
    ],
)
def test_a_run_that_cannot_work_is_refused(options, what, repair):
    with pytest.raises(km.Refused) as raised:
        kernel_of(good).run(x=X, **options)
    assert what in str(raised.value) and repair in raised.value.repair


def test_arguments_are_checked_as_python_does():
    for arguments, said in [
        ({"z": X}, "no parameter `z`"),
        ({"y": X}, "`y` is an output"),
        ({"x": X, "place": {"z": km.Shard(0)}}, "place names `z`"),
        ({"x": X, "shapes": {"z": (1,)}}, "shapes names `z`"),
        ({"x": X, "place": km.Replicate}, "with brackets"),
        ({"x": np.array(["a"])}, "give numbers"),
    ]:
        with pytest.raises(TypeError, match=said.replace("(", r"\(")):
            kernel_of(good).run(**arguments)
    with pytest.raises(km.Refused, match="its shape is not known"):
        kernel_of(good).run()
    for said, function in [
        ("no output", lambda x: None),
        ("option of `run`", lambda y, ranks: None),
    ]:
        function.__annotations__ = {"y": km.Output[km.f32]} if "y" in function.__code__.co_varnames else {}
        with pytest.raises(TypeError, match=said):
            km.kernel(function)


def test_a_deadlock_is_an_error_with_its_ops():
    def wait_for_nothing(x, y):
        got = tl.recv("left", (1, 1), km.f32)
        tl.store(y, got)

    with pytest.raises(km.Deadlock) as raised:
        kernel_of(wait_for_nothing, "ring").run(x=X, ranks=2)
    first = raised.value.findings[0]
    assert first.ops[0].kind == "recv" and Path(first.ops[0].source[0]).name == FILE
    assert any("got = tl.recv(" in note for note in raised.value.__notes__)


def test_what_does_not_fit_is_refused_with_the_tiles_line():
    with pytest.raises(km.Refused, match="needs 67108864 bytes") as raised:
        kernel_of(lambda x, y: tl.store(y, tl.zeros((4096, 4096), km.f32))).run(x=X)
    assert raised.value.findings[0].kind == "capacity"


def test_a_wrong_result_is_told_by_the_rule():
    run = kernel_of(good).run(x=X, reference=lambda x: x + 1e-5)
    assert not run.passed and run.verdict.max_abs == pytest.approx(1e-5)
    with pytest.raises(km.WrongResult, match="1 ulp of f32"):
        run.check()
    for options in ({"atol": 1e-5}, {"naive": lambda x: x.astype(np.float64)}):
        assert kernel_of(good).run(x=X, reference=lambda x: x + 1e-5, **options).check().passed
    assert kernel_of(good).run(x=X, reference=lambda x: x * (1 + 1e-5), rtol=1.1e-5).check().passed
    # A tolerance is measured by each value, and NaN is not within any.
    assert not kernel_of(good).run(x=X, reference=lambda x: x + 1e-3, rtol=1e-6).passed
    assert not kernel_of(good).run(x=X, reference=lambda x: np.full_like(x, np.nan), atol=1e9).passed


def test_a_kernel_that_records_differently_is_named():
    calls = []

    def forgets_nothing(x, y):
        calls.append(0)
        tl.store(y, tl.load(x) + 1.0 if len(calls) % 2 else -tl.load(x))

    run = kernel_of(forgets_nothing).run(x=X)
    with pytest.raises(km.Refused, match=r"op 0: load \(.*\) at first, then load \("):
        run.check()


def test_an_exception_of_the_author_stays_what_it_is():
    def fails(x, y):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as raised:
        record(fails, ranks=3)
    assert raised.value.__notes__ == ["while kernel `kernel` was recorded for rank 0 of 3"]
    record(good)
