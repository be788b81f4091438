"""Tables of a run as Arrow."""

from __future__ import annotations

import importlib
from typing import Any, Literal

import numpy as np

from kernmesh import _kernmesh as _k
from kernmesh._errors import Refused

TableName = Literal["ops", "messages", "stalls"]


def arrow(core: _k.Run, name: str) -> Any:
    """A table with the columns and types of its Parquet file."""
    try:
        pa: Any = importlib.import_module("pyarrow")
    except ImportError:
        raise Refused("`to_arrow` needs pyarrow, which is not installed", repair="pip install pyarrow") from None
    about, columns = core.table(name)
    fields, arrays = list[Any](), list[Any]()
    for column, numbers, valid, words in columns:
        values = np.frombuffer(numbers, dtype="<i8")
        mask = None if valid is None else np.frombuffer(valid, dtype=np.uint8) == 0
        array = pa.array(values, mask=mask)
        arrays.append(array if words is None else pa.array(words, pa.string()).take(array))
        fields.append(pa.field(column, arrays[-1].type, nullable=valid is not None))
    metadata = {f"kernmesh.{key}": value for key, value in about}
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=metadata))
