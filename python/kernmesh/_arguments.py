"""A kernel's parameters: which are host tensors, and what a run gives for each."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from kernmesh._arrays import Array, array_of
import numpy as np

from kernmesh._errors import Refused
from kernmesh._types import InOut, Input, Output
from kernmesh.dtypes import HOST_ONLY, DType, dtype_of

#: pytest shows the author's line in place of these.
__tracebackhide__ = True


@dataclass(frozen=True)
class Parameter:
    """A parameter of a kernel: an input, an output, both, or a plain value."""

    name: str
    is_input: bool
    is_output: bool
    #: None of an input that takes the dtype of its array.
    dtype: type[DType] | None
    default: object


@dataclass
class Bound:
    """What a run gives."""

    arrays: dict[str, Array] = field(default_factory=dict[str, Array])
    constants: dict[str, object] = field(default_factory=dict[str, object])
    dtypes: dict[str, type[DType]] = field(default_factory=dict[str, type[DType]])


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number in a range, of whatever type has `__index__`."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # pyright: ignore
    except TypeError:
        raise TypeError(f"{name} is {value!r}: give a whole number") from None
    if isinstance(value, (bool, np.bool_)) or not least <= number <= most:
        raise Refused(f"{name} is {value}", repair=f"give a number from {least} to {most}")
    return number


def extents(name: str, shape: object, least: int = 1) -> list[int]:
    """A shape: whole numbers from 1 on."""
    try:
        one = [operator.index(shape)]  # type: ignore[arg-type]  # pyright: ignore
    except TypeError:
        try:
            one = [operator.index(it) for it in shape]  # type: ignore[attr-defined]  # pyright: ignore
        except TypeError:
            raise TypeError(f"{name} is {shape!r}: a shape is whole numbers, as (4, 16)") from None
    if not all(least <= it < 2**32 for it in one):
        raise ValueError(f"{name} is {tuple(one)}: extents are whole numbers from {least} on, below 2^32")
    return one


def refuse_what_is_no_kernel(kernel: object) -> None:
    """Refuses what a run could not call once a rank."""
    if not inspect.isfunction(kernel):
        raise TypeError(f"@km.kernel takes a function, not {kernel!r}: write a `def` that calls it")
    name = kernel.__name__
    if inspect.iscoroutinefunction(kernel) or inspect.isasyncgenfunction(kernel):
        raise TypeError(f"kernel `{name}` is `async`: a kernel is recorded at once: write `def`")
    if inspect.isgeneratorfunction(kernel):
        raise TypeError(f"kernel `{name}` has a `yield`: a generator does not run when it is called: take it out")
    for it in inspect.signature(kernel).parameters.values():
        if it.kind is it.POSITIONAL_ONLY:
            raise TypeError(f"kernel `{name}`: `{it.name}` stands before a `/`: parameters are given by name")
        if it.name == "self" and it.annotation is it.empty:
            raise TypeError(f"kernel `{name}` is a method: write it as a function, and take `self` out")


def parameters(kernel: Callable[..., object], options: frozenset[str]) -> list[Parameter]:
    """The parameters of a kernel's function, by its annotations."""
    signature = inspect.signature(kernel)
    annotations = _annotations(kernel)
    found: list[Parameter] = []
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"kernel `{kernel.__name__}`: `*{name}` is no parameter of a kernel: name each one")
        if name in options:
            raise TypeError(f"kernel `{kernel.__name__}`: `{name}` is an option of `run`: rename the parameter")
        found.append(_parameter(kernel.__name__, name, annotations.get(name), parameter.default))
    if not any(it.is_output for it in found):
        raise TypeError(f"kernel `{kernel.__name__}` has no output: annotate a parameter, as y: km.Output[km.f16]")
    return found


def _annotations(kernel: Callable[..., object]) -> Mapping[str, object]:
    """Annotations, also where they are text; names of the enclosing function are known as far as they are used."""
    enclosing = inspect.getclosurevars(kernel)
    names = {**enclosing.builtins, **enclosing.globals, **enclosing.nonlocals}
    try:
        return inspect.get_annotations(kernel, eval_str=True, locals=names)
    except NameError as error:
        raise TypeError(
            f"kernel `{kernel.__name__}`: the annotation names {error.name!r}, which is not known at module level"
        ) from error


def _parameter(kernel: str, name: str, annotation: object, default: object) -> Parameter:
    kind = get_origin(annotation) or annotation
    is_input, is_output = kind in (Input, InOut), kind in (Output, InOut)
    dtype = None
    if is_input or is_output:
        args = get_args(annotation)
        if args:
            dtype = dtype_of(args[0])
        elif not is_input:
            raise TypeError(f"kernel `{kernel}`: the output `{name}` has no dtype: write {name}: km.Output[km.f16]")
    return Parameter(name, is_input, is_output, dtype, default)


def bind(kernel: str, known: list[Parameter], args: tuple[object, ...], given: dict[str, object]) -> Bound:
    """Arrays and values by parameter. Inputs may be left out; values need a default then."""
    taken = [it for it in known if it.is_input or not it.is_output]
    if len(args) > len(taken):
        raise TypeError(f"kernel `{kernel}` takes {len(taken)} arguments beside its outputs, not {len(args)}")
    for it, value in zip(taken, args):
        if it.name in given:
            raise TypeError(f"kernel `{kernel}`: `{it.name}` is given twice")
        given = {**given, it.name: value}
    bound = Bound()
    by_name = {it.name: it for it in known}
    for name in given:
        if name not in by_name:
            raise TypeError(f"kernel `{kernel}` has no parameter `{name}`: it has {', '.join(by_name)}")
        if by_name[name].is_output and not by_name[name].is_input:
            raise TypeError(f"kernel `{kernel}`: `{name}` is an output, which a run gives: leave it out")
    for it in known:
        _bind(kernel, it, given, bound)
    return bound


def _bind(kernel: str, it: Parameter, given: dict[str, object], bound: Bound) -> None:
    if it.is_input and it.name in given:
        array = array_of(it.name, given[it.name])
        bound.arrays[it.name] = array
        bound.dtypes[it.name] = it.dtype or _own_dtype(it.name, array)
    elif it.is_input or it.is_output:
        if it.dtype is None:
            raise Refused(
                f"kernel `{kernel}`: the input `{it.name}` is left out and its dtype is not known",
                repair=f"annotate it, as {it.name}: km.Input[km.f16]",
            )
        bound.dtypes[it.name] = it.dtype
    elif it.name in given:
        bound.constants[it.name] = given[it.name]
    elif it.default is not inspect.Parameter.empty:
        bound.constants[it.name] = it.default
    else:
        raise TypeError(f"kernel `{kernel}` needs the argument `{it.name}`")


def _own_dtype(name: str, array: Array) -> type[DType]:
    own: type[DType] | None
    try:
        own = dtype_of(array.dtype)
    except TypeError:
        own = None
    # What no unit computes on is hardly meant where nothing says so.
    if own is None or own in HOST_ONLY:
        fit = "f32" if array.dtype.kind == "f" else "i32"
        raise TypeError(
            f"the argument `{name}` is an array of {array.dtype}, and its parameter has no dtype: "
            f"annotate it, as {name}: km.Input[km.{fit}]"
        )
    return own


def text_of(constants: Mapping[str, Any]) -> dict[str, str]:
    """Plain values as the parameters of a program; others are left out."""
    constants = {name: it.item() if isinstance(it, np.generic) else it for name, it in constants.items()}
    return {name: str(value) for name, value in constants.items() if isinstance(value, (bool, int, float, str))}
