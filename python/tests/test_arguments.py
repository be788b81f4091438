"""What a kernel and a run are given: taken as Python and NumPy give it, or refused with what to write."""

import pickle
import subprocess
import sys
import threading
from contextvars import copy_context
from pathlib import Path

import kernmesh as km
import numpy as np
import pytest
from kernmesh import _findings, tl

X = np.arange(12, dtype=np.float32).reshape(6, 2)


@km.kernel
def same(x: km.Input[km.f32], y: km.Output[km.f32]):
    tl.store(y, tl.load(x))


def kernel_of(body, dtype=km.f32, **options) -> km.Kernel:
    @km.kernel(**options)
    def kernel(x: km.Input[dtype], y: km.Output[dtype]):
        body(x, y)

    return kernel


def raises(error, said, body, **options):
    with pytest.raises(error) as raised:
        kernel_of(body).record(x=X, **options)
    assert said in str(raised.value), raised.value
    return raised.value


def test_numbers_are_taken_where_they_are_exact():
    for x in ([[1, 2], [3, 4]], np.arange(4), np.array([True, False]), np.float64([0.1]), np.int64([2048])):
        for dtype in (km.f32, km.f16):
            run = kernel_of(lambda x, y: tl.store(y, tl.load(x)), dtype).run(x=x)
            assert np.array_equal(run.outputs["y"], np.asarray(x).astype(run.outputs["y"].dtype))
    x = np.random.default_rng(0).standard_normal((4, 4))
    for dtype in (km.bf16, km.f8e4m3, km.f8e5m2):
        run = kernel_of(lambda x, y: tl.store(y, tl.load(x)), dtype).run(x=x)
        assert np.abs(run.outputs["y"].astype(np.float64) - x).max() < 0.5


def test_numbers_that_are_lost_are_refused():
    for x, dtype, said in [
        (np.int64([2049]), km.f16, "its element 0 is 2049, which f16 does not hold"),
        (np.float64([0, 1e300]), km.f32, "element 1 of the argument `x` is 1e300"),
        (np.float32([1e6]), km.f16, "which f16 does not hold"),
    ]:
        with pytest.raises(km.Refused, match=said):
            kernel_of(lambda x, y: tl.store(y, tl.load(x)), dtype).run(x=x)
    with pytest.raises(TypeError, match="masked array"):
        same.run(x=np.ma.masked_array([1.0, 2.0], mask=[True, False]))


def test_an_array_is_what_it_was_at_the_call():
    given = X.copy()

    @km.kernel(reference=lambda x: x)
    def changes(x: km.Input[km.f32], y: km.Output[km.f32]):
        given[:] = 7
        tl.store(y, tl.load(x))

    assert np.array_equal(changes.run(x=given).outputs["y"], X)


def test_an_input_without_a_dtype_names_itself():
    @km.kernel
    def any_dtype(x: km.Input, y: km.Output[km.f32]):
        tl.store(y, tl.load(x))

    with pytest.raises(TypeError, match="`x` is an array of float64.*annotate it"):
        any_dtype.run(x=X.astype(np.float64))
    assert any_dtype.run(x=X).passed


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"seed": -1}, km.Refused, "seed is -1"),
        ({"threads": -1}, km.Refused, "threads is -1"),
        ({"ranks": 2**40}, km.Refused, "ranks is"),
        ({"ranks": "2"}, TypeError, "ranks is '2': give a whole number"),
        ({"shapes": {"y": (-1, 4)}}, ValueError, "from 1 on"),
        ({"shapes": {"y": 1.5}}, TypeError, "a shape is whole numbers"),
        ({"machine": "metal4"}, km.Refused, "has command queues"),
        ({"grid": (3, 2), "ranks": 4}, km.Refused, "grid"),
    ],
)
def test_options_are_refused_in_words(options, error, said):
    with pytest.raises(error) as raised:
        same.run(x=X, **options)
    assert said in str(raised.value) and ".rs" not in f"{raised.value} {getattr(raised.value, 'source', '')}"


def test_numbers_of_numpy_are_numbers():
    run = same.run(x=X, ranks=np.int64(2), seed=np.uint8(3))
    assert run.program.n_ranks == 2
    raises(ValueError, "from 1 on", lambda x, y: tl.zeros((0, 3), km.f32))
    kernel_of(lambda x, y: tl.store(y, tl.zeros(np.int64(4), km.f32))).record(x=X)

    @km.kernel
    def scaled(x: km.Input[km.f32], y: km.Output[km.f32], by: int = 1):
        tl.store(y, tl.load(x) * float(by))

    assert scaled.record(x=X, by=np.int64(3)).params == {"by": "3"}


async def is_async(x: km.Input[km.f32], y: km.Output[km.f32]): ...
def is_generator(x: km.Input[km.f32], y: km.Output[km.f32]): yield
def is_method(self, x: km.Input[km.f32], y: km.Output[km.f32]): ...
def is_positional(x: km.Input[km.f32], /, y: km.Output[km.f32]): ...


