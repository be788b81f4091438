"""Annotations of a kernel's host tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from kernmesh import _kernmesh
from kernmesh.dtypes import DType

D = TypeVar("D", bound=DType)

if TYPE_CHECKING:

    class Input(_kernmesh.HbmTile, Generic[D]):
        """A tensor that the host gives; the kernel has its rank's part."""

    class Output(_kernmesh.Output, Generic[D]):
        """A tensor that the host takes; the kernel stores its rank's part."""

    class InOut(_kernmesh.HbmTile, Generic[D]):
        """A tensor that the host gives and takes back, updated in place: the kernel loads and stores its rank's part."""

else:

    class Input(Generic[D]):
        """A tensor that the host gives; the kernel has its rank's part."""

    class Output(Generic[D]):
        """A tensor that the host takes; the kernel stores its rank's part."""

    class InOut(Generic[D]):
        """A tensor that the host gives and takes back, updated in place: the kernel loads and stores its rank's part."""
