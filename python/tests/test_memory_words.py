"""Words of memory against plain NumPy."""

import kernmesh as km
import numpy as np
import pytest
from kernmesh import tl


def counted(*shape: int, first: float = 0.0) -> np.ndarray:
    return (first + np.arange(np.prod(shape))).reshape(shape).astype(np.float32)


def appended(cache: np.ndarray, row: np.ndarray, at: int) -> np.ndarray:
    new = cache.copy()
    new[at] = row[0]
    return new


@km.kernel(reference=appended)
def append(cache: km.InOut[km.f32], row: km.Input[km.f32], at: int):
    tl.store(cache[at : at + 1], tl.load(row))


def test_a_cache_is_updated_in_place_and_the_reference_gets_the_old_one():
    cache = counted(4, 8)
    run = append.run(cache=cache, row=counted(1, 8, first=100.0), at=2).check()
    assert np.array_equal(run.outputs["cache"], appended(cache, counted(1, 8, first=100.0), 2))


def test_a_cache_that_is_left_out_is_drawn():
    append.run(row=counted(1, 8), at=0, shapes={"cache": (4, 8)}).check()


def test_an_input_is_not_stored_to():
    @km.kernel
    def kernel(x: km.Input[km.f32], y: km.Output[km.f32]):
        tl.store(y, tl.load(x))
        tl.store(x, tl.load(x))

    with pytest.raises(km.RecordError, match="`x` is an input, and `tl.store` writes to it"):
        kernel.run(x=counted(2, 8))


def paged(cache: np.ndarray, pages: tuple[int, ...]) -> np.ndarray:
    return cache[list(pages)]


def test_pages_are_gathered_by_a_table():
    @km.kernel(reference=paged)
    def kernel(cache: km.Input[km.f32], y: km.Output[km.f32], pages: tuple[int, ...] = (3, 4, 0, 0)):
        tl.store(y, tl.gather(cache, np.array(pages)))

    kernel.run(cache=counted(6, 2, 4)).check()


def scattered(cache: np.ndarray, x: np.ndarray, rows: tuple[int, ...]) -> np.ndarray:
    new = cache.copy()
    new[list(rows)] = x
    return new


def test_rows_are_scattered_into_a_cache():
    @km.kernel(reference=scattered)
    def kernel(cache: km.InOut[km.f16], x: km.Input[km.f32], rows: tuple[int, ...] = (5, 1)):
        tl.scatter(cache, rows, tl.load(x))

    kernel.run(cache=counted(6, 4).astype(np.float16), x=counted(2, 4, first=50.0)).check()


def test_blocks_reach_beyond_a_tensor():
    x = counted(5, 6)

    @km.kernel(reference=lambda x: x + 1)
    def kernel(x: km.Input[km.f32], y: km.Output[km.f32]):
        source = tl.make_tensor_descriptor(x, block_shape=[4, 4])
        target = tl.make_tensor_descriptor(y, block_shape=[4, 4])
        for i in range(0, 5, 4):
            for j in range(0, 6, 4):
                target.store([i, j], source.load([i, j]) + 1.0)

    kernel.run(x=x, shapes={"y": (5, 6)}).check()

    @km.kernel(reference=lambda x: np.pad(x, ((0, 0), (1, 1)), constant_values=7.0))
    def padded(x: km.Input[km.f32], y: km.Output[km.f32]):
        tl.store(y, tl.load_box(x, (0, -1), (5, 8), other=7.0))

    padded.run(x=x).check()


def sums(total: np.ndarray, x: np.ndarray) -> np.ndarray:
    return total + x.sum(axis=0, keepdims=True)


def test_sums_in_hbm_are_ordered_within_a_rank():
    @km.kernel(reference=sums)
    def kernel(total: km.InOut[km.f32], x: km.Input[km.f32]):
        for row in range(x.shape[0]):
            tl.store_add(total, tl.load(x[row : row + 1]))

    kernel.run(total=counted(1, 4), x=counted(3, 4)).check()


def test_a_team_meets():
    @km.kernel(reference=lambda x: x)
    def kernel(x: km.Input[km.f32], y: km.Output[km.f32]):
        row = tl.rank() // 2
        team = tl.team([2 * row, 2 * row + 1])
        tl.meet(team)
        tl.store(y, tl.load(x))
        tl.meet(team)

    kernel.run(x=counted(4, 4), ranks=4, place=km.Shard(0)).check()


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([0, 9], km.RecordError, "the table names row 9 at place 1, and axis 0 has 4 rows"),
        ([0, -1], IndexError, "the table names row -1 at place 1; rows count from 0"),
        ([2, 2], km.RecordError, "the table names row 2 at places 0 and 1"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(rows: list[int], error: type[Exception], message: str):
    @km.kernel
    def kernel(x: km.Input[km.f32], y: km.Output[km.f32]):
        tl.scatter(y, rows, tl.load(x))

    with pytest.raises(error, match=message):
        kernel.run(x=counted(2, 4), shapes={"y": (4, 4)})


@pytest.mark.parametrize("word", ["wait_any", "recv_any", "try_recv"])
def test_words_that_depend_on_times_are_refused(word: str):
    with pytest.raises(AttributeError, match=f"kernmesh.tl has no `{word}`: "):
        getattr(tl, word)
