"""What tiles of a kernel held: of every rank, after the op that is meant, or refused with what to ask for."""

import sys

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl

X = np.arange(12, dtype=np.float32).reshape(6, 2) - 5


def run_of(body, ranks=1, topology=None, dtype=km.f32, x=X, **options) -> km.Run:
    @km.kernel(topology=topology)
    def kernel(x: km.Input[dtype], y: km.Output[dtype]):
        body(x, y)

    return kernel.run(x=x, ranks=ranks, **options)


def held(body, at=None, **options) -> list[np.ndarray]:
    """The values of the tiles that a kernel gives to `keep`, in their order."""
    kept = []
    run = run_of(lambda x, y: body(x, y, lambda tile: (kept.append(tile), tile)[1]), **options)
    return [run.value(tile, at) for tile in kept]


def test_a_tile_on_the_way_has_the_values_that_numpy_computes():
    def chain(x, y, keep):
        a = keep(tl.load(x))
        b = keep(tl.exp(a))
        keep(b.T), keep(b[1:3, :]), keep(tl.dot(b, a.T)), keep(a > 0.0), keep(tl.iota((2, 3)))
        tl.store(y, b)

    a, b, transposed, rows, product, mask, counted = held(chain)
    assert np.array_equal(a, X) and np.allclose(b, np.exp(X), rtol=1e-6)
    assert np.array_equal(transposed, b.T) and np.array_equal(rows, b[1:3])
    assert np.allclose(product, b @ X.T, rtol=1e-5)
    assert mask.dtype == np.uint8 and np.array_equal(mask, X > 0)
    assert counted.dtype == np.int32 and np.array_equal(counted, [[0, 1, 2], [0, 1, 2]])


def test_every_rank_has_its_own():
    parts = held(lambda x, y, keep: tl.store(y, keep(tl.load(x) + float(tl.rank()))), ranks=4, place=km.Shard(0))
    assert [it.shape for it in parts] == [(2, 2), (2, 2), (1, 2), (1, 2)]
    assert np.array_equal(np.concatenate(parts), X + np.float32([[0], [0], [1], [1], [2], [3]]))


@pytest.mark.parametrize("dtype", [km.f16, km.bf16, km.f8e4m3])
def test_values_are_those_of_the_tile_s_dtype(dtype):
    (tile,) = held(lambda x, y, keep: tl.store(y, keep(tl.load(x) * 1.03)), dtype=dtype)
    run = run_of(lambda x, y: tl.store(y, tl.load(x) * 1.03), dtype=dtype)
    assert tile.dtype == run.outputs["y"].dtype and np.array_equal(tile, run.outputs["y"])


def in_place(x, y, keep):
    acc = keep(tl.zeros((6, 6), km.f32))
    a = tl.load(x)
    keep(tl.dot(a, a.T, acc))
    keep(tl.dot(a, a.T, acc))
    tl.store(y, acc)


def test_of_a_tile_that_is_written_again_the_author_says_which_value_is_meant():
    with pytest.raises(km.Refused, match=r"made by op 0, was written again, last by op 3") as raised:
        held(in_place)
    assert 'at="made"' in raised.value.repair and 'at="last"' in raised.value.repair
    product = X @ X.T
    for at, expected in [("made", [0, product, 2 * product]), ("last", [2 * product] * 3)]:
        for it, is_ in zip(held(in_place, at), expected, strict=True):
            assert np.array_equal(it, np.broadcast_to(np.float32(is_), (6, 6))), at
    with pytest.raises(km.Refused, match='asked for at "first"'):
        held(in_place, "first")


def test_the_newest_name_of_an_accumulator_needs_no_word():
    def loop(x, y, keep):
        a, acc = tl.load(x), tl.zeros((6, 6), km.f32)
        for _ in range(3):
            acc = tl.dot(a, a.T, acc)
        tl.store(y, keep(acc))

    assert np.array_equal(held(loop)[0], 3 * (X @ X.T))


def test_a_message_is_read_after_its_slot_is_free_again():
    def ring(x, y, keep):
        own = tl.load(x)
        for _ in range(4):
            tl.send("right", own)
            with tl.recv("left", own.shape, km.f32) as got:
                keep(got)
                own = got + 1.0
        tl.store(y, own)

    got = held(ring, ranks=3, topology="ring", place=km.Shard(0))
    for rank in range(3):
        for step in range(4):
            origin = (rank - 1 - step) % 3
            assert np.array_equal(got[4 * rank + step], X[2 * origin : 2 * origin + 2] + step)


