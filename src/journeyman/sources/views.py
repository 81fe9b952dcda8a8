"""Views of a source on DuckDB, as Ibis tables."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa

__all__ = ["arrow_view", "quoted", "text_view"]


def quoted(text: str) -> str:
    """Return an SQL literal.

    Examples
    --------
    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def text_view(backend: Any, query: str) -> Any:
    """Return the rows of a DuckDB query as an Ibis table that is evaluated when it is used."""
    # The name follows from the query, so that asking twice gives the same table.
    name = "journeyman_" + hashlib.sha256(query.encode()).hexdigest()[:16]
    backend.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {query}')
    return backend.table(name)


def arrow_view(backend: Any, table: pa.Table, key: str) -> Any:
    """Return an Arrow table as an Ibis table, without copying."""
    name = "journeyman_" + hashlib.sha256(key.encode()).hexdigest()[:16]
    backend.con.register(name, table)
    return backend.table(name)
