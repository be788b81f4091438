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
