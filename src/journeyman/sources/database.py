"""Tables in databases: the result of a query, copied once to Parquet, so that one query gives one table."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from journeyman.arrow import pa, pq
from journeyman.engines.duckdb import DuckDBFile
from journeyman.engines.frames import check_names
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, TableReader
from journeyman.sources.batches import plain_table, union_schema
from journeyman.sources.parquet import ParquetSource
from journeyman.sources.parsing.texts import text_of
from journeyman.sources.scratch import room_for, scratch_folder

__all__ = ["DUCKDB", "DatabaseSource", "is_database", "redacted", "table_queries"]

DUCKDB = "duckdb:///"
"""What the path of a file of DuckDB's is written after."""

_CHUNK = 50_000
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def is_database(location: str) -> bool:
    """Tell whether a location is a URL rather than a path.

    Examples
    --------
    >>> is_database("sqlite:///a.db"), is_database("C:/a.csv")
    (True, False)
    """
    return "://" in location


def redacted(location: str) -> str:
    """Return a location without its password, to be shown or written down.

    Examples
    --------
    >>> redacted("postgresql://ann:secret@host/db"), redacted("a.csv")
    ('postgresql://ann:***@host/db', 'a.csv')
    """
    if not is_database(location):
        return location
    try:
        url = sa.make_url(location)
    except (ArgumentError, ValueError):
        return location.split("://", 1)[0] + "://..."
    # A password may also be given as a parameter.
    kept = {k: v for k, v in url.query.items() if "pass" not in k.lower() and "key" not in k.lower()}
    return url.set(query=kept).render_as_string(hide_password=True)


def table_queries(location: str) -> dict[str, str]:
    """Return for each table and view of a database the query that gives it, by name; errors as for the source."""
    if location.startswith(DUCKDB):
        return _duckdb_file(location).queries()
    url = _url(location)
    engine = _engine(url)
    try:
        inspector = sa.inspect(engine)
        names = sorted({*inspector.get_table_names(), *inspector.get_view_names()})
        quote = engine.dialect.identifier_preparer.quote
        return {name: f"SELECT * FROM {quote(name)}" for name in names}
    except SQLAlchemyError as error:
        raise _complaint(url, redacted(location), error) from error
    finally:
        engine.dispose()


