"""Waits, barriers, semaphores, and units that are busy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from kernmesh import _kernmesh as _k
from kernmesh._current import recorder as ops
from kernmesh._kernmesh import Handle, Semaphore, Team
from kernmesh._operands import Awaited, awaited_by
from kernmesh.tl._words import whole_numbers

#: pytest shows the line of the kernel in place of these.
__tracebackhide__ = True


def wait(*awaited: Awaited) -> None:
    """Holds this rank until all these ops are done: those of handles, and the last op that wrote each tile."""
    _k.wait(ops(), awaited_by("wait", awaited))


def barrier() -> None:
    """Holds until every rank has reached its barrier of the same number."""
    _k.barrier(ops())


def team(ranks: Iterable[int]) -> Team:
    """This rank and others that meet at barriers of their own: a row, a column, a list. It takes a semaphore."""
    return _k.team(ops(), whole_numbers(ranks))


def meet(team: Team) -> None:
    """Holds until every rank of the team is here as often."""
    _k.meet(ops(), team)


def semaphore() -> Semaphore:
    """The next semaphore: the k-th call gives the same one on every rank."""
    return _k.semaphore(ops())


def signal(semaphore: Semaphore, rank: int, amount: int = 1, after: Iterable[Awaited] = ()) -> Handle:
    """Adds to a rank's semaphore once the ops `after` are done; does not hold."""
    return _k.signal(ops(), semaphore, rank, amount, awaited_by("signal", after))


def signal_set(semaphore: Semaphore, rank: int, value: int, after: Iterable[Awaited] = ()) -> Handle:
    """Sets a rank's semaphore to `value`, which is not below what it is, once the ops `after` are done; does not hold."""
    return _k.signal_set(ops(), semaphore, rank, value, awaited_by("signal_set", after))


def set_semaphore(semaphore: Semaphore, value: int) -> None:
    """Sets this rank's semaphore to `value`, which is not above what it is."""
    _k.set_semaphore(ops(), semaphore, value)


def wait_eq(semaphore: Semaphore, value: int) -> None:
    """Holds until this rank's semaphore is `value`."""
    _k.wait_eq(ops(), semaphore, value)


def take(semaphore: Semaphore, value: int = 1) -> None:
    """Holds until this rank's semaphore is at least `value`, and takes that from it at once."""
    _k.take(ops(), semaphore, value)


def wait_ge(semaphore: Semaphore, value: int) -> None:
    """Holds until this rank's semaphore is at least `value`."""
    _k.wait_ge(ops(), semaphore, value)


def busy(unit: Literal["gemm", "math"], cycles: int) -> Handle:
    """Occupies a unit without touching memory: for models of timing alone."""
    return _k.busy(ops(), unit, cycles)