def test_what_moves_write_has_a_value():
    def moves(x, y, keep):
        own = tl.load(x, out=tl.tile((2, 2), km.f32))
        tl.send("right", own)
        keep(tl.recv_into("left", tl.tile((2, 2), km.f32)))
        keep(tl.copy(own, out=tl.tile((2, 2), km.f32)))
        tl.send("right", own)
        got, handle = tl.recv_async("left", (2, 2), km.f32)
        tl.wait(handle)
        keep(got), keep(got.to(km.f16))
        tl.release(got)
        keep(tl.gather(x, [1, 0]))
        tl.store(y, own)

    values = held(moves, ranks=3, topology="ring", place=km.Shard(0))
    for rank in range(3):
        own, left = X[2 * rank : 2 * rank + 2], X[2 * ((rank - 1) % 3) :][:2]
        expected = [left, own, left, left.astype(np.float16), own[::-1]]
        for it, is_ in zip(values[5 * rank : 5 * rank + 5], expected, strict=True):
            assert np.array_equal(it, is_)


def test_bytes_that_nothing_wrote_have_no_value():
    def half(x, y, keep):
        # A tile before it leaves its bytes to the next one.
        tl.store(y, tl.exp(tl.load(x)))
        tile = keep(tl.tile((6, 2), km.f32))
        tl.load(x[0:2, :], out=tile[0:2, :])
        keep(tile[0:2, :])

    with pytest.raises(km.Refused, match=r"tile f32\[6, 2\] on rank 0 at test_values.py:\d+ has no value: 32 of its 48"):
        held(half)
    with pytest.raises(km.Refused, match="no op wrote it"):
        held(lambda x, y, keep: (keep(tl.tile((2,), km.f32)), tl.store(y, tl.load(x))))
    kept = []
    run = run_of(lambda x, y: half(x, y, lambda it: kept.append(it) or it))
    assert np.array_equal(run.value(kept[1]), X[:2])


def test_a_tile_of_another_run_is_refused():
    kept = []
    run_of(lambda x, y: tl.store(y, (kept.append(tl.load(x)), kept[-1])[1]))
    other = run_of(lambda x, y: tl.store(y, tl.load(x) * 2.0))
    with pytest.raises(km.Refused, match="of another recording"):
        other.value(kept[0])
    with pytest.raises(TypeError, match="is no tile: outputs are in `outputs`"):
        other.value(other.outputs["y"])


def test_stages_are_what_the_kernel_named_where_it_named_it():
    def named(x, y):
        a = tl.load(x)
        tl.stage("scores", a)
        tl.mul(a, 2.0, out=a)
        tl.stage("scaled", a)
        if tl.rank() == 1:
            tl.stage("of the second", a[0:1, :])
        tl.store(y, a)

    run = run_of(named, ranks=2, place=km.Shard(0))
    plain = run_of(lambda x, y: tl.store(y, (a := tl.load(x), tl.mul(a, 2.0, out=a))[1]), ranks=2, place=km.Shard(0))
    assert run.digests == plain.digests, "a name is no op"
    assert list(run.stages) == ["scores", "scaled", "of the second"]
    for rank, part in enumerate((X[:3], X[3:])):
        assert np.array_equal(run.stages["scores"][rank], part)
        assert np.array_equal(run.stages["scaled"][rank], 2 * part)
    assert list(run.stages["of the second"]) == [1]
    assert plain.stages == {} and km.simulate(run.program).stages == {}


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (lambda t: (tl.stage("a", t), tl.stage("a", t)), km.RecordError, "the stage `a` is named twice on rank 0"),
        (lambda t: tl.stage("a", 3.0), TypeError, "tl.stage takes tiles, not float"),
        (lambda t: tl.stage(t, "a"), TypeError, "takes a name, then a tile"),
        (lambda t: tl.stage("a", tl.tile((3,), km.f32)), km.RecordError, "no op wrote it"),
    ],
)
def test_a_stage_that_names_nothing_is_refused(body, error, said):
    with pytest.raises(error) as raised:
        run_of(lambda x, y: (body(tl.load(x)), tl.store(y, tl.load(x))))
    assert said in str(raised.value)


def test_a_debugger_in_a_kernel_sees_tiles_by_name(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: seen.append(repr(sys._getframe(1).f_locals["a"])))

    def stops(x, y):
        a = tl.load(x)
        breakpoint()
        tl.store(y, a)

    run_of(stops, ranks=2, place=km.Shard(0))
    line = stops.__code__.co_firstlineno + 1
    assert seen == [f"tile f32[3, 2] on rank {rank} at test_values.py:{line}" for rank in (0, 1)]
