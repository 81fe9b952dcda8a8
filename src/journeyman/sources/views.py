"""Views of a source on DuckDB, as Ibis tables."""

from __future__ import annotations

import hashlib
import re
import weakref
from pathlib import Path
from typing import Any

from journeyman.arrow import pa

__all__ = ["arrow_view", "keep_alive", "one_file", "place", "quoted", "text_view"]

_PATTERN = re.compile(r"([*?\[])")


def place(position: int) -> str:
    """Return the name of a column in a view: DuckDB takes Age and age for one name, so columns go by their place.

    Examples
    --------
    >>> place(3)
    'c3'
    """
    return f"c{position}"


def one_file(path: Path) -> str:
    """Return what DuckDB's readers are given for one file and nothing else: the name as it is, folders say nothing.

    Names with signs such as * and [ would stand for other files, and key=value folders would add columns.

    Examples
    --------
    >>> one_file(Path("data[1].csv"))
    "'data[[]1].csv', hive_partitioning=false"
    """
    return quoted(_PATTERN.sub(r"[\1]", str(path))) + ", hive_partitioning=false"


def quoted(text: str) -> str:
    """Return an SQL literal.

    Examples
    --------
    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def text_view(backend: Any, query: str, source: object) -> Any:
    """Return the rows of a DuckDB query as an Ibis table that is evaluated when it is used.

    The source, which may own a temporary file that the query reads, lives as long as the backend.
    """
    keep_alive(backend, source)
    # The name follows from the query, so that asking twice gives the same table.
    name = "journeyman_" + hashlib.sha256(query.encode()).hexdigest()[:16]
    backend.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {query}')
    return backend.table(name)


def keep_alive(backend: Any, source: object) -> None:
    """Let a source live as long as a backend."""
    weakref.finalize(backend, _let_go, source)


def _let_go(_source: object) -> None:
    """Do nothing: until it is called, the finalizer holds its argument."""


def arrow_view(backend: Any, table: pa.Table, key: str) -> Any:
    """Return an Arrow table as an Ibis table with columns named by their place, without copying."""
    name = "journeyman_" + hashlib.sha256(key.encode()).hexdigest()[:16]
    backend.con.register(name, table.rename_columns([place(i) for i in range(table.num_columns)]))
    return backend.table(name)
