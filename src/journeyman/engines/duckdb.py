"""The embedded engine: DuckDB in this process, on disk where memory does not suffice. Nobody else imports DuckDB."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from journeyman.arrow import pa
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, Source, place
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    import duckdb
    import ibis
else:  # a second and 100 MB, which only tables beyond memory and JSON lines need
    duckdb, ibis = LazyModule("duckdb"), LazyModule("ibis")

__all__ = ["DuckDBEngine", "DuckDBFile", "JsonLines"]

_BATCH = 65_536
_TEXTS = "VARCHAR[]"
"""Lists of texts, such as tags: they are read as texts in JSON."""
_PATTERN = re.compile(r"([*?\[])")
_TYPES: Mapping[str, str] = {
    "int64": "BIGINT",
    "uint64": "UBIGINT",
    "int128": "HUGEINT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
    "string": "VARCHAR",
}
_KINDS = {kind: name for name, kind in _TYPES.items()}


@dataclass(frozen=True)
class DuckDBEngine:
    """DuckDB on a database of its own, which goes when the relation that was opened goes.

    Parameters
    ----------
    threads : int
        Of one, sums and quantile sketches are the same from run to run; of several they are not.
    memory : str
        That rows may take before they go to the disk.
    """

    threads: int = 1
    memory: str = "1200MB"

    @property
    def name(self) -> str:
        """Name in settings and reports."""
        return "duckdb"

    @contextmanager
    def open(self, source: Source) -> Iterator[Relation]:
        """Give all rows of a source as a view of its files: see :class:`journeyman.interfaces.Engine`."""
        with tempfile.TemporaryDirectory(prefix="journeyman-engine-") as folder:
            database = Path(folder) / "rows.duckdb"
            backend = ibis.duckdb.connect(
                database, threads=self.threads, memory_limit=self.memory, temp_directory=folder
            )
            try:
                yield source.relation(_Views(backend))
            finally:
                backend.disconnect()

    def store(self, relation: Relation) -> Relation:
        """Return the same rows as a table of the database that they were opened in."""
        return relation.get_backend().create_table(ibis.util.gen_name("stored"), relation)

    def aggregate(self, query: Relation) -> list[dict[str, Any]]:
        """Return the few rows of an Ibis query, by name."""
        found: list[dict[str, Any]] = query.to_pyarrow().to_pylist()
        return found


class _Views:
    """Reads what a source has as views; see :class:`journeyman.interfaces.TableReader`."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._numbers = count()

    def text(self, file: Path, columns: int, delimiter: str) -> Relation:
        """Return the rows of a text, every value as it is written."""
        kinds = ", ".join(f"'{place(i)}': 'VARCHAR'" for i in range(columns))
        written = _quoted(delimiter.replace("\t", "\\t"))
        return self._view(
            f"SELECT * FROM read_csv({_one_file(file)}, auto_detect=false, header=true, delim={written}, "
            f"quote='\"', escape='\"', max_line_size=67108864, columns={{{kinds}}})"
        )

    def json_lines(self, file: Path, kinds: Mapping[str, str]) -> Relation:
        """Return the values of these keys."""
        return self._view(_records(file, kinds))

    def parquet(self, file: Path, columns: int) -> Relation:
        """Return the rows of a Parquet file."""
        return self._rows(f"read_parquet({_one_file(file)})", columns)

    def arrow(self, table: pa.Table) -> Relation:
        """Return the rows of a table, or of a dataset of Arrow's, where they lie."""
        name = self._name()
        self._backend.con.register(name, table)
        return self._rows(name, len(table.schema.names))

    def _rows(self, relation: str, columns: int) -> Relation:
        """Return all rows, columns named by their place, and lists of texts as JSON."""
        names = ", ".join(place(i) for i in range(columns))
        rows = f"{relation} AS t({names})"
        kinds = self._backend.con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
        lists = [f"CAST(to_json({name}) AS VARCHAR) AS {name}" for name, kind, *_ in kinds if kind == _TEXTS]
        instead = f" REPLACE ({', '.join(lists)})" if lists else ""
        return self._view(f"SELECT *{instead} FROM {rows}")

    def _view(self, query: str) -> Relation:
        name = self._name()
        self._backend.raw_sql(f"CREATE TEMP VIEW {name} AS {query}")
        return self._backend.table(name)

    def _name(self) -> str:
        return f"rows_{next(self._numbers)}"


