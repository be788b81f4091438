"""The recording that `tl` writes to: that of the kernel which runs on this thread, or in this task."""

from __future__ import annotations

from contextvars import ContextVar, Token

from kernmesh._kernmesh import Recorder

#: pytest shows the author's line in place of these.
__tracebackhide__ = True

_recorder: ContextVar[Recorder] = ContextVar("kernmesh_recorder")


def recorder() -> Recorder:
    """The recording of the running kernel."""
    try:
        return _recorder.get()
    except LookupError:
        from kernmesh._errors import Refused

        raise Refused(
            "`tl` is called, and no kernel is being recorded",
            repair="call `tl` in the body of a function with `@km.kernel`, and that function's `.run(...)`",
        ) from None


def enter(it: Recorder) -> Token[Recorder]:
    """Makes a recording the current one; the result is for `leave`."""
    return _recorder.set(it)


def leave(token: Token[Recorder]) -> None:
    """Makes the recording before it the current one."""
    _recorder.reset(token)
