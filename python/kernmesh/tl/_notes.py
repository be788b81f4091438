"""What a kernel says of itself: names, and contributions of the ledger."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._errors import Error
from kernmesh._kernmesh import Tile
from kernmesh._operands import tile_of

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


@contextmanager
def span(name: str) -> Generator[None, None, None]:
    """Names what the block records, for reports and timelines."""
    recording = ops()
    opened = _k.open_span(recording, name)
    try:
        yield
    except BaseException:
        # After a mistake nothing is recorded, and the mistake is what is told.
        with suppress(Error):
            _k.close_span(recording, opened)
        raise
    _k.close_span(recording, opened)


def contribute(value: Tile, key: int) -> None:
    """Ledger: the partial holds the contribution `key`."""
    _k.contribute(ops(), value, key)


def expect(value: Tile, keys: Iterable[int]) -> None:
    """Ledger: the tile must hold each of these contributions exactly once."""
    _k.expect(ops(), value, list(keys))


def stage(name: str, value: Tile) -> None:
    """Names what a tile holds at this point of the kernel: `run.stages[name]`. It records no op."""
    recording = ops()
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"tl.stage takes a name, then a tile, not {type(name).__name__}")
    recording.stage(name, tile_of("stage", value))
