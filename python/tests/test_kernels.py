"""What a kernel may write, and what is recorded of it."""

import kernmesh as km
import math

import numpy as np
import pytest
from kernmesh import tl

X = np.arange(12, dtype=np.float32).reshape(6, 2)


def of_x(body, ranks=1, dtype=km.f32, topology=None, **options) -> km.Run:
    """A run of a kernel from x [6, 2] to y."""

    @km.kernel(topology=topology)
    def kernel(x: km.Input[km.f32], y: km.Output[dtype]):
        body(x, y)

    return kernel.run(x=X, ranks=ranks, **options)


def y_of(body, **options) -> np.ndarray:
    return of_x(body, **options).check().outputs["y"]


UNARY = {
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: 1 / x,
    "exp2": np.exp2,
    "log": np.log,
    "log2": np.log2,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": np.vectorize(math.erf),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "round": np.round,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_operand(name):
    got = y_of(lambda x, y: tl.store(y, getattr(tl, name)(tl.load(x) * 0.5 + 1.0)))
    assert np.allclose(got, UNARY[name](X * np.float32(0.5) + 1), rtol=1e-6)


BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_operands_write_where_they_are_told(name):
    def kernel(x, y):
        out = tl.zeros((6, 2), km.f16)
        written = getattr(tl, name)(tl.load(x), 2.5, out=out)
        assert written.dtype is km.f16 and written.handle.op != out.handle.op
        tl.store(y, out)

    assert np.array_equal(y_of(kernel, dtype=km.f16), BINARY[name](X, np.float32(2.5)).astype(np.float16))


def test_operators_are_those_functions_on_either_side():
    f = np.float32
    for written, expected in [
        (lambda t: 1 + t * 2 - t / 4, 1 + X * 2 - X / f(4)),
        (lambda t: (10 - t) / 2, (10 - X) / f(2)),
        (lambda t: 12 / (t + 1), f(12) / (X + 1)),
        (lambda t: -abs(t - 5.0), -np.abs(X - 5)),
        (lambda t: np.float32(2) * t, 2 * X),
        (lambda t: (t.T @ t).to(km.f32)[0:1].broadcast(6, 2), np.broadcast_to((X.T @ X)[0:1], (6, 2))),
        (lambda t: tl.where(t > 4.0, t, 0.0), np.where(X > 4, X, 0)),
        (lambda t: tl.where(t == 3.0, 7.0, t), np.where(X == 3, 7, X)),
    ]:
        assert np.array_equal(y_of(lambda x, y: tl.store(y, written(tl.load(x)))), expected)


def test_views_are_those_of_numpy():
    for written, expected in [
        (lambda t: t[1:3], X[1:3]),
        (lambda t: t[-2:, 1:], X[-2:, 1:]),
        (lambda t: t[4:9], X[4:9]),
        (lambda t: t[..., 0:1], X[..., 0:1]),
        (lambda t: t[2], X[2]),
        (lambda t: t[-1, :], X[-1, :]),
        (lambda t: t.reshape(3, 4), X.reshape(3, 4)),
        (lambda t: t.reshape((4, -1)), X.reshape(4, -1)),
        (lambda t: t.T, X.T),
        (lambda t: t.slice(0, 2, 3), X[2:5]),
        (lambda t: t.reshape(12).view(16, (2, 2), km.f32), X.reshape(-1)[4:8].reshape(2, 2)),
    ]:
        assert np.array_equal(y_of(lambda x, y: tl.store(y, written(tl.load(x)) + 0.0)), expected)


def test_loads_take_boxes_and_views_of_hbm():
    for written, expected in [
        (lambda x: x[2:5, 1:2], X[2:5, 1:2]),
        (lambda x: x[3], X[3]),
        (lambda x: x.T, X.T),
        (lambda x: x.reshape(2, -1), X.reshape(2, -1)),
        (lambda x: tl.make_tensor_descriptor(x, block_shape=[2, 2]), X[2:4]),
    ]:
        load = lambda box: box.load([2, 0]) if isinstance(box, tl.TensorDescriptor) else tl.load(box)
        assert np.array_equal(y_of(lambda x, y: tl.store(y, load(written(x)))), expected)


def test_reductions_keep_their_axis():
    def kernel(x, y):
        t = tl.load(x)
        assert tl.sum(t, 1).shape == (6, 1) and tl.max(t, 0).shape == (1, 2)
        tl.store(y, tl.sum(t, -1) + tl.max(t, 0) - tl.min(t, 0))

    assert np.array_equal(y_of(kernel), X.sum(1, keepdims=True) + X.max(0, keepdims=True) - X.min(0, keepdims=True))
    with pytest.raises(ValueError, match="keep their axis"):
        of_x(lambda x, y: tl.sum(tl.load(x), 0, keep_dims=False))


def test_an_accumulator_is_added_to_in_place():
    def kernel(x, y):
        t = tl.load(x)
        acc = tl.zeros((2, 2), km.f32)
        for at in range(0, 6, 3):
            acc = tl.dot(t[at : at + 3].T, t[at : at + 3], acc)
        tl.store(y, acc)

    assert np.array_equal(y_of(kernel), X.T @ X)


def test_integers_are_exact():
    @km.kernel
    def count(x: km.Input[km.i32], y: km.Output[km.i32]):
        tl.store(y, tl.load(x) + tl.iota((4,), start=3, step=-1) + 2**30)

    x = np.array([2**24 + 1, -5, 0, 7], dtype=np.int64)
    assert count.run(x=x).outputs["y"].tolist() == (x + [3, 2, 1, 0] + 2**30).tolist()


@pytest.mark.parametrize("ranks", [1, 2, 4, 6])
def test_outputs_of_rows_have_the_shape_that_their_stores_tell(ranks):
    def kernel(x, y):
        for at in range(x.shape[0]):
            tl.store(y[at : at + 1, :], tl.load(x[at : at + 1]) * 2.0)

    for place in (km.Shard(0), km.Replicate()):
        assert np.array_equal(y_of(kernel, ranks=ranks, place=place), X * 2)


def test_outputs_of_any_boxes_have_the_shape_that_is_given():
    def kernel(x, y):
        assert y.shape == (6, 4)
        for at in range(2):
            tl.store(y[:, 2 * at : 2 * at + 2], tl.load(x))

    assert np.array_equal(y_of(kernel, shapes={"y": (6, 4)}), np.hstack([X, X]))


def test_an_output_that_one_rank_stores_is_that_of_this_rank():
    def kernel(x, y):
        if tl.rank() == 2:
            tl.store(y, tl.load(x))

    assert np.array_equal(y_of(kernel, ranks=4), X)


def test_parts_are_contiguous_and_the_first_ranks_take_the_odd_elements():
    shapes = []

    @km.kernel
    def kernel(x: km.Input[km.f32], y: km.Output[km.f32]):
        shapes.append(x.shape)
        if 0 not in x.shape:
            tl.store(y, tl.load(x))

    for ranks, expected in [(4, [2, 2, 1, 1]), (8, [1, 1, 1, 1, 1, 1, 0, 0]), (1, [6])]:
        shapes.clear()
        run = kernel.run(x=X, ranks=ranks, place=km.Shard(0))
        assert [shape[0] for shape in shapes] == expected
        assert np.array_equal(run.outputs["y"], X)
        transposed = kernel.run(x=X.T, ranks=ranks, place=km.Shard(-1), shapes={"y": (2, 6)})
        assert np.array_equal(transposed.outputs["y"], X.T)


def test_messages_go_both_ways_and_a_block_releases_them():
    def kernel(x, y):
        own = tl.load(x)
        right, left = tl.neighbour("right"), tl.neighbour("left")
        assert right == (tl.rank() + 1 if tl.rank() < 2 else None)
        if right is not None:
            tl.send("right", own)
        total = tl.tile(own.shape, km.f32)
        tl.copy(own, out=total)
        if left is not None:
            with tl.recv("left", own.shape, km.f32) as got:
                tl.add(total, got, out=total)
                if right is not None:
                    tl.forward("right", got)
        if tl.rank() == 2:
            tl.add(total, tl.recv_into("left", tl.tile(own.shape, km.f32)), out=total)
        tl.store(y, total)

    def both(x, y):
        own = tl.load(x)
        tl.send("right", own)
        got, arrived = tl.recv_async("left", own.shape, km.f32)
        tl.wait(arrived)
        double = got * 2.0
        tl.release(got, after=[double])
        tl.barrier()
        tl.store(y, double)

    got = y_of(kernel, ranks=3, place=km.Shard(0), topology="line")
    parts = X.reshape(3, 2, 2)
    assert np.array_equal(got.reshape(3, 2, 2), np.stack([parts[0], parts[0] + parts[1], sum(parts)]))
    got = y_of(both, ranks=3, place=km.Shard(0), topology="ring")
    assert np.array_equal(got.reshape(3, 2, 2), 2 * np.roll(parts, 1, 0))


def test_semaphores_spans_and_notes_are_recorded():
    def kernel(x, y):
        done = tl.semaphore()
        with tl.span("all of it"):
            t = tl.load(x)
            tl.contribute(t, 7)
            tl.expect(t, [7])
            tl.store(y, t)
            tl.signal(done, (tl.rank() + 1) % tl.num_ranks(), after=[t])
            tl.wait_ge(done, 1)
            tl.busy("math", 5)

    run = of_x(kernel, ranks=2, place=km.Shard(0))
    kinds = [kind for kind, _ in run.program.ops(1)]
    assert kinds == ["load", "contribute", "expect", "store", "signal", "wait_ge", "busy"]
    assert '"name":"all of it"' in run.program.to_json()


def test_a_flag_is_set_waited_for_and_taken_back():
    def kernel(x, y):
        valid, free = tl.semaphore(), tl.semaphore()
        for _ in range(2):
            t = tl.load(x)
            if tl.rank() == 0:
                tl.signal_set(valid, 1, 2, after=[t])
                tl.take(free)
            else:
                tl.wait_eq(valid, 2)
                tl.set_semaphore(valid, 0)
                tl.signal(free, 0)
        tl.store(y, t)

    run = of_x(kernel, ranks=2, place=km.Shard(0))
    told = ["signal_set", "wait_until"]
    assert [kind for kind, _ in run.program.ops(0)] == ["load", *told, "load", *told, "store"]
    heard = ["wait_until", "semaphore_set", "signal"]
    assert [kind for kind, _ in run.program.ops(1)] == ["load", *heard, "load", *heard, "store"]
    assert np.array_equal(run.outputs["y"], X)


def test_a_flag_that_is_not_answered_is_refused_with_its_line():
    def kernel(x, y):
        valid = tl.semaphore()
        t = tl.load(x)
        for _ in range(2):
            if tl.rank() == 0:
                tl.signal_set(valid, 1, 1)
            else:
                tl.wait_eq(valid, 1)
                tl.set_semaphore(valid, 0)
        tl.store(y, t)

    with pytest.raises(km.Refused, match=r"semaphore: .*nothing orders it before or after"):
        of_x(kernel, ranks=2, place=km.Shard(0))


def test_a_kernel_has_plain_arguments_and_calls_other_kernels():
    @km.kernel
    def scale(x: "km.Input[km.f32]", y: "km.Output[km.f32]", by: float = 2.0):
        """Scales."""
        tl.store(y, tl.load(x) * by)

    @km.kernel
    def half(x: km.Input[km.f32], y: km.Output[km.f32]):
        scale(x, y, by=0.5)

    assert scale.__doc__ == "Scales." and scale.name == "scale"
    assert np.array_equal(scale.run(X, by=3.0).outputs["y"], 3 * X)
    assert np.array_equal(half.run(x=X).outputs["y"], X / 2)
    assert scale.record(x=X, by=3.0).params == {"by": "3.0"}
    with pytest.raises(TypeError, match=r"write scale.run"):
        scale(X, X)


def test_inputs_that_are_left_out_are_drawn_by_the_seed():
    @km.kernel
    def add(a: km.Input[km.f32], b: km.Input[km.f32], y: km.Output[km.f32]):
        tl.store(y, tl.load(a) + tl.load(b))

    shapes = {"a": (6, 2), "b": (6, 2)}
    drawn = [add.run(shapes=shapes, seed=seed).outputs["y"] for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1]) and not np.array_equal(drawn[0], drawn[2])
    mixed = [add.run(a=a, shapes=shapes, seed=1).outputs["y"] for a in (X, 0 * X)]
    assert np.allclose(mixed[0] - mixed[1], X, atol=1e-5)


def test_tiles_print_where_they_are_from():
    seen = []
    of_x(lambda x, y: (seen.append((repr(tl.load(x)), repr(x), repr(y))), tl.store(y, tl.load(x))), ranks=2)
    assert seen[1][0].startswith("tile f32[6, 2] on rank 1 at test_kernels.py:")
    assert seen[1][1:] == ("x f32[6, 2] in HBM of rank 1", "y f32 in HBM of rank 1, of a shape that its stores tell")


def test_ranks_have_places_on_a_grid_and_may_be_cubes():
    seen = []

    def kernel(x, y):
        seen.append((tl.program_id(0), tl.program_id(1), tl.num_programs()))
        tl.store(y, tl.load(x))

    run = of_x(kernel, ranks=6, grid=(2, 3), rank_axis="cube", place=km.Shard(0)).check()
    assert seen[:6] == [(row, column, 6) for row in range(2) for column in range(3)]
    assert '"rank_axis":"cube"' in run.program.to_json()
    with pytest.raises(km.Refused, match=r"a grid of \[4\] has 4 ranks, not 6"):
        of_x(kernel, ranks=6, grid=(4,))