class JsonLines:
    """A file of JSON lines as DuckDB reads it, which takes each key as a column.

    Which rows and kinds such a file has does not depend on the engine that a build is run with, so a source of JSON
    lines uses this one always (docs/decisions/0059).

    Parameters
    ----------
    file : Path
        In UTF-8.
    name : str
        What the user calls it.
    """

    def __init__(self, file: Path, name: str) -> None:
        self.file, self._name = file, name
        self._guess = (
            f"read_json({_one_file(file)}, format='newline_delimited', sample_size=-1, maximum_depth=3, "
            "convert_strings_to_integers=false, map_inference_threshold=-1)"
        )

    def kinds(self) -> dict[str, str]:
        """Return the kind of each key, as ``TableReader.json_lines`` takes it; others are "nested", "mixed", "string".

        Raises
        ------
        SourceError
            A line is no record.
        """
        found = self._rows(f"DESCRIBE SELECT * FROM {self._guess}")
        return {str(name): _kind(str(kind)) for name, kind, *_ in found}

    def holds_nested(self, key: str) -> bool:
        """Say whether a key of several types has lists or records among its values; SourceError as above."""
        query = f"SELECT count(*) FROM {self._guess} WHERE json_type({_identifier(key)}) IN ('OBJECT', 'ARRAY')"
        return bool(self._rows(query)[0][0])

    def batches(self, kinds: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
        """Yield the values of these keys, columns named by their place; SourceError as above."""
        try:
            connection = duckdb.connect()
            reader: Any = connection.sql(_records(self.file, kinds)).to_arrow_reader(_BATCH)
            yield from reader
        except duckdb.Error as error:
            raise self.complaint() from error

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return duckdb.connect().execute(query).fetchall()
        except duckdb.Error as error:
            raise self.complaint() from error

    def complaint(self) -> SourceError:
        """Return what is to be said of the first line that is no record; DuckDB counts lines by blocks, and may err."""
        found = self._first_fault()
        return SourceError(
            f"{self._name} is no table of JSON lines: a record cannot be read{f' in line {found}' if found else ''}",
            hint="write one JSON object a line",
        )

    def _first_fault(self) -> int | None:
        decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
        with self.file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    if line.strip():
                        decoder.decode(line.removeprefix(b"\xef\xbb\xbf"))
                except (msgspec.DecodeError, UnicodeDecodeError):
                    return number
        return None


class DuckDBFile:
    """A database that DuckDB keeps in a file; it is read and never written.

    Parameters
    ----------
    file : Path
    name : str
        What the user calls it.
    """

    def __init__(self, file: Path, name: str) -> None:
        self._file, self._name = file, name

    def queries(self) -> dict[str, str]:
        """Return for each table and view the query that gives it, by name; SourceError as below."""
        found = self._rows(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_catalog = current_database() ORDER BY 1, 2"
        )
        return {
            name if schema == "main" else f"{schema}.{name}": f"SELECT * FROM {_identifier(schema)}.{_identifier(name)}"
            for schema, name in found
        }

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows that a query gives, one batch of no rows at least.

        Raises
        ------
        SourceError
            It is no database, another program writes to it, or it does not accept the query.
        """
        with self._connection() as connection:
            reader: Any = connection.sql(query).to_arrow_reader(_BATCH)
            yield from reader
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._connection() as connection:
            found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
            return found

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        try:
            with duckdb.connect(self._file, read_only=True, config={"autoinstall_known_extensions": False}) as opened:
                yield opened
        except duckdb.Error as error:
            words = " ".join(str(error).split())[:160]
            if "lock" in words.lower():
                raise SourceError(
                    f"{self._name} is in use by another program", hint="close it there, or copy the file"
                ) from error
            raise SourceError(
                f"{self._name} cannot be read by DuckDB: {words}", hint="try the query in DuckDB's own client"
            ) from error


def _records(file: Path, kinds: Mapping[str, str]) -> str:
    kept = ", ".join(f"{_quoted(key)}: '{_TYPES[kind]}'" for key, kind in kinds.items())
    chosen = ", ".join(f"{_identifier(key)} AS {place(i)}" for i, key in enumerate(kinds))
    return f"SELECT {chosen} FROM read_json({_one_file(file)}, format='newline_delimited', columns={{{kept}}})"


def _kind(written: str) -> str:
    if written == _TEXTS:
        return "string"
    if written.startswith(("STRUCT", "MAP", "UNION")) or written.endswith("]"):
        return "nested"
    return "mixed" if written == "JSON" else _KINDS.get(written, "string")


def _one_file(path: Path) -> str:
    """Return what DuckDB's readers are given for one file and nothing else: the name as it is, folders say nothing.

    Names with signs such as * and [ would stand for other files, and key=value folders would add columns.

    Examples
    --------
    >>> _one_file(Path("data[1].csv"))
    "'data[[]1].csv', hive_partitioning=false"
    """
    return _quoted(_PATTERN.sub(r"[\1]", str(path))) + ", hive_partitioning=false"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
