"""Arrow, loaded when it is first used: a service answers without its 176 MB (docs/decisions/0051)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeyman.lazy_module import LazyModule

__all__ = ["pa", "pa_csv", "pa_fs", "pc", "pq"]

_HINT = 'pip install "pyarrow>=20"'

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pa_csv
    import pyarrow.fs as pa_fs
    import pyarrow.parquet as pq
else:
    pa, pa_csv = LazyModule("pyarrow", _HINT), LazyModule("pyarrow.csv", _HINT)
    pc, pq = LazyModule("pyarrow.compute", _HINT), LazyModule("pyarrow.parquet", _HINT)
    pa_fs = LazyModule("pyarrow.fs", _HINT)
