"""`@km.kernel`: a function that runs once for every rank and records what its PE does."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, overload

from kernmesh import _current
from kernmesh._arguments import Bound, bind, extents, parameters, refuse_what_is_no_kernel, text_of, whole
from kernmesh._arrays import Given, given
from kernmesh._errors import Refused
from kernmesh._kernmesh import Machine, Program, Recorder
from kernmesh.dtypes import ALL
from kernmesh._place import Places, axis, placements
from kernmesh._run import Function, Judges, Run, Source, simulated
from kernmesh._show import fitted

#: pytest shows the author's line in place of these.
__tracebackhide__ = True

Topology = Literal["ring", "line"]
MachineLike = Union[str, "os.PathLike[str]", Machine]
_OPTIONS = frozenset(
    ["ranks", "machine", "sync", "place", "shapes", "seed", "grid", "rank_axis", "threads"]
    + ["reference", "naive", "rtol", "atol"]
)


class Kernel:
    """A kernel: `run` records, times, replays and judges it; `record` only records it."""

    def __init__(
        self,
        function: Callable[..., object],
        judges: Judges,
        links: tuple[Topology, int, int | None] | None,
    ) -> None:
        refuse_what_is_no_kernel(function)
        self.function = function
        self.name = function.__name__
        self.__qualname__ = function.__qualname__
        self.__name__, self.__doc__, self.__module__ = function.__name__, function.__doc__, function.__module__
        self.__wrapped__ = function
        self.judges = judges
        self.links = links
        self.parameters = parameters(function, _OPTIONS)

    def __repr__(self) -> str:
        return fitted(f"<kernel {self.name}({', '.join(it.name for it in self.parameters)})>")

    def __reduce__(self) -> str:
        return self.__qualname__

    def __call__(self, *args: object, **given: object) -> object:
        """Calls the function as a part of another kernel that is being recorded."""
        try:
            _current.recorder()
        except Refused:
            raise TypeError(f"a kernel is not called: write {self.name}.run(…, ranks=4)") from None
        return self.function(*args, **given)

    def record(
        self,
        *args: object,
        ranks: int = 1,
        place: Places = None,
        shapes: Mapping[str, Sequence[int]] | None = None,
        grid: Sequence[int] | None = None,
        rank_axis: Literal["pe", "cube"] = "pe",
        **arguments: object,
    ) -> Program:
        """The program of this kernel for some arguments. It holds no values of tensors."""
        bound = bind(self.name, self.parameters, args, arguments)
        return self._recorded(bound, ranks, place, shapes or {}, grid, rank_axis)[0]

    def run(
        self,
        *args: object,
        ranks: int = 1,
        machine: MachineLike = "sip",
        sync: Literal["interlocked", "explicit"] | None = None,
        place: Places = None,
        shapes: Mapping[str, Sequence[int]] | None = None,
        seed: int = 0,
        grid: Sequence[int] | None = None,
        rank_axis: Literal["pe", "cube"] = "pe",
        threads: int | None = None,
        reference: Function | None = None,
        naive: Function | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        **arguments: object,
    ) -> Run:
        """Records the kernel on `ranks` ranks, times it on a machine, computes its values and judges them."""
        bound = bind(self.name, self.parameters, args, arguments)

        def record() -> tuple[Program, Recorder]:
            return self._recorded(bound, ranks, place, shapes or {}, grid, rank_axis)

        judges = self.judges.over(reference, naive, rtol, atol).checked()
        seed = whole("seed", seed, 0, 2**64 - 1)
        threads = None if threads is None else whole("threads", threads, 1, 4096)
        on = machine_of(machine, sync)
        if on.has_queues:
            raise Refused(
                f"machine `{on.name}` has command queues, and a kernel in Python commits nothing to them",
                repair="choose another machine, or write the kernel in Rust or as Program JSON",
            )
        program, recorder = record()
        source = Source(recorder, lambda: record()[0])
        arrays: list[Given] = [given(name, it) for name, it in bound.arrays.items()]
        return simulated(program, on, seed, arrays, threads, judges, bound.constants, source)

    def _recorded(
        self,
        bound: Bound,
        ranks: int,
        place: Places,
        shapes: Mapping[str, Sequence[int]],
        grid: Sequence[int] | None,
        rank_axis: str,
    ) -> tuple[Program, Recorder]:
        ranks = whole("ranks", ranks, 1, 2**24)
        if rank_axis not in ("pe", "cube"):
            raise Refused(f"rank_axis is {rank_axis!r}", repair='it is "pe" or "cube"')
        axes = (None if grid is None else extents("grid", grid), rank_axis == "cube")
        recorder = Recorder(self.name, ranks, text_of(bound.constants), axes, self.links, ALL)
        self._declare(recorder, bound, place, shapes)
        while (rank := recorder.begin_rank()) is not None:
            self._record_rank(recorder, bound, rank, ranks)
            recorder.end_rank()
        return recorder.finish(), recorder

    def _declare(
        self, recorder: Recorder, bound: Bound, place: Places, shapes: Mapping[str, Sequence[int]]
    ) -> None:
        names = [it.name for it in self.parameters if it.is_input or it.is_output]
        for name in shapes:
            if name not in names:
                raise TypeError(f"shapes names `{name}`, and the kernel's tensors are {', '.join(names)}")
        places = placements(place, names)
        inputs, outputs, both = list[Any](), list[Any](), list[Any]()
        for it in self.parameters:
            if not (it.is_input or it.is_output):
                continue
            shape = _shape(it.name, bound, shapes)
            if shape is None and it.is_input:
                raise Refused(
                    f"kernel `{self.name}`: the input `{it.name}` is left out and its shape is not known",
                    repair=f'give an array, or the shape of one to draw: shapes={{"{it.name}": (…)}}',
                )
            along = axis(places[it.name], None if shape is None else len(shape))
            of = both if it.is_input and it.is_output else inputs if it.is_input else outputs
            of.append((it.name, bound.dtypes[it.name].name, shape, along))
        recorder.declare(inputs, outputs, both)

    def _record_rank(self, recorder: Recorder, bound: Bound, rank: int, ranks: int) -> None:
        arguments: dict[str, object] = dict(bound.constants)
        tensors = [it for it in self.parameters if it.is_input or it.is_output]
        inputs = [it.name for it in tensors if not it.is_output]
        outputs = [it.name for it in tensors if not it.is_input]
        both = [it.name for it in tensors if it.is_input and it.is_output]
        arguments |= {name: recorder.input_part(at) for at, name in enumerate(inputs)}
        arguments |= {name: recorder.output_part(at) for at, name in enumerate(outputs)}
        arguments |= {name: recorder.in_out_part(at) for at, name in enumerate(both)}
        token = _current.enter(recorder)
        try:
            self.function(**arguments)
        except Exception as error:
            error.add_note(f"while kernel `{self.name}` was recorded for rank {rank} of {ranks}")
            raise
        finally:
            _current.leave(token)


def _shape(name: str, bound: Bound, shapes: Mapping[str, Sequence[int]]) -> list[int] | None:
    if name in bound.arrays:
        own = list(bound.arrays[name].shape)
        if name in shapes and extents(f"shapes of `{name}`", shapes[name]) != own:
            raise Refused(f"`{name}` is given with shape {own}, and shapes says {shapes[name]}")
        return own
    return extents(f"shapes of `{name}`", shapes[name]) if name in shapes else None


def machine_of(machine: MachineLike, sync: str | None) -> Machine:
    """The machine of a run."""
    found = machine if isinstance(machine, Machine) else Machine(os.fspath(machine))
    return found if sync is None else found.with_sync(sync)


@overload
def kernel(function: Callable[..., object], /) -> Kernel: ...
@overload
def kernel(
    *,
    reference: Function | None = None,
    naive: Function | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    topology: Topology | None = None,
    slots: int = 2,
    slot_bytes: int | None = None,
) -> Callable[[Callable[..., object]], Kernel]: ...
def kernel(
    function: Callable[..., object] | None = None,
    /,
    *,
    reference: Function | None = None,
    naive: Function | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    topology: Topology | None = None,
    slots: int = 2,
    slot_bytes: int | None = None,
) -> Kernel | Callable[[Callable[..., object]], Kernel]:
    """Makes a kernel of a function whose host tensors are annotated as `km.Input`, `km.Output` and `km.InOut`.

    With a topology, neighbours are joined by rings of `slots` slots in both directions. A slot is as large as the
    largest message of its ring, or has `slot_bytes`.
    """
    links = None if topology is None else (topology, slots, slot_bytes)
    judges = Judges(reference, naive, rtol, atol)

    def of(function: Callable[..., object]) -> Kernel:
        return Kernel(function, judges, links)

    return of if function is None else of(function)