@pytest.mark.parametrize(
    ("function", "said"),
    [(is_async, "async"), (is_generator, "yield"), (is_method, "method"), (is_positional, "`/`"), ("f", "takes a func")],
)
def test_what_is_no_kernel_is_refused_where_it_is_decorated(function, said):
    with pytest.raises(TypeError, match=said):
        km.kernel(function)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda x, y: np.exp(tl.load(x)), "write tl.exp"),
        (lambda x, y: np.matmul(tl.load(x), tl.load(x)), "write tl.dot"),
        (lambda x, y: np.sin(tl.load(x)), "write tl.sin"),
        (lambda x, y: np.arctan(tl.load(x)), "which `tl` does not have"),
        (lambda x, y: tl.load(x) + X, "km.Input"),
        (lambda x, y: X * tl.load(x), "km.Input"),
        (lambda x, y: tl.dot(tl.load(x), X), "tl.dot takes tiles, not ndarray"),
        (lambda x, y: tl.exp(x), "`tl.load` it first"),
        (lambda x, y: x + 1.0, "write `tl.load(x)` first"),
        (lambda x, y: np.exp(x), "write `tl.load(x)` first"),
        (lambda x, y: tl.load(y), "output `y`"),
        (lambda x, y: tl.load(X), "not ndarray"),
        (lambda x, y: y.__setitem__(0, tl.load(x)), "tl.store(y[...], tile)"),
        (lambda x, y: tl.load(x).__setitem__(0, 1.0), "out=t[...]"),
        (lambda x, y: ~(tl.load(x) > 0), "tl.logical_not(mask)"),
        (lambda x, y: np.fmax(tl.load(x), 1.0), "write tl.maxnum"),
        (lambda x, y: pow(tl.load(x), 2, 3), "tl.rem"),
        (lambda x, y: tl.wait([tl.load(x)]), "tl.wait(*handles)"),
        (lambda x, y: tl.wait(None), "takes handles and tiles, not NoneType"),
    ],
)
def test_habits_of_numpy_are_told_what_to_write(body, said):
    raises(TypeError, said, body)


def test_operators_of_numpy_are_those_of_tiles():
    run = kernel_of(lambda x, y: tl.store(y, np.float32(2) * tl.load(x) - np.float64(1))).run(x=X)
    assert np.array_equal(run.outputs["y"], X * 2 - 1)


def test_a_number_takes_its_axis_away_whatever_the_strides():
    run = kernel_of(lambda x, y: tl.store(y, tl.load(x)[:, 0] + tl.load(x[:, 1]))).run(x=X)
    assert np.array_equal(run.outputs["y"], X[:, 0] + X[:, 1])


def test_rows_of_the_whole_are_told_the_placement():
    def blocks(x, y):
        at = 2 * tl.rank()
        tl.store(y[at : at + 2, :], tl.load(x[at : at + 2, :]))

    with pytest.raises(km.Refused, match="rank 1 stores rows 2 to 4 of `y`") as raised:
        kernel_of(blocks).run(x=X, ranks=3)
    assert 'place={"y": km.Shard(0)}' in raised.value.repair


def test_handles_and_semaphores_belong_to_a_rank_and_a_recording():
    kept = []

    def keeps(x, y):
        kept.append((tl.store(y, tl.load(x)), tl.semaphore()))
        tl.wait(kept[0][0])

    error = raises(km.RecordError, "of rank 0 is used on rank 1", keeps, ranks=2)
    assert "semaphore" in error.repair
    raises(km.RecordError, "of another recording", keeps)
    raises(km.RecordError, "a semaphore of another", lambda x, y: tl.wait_ge(kept[0][1], 1))
    raises(km.RecordError, "a semaphore of another", lambda x, y: tl.signal(kept[0][1], 0))


def test_a_wait_for_a_tile_is_for_its_last_op():
    def accumulates(x, y):
        t, acc = tl.load(x), tl.zeros((6, 6), km.f32)
        tl.wait(t, acc)
        tl.dot(t, t.T, acc)
        tl.wait(acc)
        tl.store(y, acc)

    run = kernel_of(accumulates).run(x=X, sync="explicit")
    assert run.findings == [] and np.array_equal(run.outputs["y"], X @ X.T)


def test_a_span_ends_where_its_block_does():
    def stumbles(x, y):
        try:
            with tl.span("inside"):
                raise KeyError
        except KeyError:
            tl.store(y, tl.load(x))

    text = kernel_of(stumbles).record(x=X).to_json()
    assert '"name":"inside","first":0,"end":0' in text and "contextlib" not in text


def test_a_kernel_is_recorded_by_one_thread():
    raised = []

    def many(x, y):
        def load():
            try:
                tl.load(x)
            except km.Refused as error:
                raised.append(str(error))

        threads = [threading.Thread(target=copy_context().run, args=(load,)) for _ in range(3)]
        for it in threads:
            it.start()
            it.join()
        tl.store(y, tl.load(x))

    assert kernel_of(many).record(x=X).n_ops == 2
    assert raised == ["two threads record one kernel"] * 3


def test_a_column_counts_characters():
    def accented(x, y):
        é = tl.load(x); tl.store(y, é)

    at = accented.__code__.co_firstlineno + 1
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[at - 1]
    (_, load), (_, store) = kernel_of(accented).record(x=X).ops(0)
    assert [load[1:], store[1:]] == [(at, line.index(it) + 1) for it in ("tl.load", "tl.store")]


def test_names_of_the_package_are_those_that_it_means():
    # Of a process of its own: what tests import is an attribute of the package, too.
    words = [sys.executable, "-c", "import kernmesh as km; print(*dir(km))"]
    seen = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert {it for it in seen if not it.startswith("_")} - set(km.__all__) == {"dtypes"}
    assert set(km.__all__) <= set(seen) and set(tl.__all__) <= set(vars(tl))


def test_kernels_and_programs_can_be_pickled():
    program = same.record(x=X)
    assert pickle.loads(pickle.dumps(program)) == program
    assert pickle.loads(pickle.dumps(same)) is same


def test_words_of_rust_are_those_of_its_texts():
    sources = [it.read_text(encoding="utf-8") for it in Path("sim").glob("*/src/**/*.rs")]
    sources = [it.replace("\\\n", "").replace('\\"', '"') for it in sources]
    for rust, _ in _findings._WORDS:
        assert any(rust in it for it in sources), rust