class DatabaseSource:
    """The rows of one query.

    Parameters
    ----------
    location : str
        URL: ``sqlite:///file.db``, ``duckdb:///file.duckdb`` or ``postgresql://user@host/database`` (the password may
        come from the URL, PGPASSWORD or the password file).
    query : str or None
        SQL that gives the table.

    Raises
    ------
    SourceError
        The database cannot be reached or refuses, or the query gives no table. Never shows a password.
    """

    def __init__(self, location: str, query: str | None) -> None:
        url = None if location.startswith(DUCKDB) else _url(location)  # refuses other kinds before it asks for a query
        self.name = redacted(location)
        self.style = FileStyle()
        self.findings: tuple[Finding, ...] = ()
        if not query or not query.strip():
            raise SourceError(f"{self.name} needs a query", hint="add --query 'SELECT ... FROM ...'")
        self._query = query
        folder = scratch_folder(self)
        self.path = folder / "query.parquet"
        with room_for("the query's result"):
            if url is None:
                self._copy_batches(_duckdb_file(location).batches(query))
            else:
                self._materialise(url, folder)
        self._copy = ParquetSource(self.path, self.name)
        self.names = self._copy.names

    def _copy_batches(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Copy rows that have one schema to one Parquet file."""
        tables = (plain_table(pa.Table.from_batches([batch]), "the query's result") for batch in batches)
        first = next(tables, None)
        if first is None:
            raise SourceError("the query gives no rows", hint="check its conditions")
        check_names(first.schema.names, "the query's result")
        rows = 0
        with pq.ParquetWriter(self.path, first.schema) as writer:
            for table in chain([first], tables):
                rows += len(table)
                writer.write_table(table.cast(first.schema))
        if not rows:
            raise SourceError("the query gives no rows", hint="check its conditions")

    def _materialise(self, url: URL, folder: Path) -> None:
        """Copy the rows to one Parquet file, in chunks."""
        engine = _engine(url)
        chunks: list[Path] = []
        try:
            with engine.connect().execution_options(stream_results=True, max_row_buffer=_CHUNK) as connection:
                result = connection.execute(sa.text(self._query).execution_options(autocommit=False))
                if not result.returns_rows:
                    raise SourceError("the query gives no rows", hint="give a SELECT")
                names = [str(k) for k in result.keys()]  # noqa: SIM118  # a Result is no mapping
                check_names(names, "the query's result")
                while rows := result.fetchmany(_CHUNK):
                    path = folder / f"{len(chunks):06d}.parquet"
                    table = pa.table([_column(c) for c in zip(*rows, strict=True)], names=names)
                    pq.write_table(plain_table(table, "the query's result"), path)
                    chunks.append(path)
        except SQLAlchemyError as error:
            raise _complaint(url, self.name, error) from error
        finally:
            engine.dispose()
        if not chunks:
            raise SourceError("the query gives no rows", hint="check its conditions")
        schema = union_schema([pq.read_schema(c) for c in chunks])
        with pq.ParquetWriter(self.path, schema) as writer:
            for chunk in chunks:
                writer.write_table(_as_schema(pq.read_table(chunk), schema))
                chunk.unlink()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        yield from self._copy.batches()  # not its iterator alone: the copy goes with this source

    def rows(self) -> int:
        """Return the number of rows."""
        return self._copy.rows()

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory, judged by its first rows."""
        return self._copy.memory()

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows, typed as they are; see :class:`journeyman.interfaces.Source`."""
        return self._copy.read(limit_rows, seed)

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        return self._copy.relation(reader)

    @cached_property
    def _digest(self) -> str:
        return self._copy.digest()

    def digest(self) -> str:
        """Return the SHA-256 of the rows as they were copied."""
        return self._digest


def _duckdb_file(location: str) -> DuckDBFile:
    file = Path(location.removeprefix(DUCKDB)).expanduser()
    if not file.is_file():
        raise SourceError(f"no such file: {file}", hint=f"check the path after {DUCKDB}")
    return DuckDBFile(file, file.name)


def _url(location: str) -> URL:
    try:
        url = sa.make_url(location)
    except (ArgumentError, ValueError) as error:
        raise SourceError(
            f"{redacted(location)} is no database URL",
            hint="write sqlite:///file.db or postgresql://user@host/database",
        ) from error
    dialect = url.drivername.split("+")[0]
    if dialect not in _DIALECTS:
        near = difflib.get_close_matches(dialect, [*_DIALECTS, "duckdb"], n=1)
        raise SourceError(
            f"databases of the kind {dialect!r} cannot be read",
            hint=f"did you mean {near[0]!r}?" if near else "use sqlite://, duckdb:// or postgresql://",
        )
    if dialect == "sqlite" and url.database and url.database != ":memory:" and not Path(url.database).is_file():
        raise SourceError(f"no such file: {url.database}", hint="check the path after sqlite:///")
    return url.set(drivername=_DIALECTS[dialect])


def _engine(url: URL) -> Engine:
    arguments = {"connect_timeout": 10} if url.drivername.startswith("postgresql") else {}
    try:
        # SQLAlchemy imports the driver here and nowhere else: psycopg is an extra.
        return sa.create_engine(url, connect_args=arguments)
    except (ModuleNotFoundError, NoSuchModuleError, ImportError) as error:
        raise SourceError(
            "PostgreSQL needs the driver psycopg, which is not installed", hint="pip install 'journeyman[postgres]'"
        ) from error


def _complaint(url: URL, name: str, error: SQLAlchemyError) -> SourceError:
    """Say what the database refused, in its own words but without secrets."""
    inner = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
    lines = [line.strip() for line in inner.splitlines() if line.strip()]
    words = next((line for line in reversed(lines) if "FATAL" in line), lines[0] if lines else type(error).__name__)
    words = words.rsplit("FATAL:", 1)[-1].rsplit("failed:", 1)[-1].strip()[:160]
    if url.password:
        words = words.replace(str(url.password), "***")
    text = inner.lower()
    if "password" in text or "authentication" in text:
        return SourceError(f"{name} refuses the login: {words}", hint="check user and password")
    if any(w in text for w in ("connection", "could not translate", "timeout", "refused", "resolve", "unable to open")):
        return SourceError(f"{name} cannot be reached: {words}", hint="check host, port and that the server runs")
    return SourceError(f"{name} does not accept the query: {words}", hint="try the query in the database's own client")


def _column(values: Sequence[Any]) -> pa.Array:
    """Return values as Arrow, as text where they are of several types."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        kinds = {type(v) for v in values if v is not None}
        if kinds <= {int, float}:
            return pa.array([None if v is None else float(v) for v in values])
        return pa.array([str(v) if isinstance(v, (dict, list)) else text_of(v) for v in values], type=pa.string())


def _as_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    arrays = []
    for i, field in enumerate(schema):
        values = table.column(i)
        if values.type != field.type and pa.types.is_string(field.type) and not pa.types.is_null(values.type):
            values = pa.chunked_array([pa.array([text_of(v) for v in values.to_pylist()], type=pa.string())])
        arrays.append(values.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
