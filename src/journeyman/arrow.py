"""Arrow, loaded when it is first used: a service answers without its 176 MB (docs/decisions/0051)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeyman.late import Late

__all__ = ["pa", "pc", "pq"]

_HINT = 'pip install "pyarrow>=20"'

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    pa, pc, pq = (Late(name, _HINT) for name in ("pyarrow", "pyarrow.compute", "pyarrow.parquet"))
