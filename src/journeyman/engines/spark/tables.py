"""Tables that Spark reads where they lie: folders of files by their address, and tables of its catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa
from journeyman.engines.frames import check_names, draw_positions, to_frame, width
from journeyman.engines.spark.failures import spark_errors
from journeyman.engines.spark.own_session import functions, own_session
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, TableReader
from journeyman.settings import CATALOGUE

__all__ = ["SparkSource", "open_table"]

_SCHEMES = ("hdfs", "viewfs", "webhdfs", "s3a", "s3", "gs", "abfs", "abfss", "wasbs", "file")
_FORMATS: Mapping[str, str] = {
    ".parquet": "parquet",
    ".orc": "orc",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_PACKED = (".gz", ".bz2", ".zst", ".snappy", ".lz4")
_FIRST = 1_000  # rows by which the width of all is judged
_FILE, _START, _ID = "journeyman_file", "journeyman_start", "journeyman_id"
_MARGIN = 6.0  # standard deviations that a draw by hashes asks for beyond what it needs
_HASHES = 2.0**64


def open_table(location: str, address: str) -> SparkSource | None:
    """Open a table that Spark reads; None where the address is another's, such as a database's.

    Parameters
    ----------
    location : str
        ``spark:database.table``, or a file or folder of a file system that Hadoop knows, as hdfs:// or s3a://.
    address : str
        Of the session.

    Raises
    ------
    SourceError
        There is no such table, it is of an unknown kind, or a column cannot be used.
    SettingsError
        No session can be had.
    """
    scheme = location.partition("://")[0].lower()
    if not location.startswith(CATALOGUE) and scheme not in _SCHEMES:
        return None
    session = own_session(address)
    with spark_errors(location):
        if location.startswith(CATALOGUE):
            return SparkSource(session.table(location.removeprefix(CATALOGUE)), location)
        return _files(session, location)


def _files(session: Any, location: str) -> SparkSource:
    listed = session.read.format("binaryFile").option("pathGlobFilter", "*").load(location)
    paths = [str(row[0]) for row in listed.select("path").limit(1_000).collect()]
    kinds = {_kind(path) for path in paths}
    if not paths:
        raise SourceError(f"no file in {location}", hint="give a folder with rows")
    if len(kinds) > 1 or "" in kinds:
        odd = next((p for p in paths if not _kind(p)), paths[0])
        raise SourceError(
            f"{location} holds {odd.rpartition('/')[2]}, and files of one kind are read",
            hint=f"give a folder of files that end in one of {', '.join(_FORMATS)}",
        )
    kind = kinds.pop()
    if kind != "csv":
        return SparkSource(session.read.format(kind).load(location), location)
    first = session.read.text(location).head(1)
    header = first[0][0] if first else ""
    sign = max((",", ";", "\t", "|"), key=header.count)
    read = session.read.options(header=True, sep=sign, quote='"', escape='"', multiLine=True, encoding="UTF-8")
    return SparkSource(read.csv(location), location, all_texts=True)


def _kind(path: str) -> str:
    name = path.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return next((kind for ending, kind in _FORMATS.items() if name.endswith(ending)), "")


@dataclass(frozen=True)
class _Blocks:
    """Pieces of files, in the order of the files' names: where each begins, as a row and as Spark numbers it."""

    files: Sequence[tuple[str, int]]
    first_rows: NDArray[np.int64]
    first_ids: NDArray[np.int64]
    rows: int

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return Spark's numbers of rows by their place in the table."""
        block = np.searchsorted(self.first_rows, rows, side="right") - 1
        return self.first_ids[block] + rows - self.first_rows[block]

    def order(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how rows of these numbers are arranged, so that they are as they lie in the files."""
        by_id = np.argsort(self.first_ids)
        block = by_id[np.searchsorted(self.first_ids[by_id], ids, side="right") - 1]
        return np.argsort(self.first_rows[block] + ids - self.first_ids[block], kind="stable")


class SparkSource:
    """Rows of a data frame of Spark's.

    Rows of files have a place in the table, which does not depend on how many machines read them: the sample of a seed
    is the one that these files would give in process. Rows of a view have none; there a sample is drawn by hashes of
    the rows' values, and comes in the order of these.

    Parameters
    ----------
    rows : pyspark.sql.DataFrame
        All of them.
    name : str
        What the user calls it.
    all_texts : bool
        Whether values are texts because the files hold nothing else.

    Raises
    ------
    SourceError
        A column cannot be used.
    """

    def __init__(self, rows: Any, name: str, all_texts: bool = False) -> None:
        self.name = name
        self.names = tuple(rows.columns)
        self.style = FileStyle()
        self.findings: tuple[Finding, ...] = ()
        self.all_texts = all_texts
        check_names(self.names, name)
        self._raw = rows
        self._columns = [_plain_column(field, name, all_texts) for field in rows.schema.fields]
        self._rows = rows.select(*self._columns)

    @cached_property
    def _numbered(self) -> Any:
        """Rows with the piece of a file that they come from and Spark's number; None where they are of no file."""
        where = [
            functions.col("_metadata.file_path").alias(_FILE),
            functions.col("_metadata.file_block_start").alias(_START),
            functions.monotonically_increasing_id().alias(_ID),
        ]
        try:
            numbered = self._raw.select(*where, *self._columns)
            numbered.schema  # noqa: B018 - asks Spark whether there are such columns
        except Exception as error:  # PySpark's classic and Connect errors have a base of their own each
            if "_metadata" not in str(error):
                raise
            return None
        return numbered

    @cached_property
    def _blocks(self) -> _Blocks | None:
        """The pieces of the files, from one pass that reads no column."""
        if self._numbered is None:
            return None
        found = (
            self._numbered.groupBy(_FILE, _START)
            .agg(functions.min(_ID).alias("first"), functions.count(functions.lit(1)).alias("rows"))
            .collect()
        )
        found.sort(key=lambda row: (unquote(row[0]).split("/"), row[1]))
        counts = np.array([row[3] for row in found], dtype=np.int64)
        firsts = np.concatenate([[0], np.cumsum(counts)])[: len(counts)].astype(np.int64)
        return _Blocks(
            [(row[0], row[1]) for row in found], firsts, np.array([r[2] for r in found], np.int64), int(counts.sum())
        )

    @cached_property
    def _total(self) -> int:
        with spark_errors(self.name):
            return int(self._rows.count()) if self._blocks is None else self._blocks.rows

    def rows(self) -> int:
        """Return the number of rows."""
        return self._total

    def memory(self) -> int:
        """Return the bytes that all rows are expected to take in memory, judged by the first ones."""
        with spark_errors(self.name):
            first = self._rows.limit(_FIRST).toArrow()
        return self.rows() * width(first)

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows; see :class:`journeyman.interfaces.Source`."""
        with spark_errors(self.name):
            if limit_rows is None or limit_rows >= self.rows():
                return to_frame(self._in_order(self._numbered if self._blocks is not None else self._rows))
            if self._blocks is None:
                return to_frame(self._draw_by_hash(limit_rows, seed))
            ids = self._blocks.ids(draw_positions(self.rows(), limit_rows, seed))
            wanted = self._raw.sparkSession.createDataFrame(pa.table({_ID: ids}))
            return to_frame(self._in_order(self._numbered.join(functions.broadcast(wanted), _ID)))

    def _in_order(self, rows: Any) -> pa.Table:
        """Return rows as they lie in their files, or, of no file, by what they hold."""
        if self._blocks is None:
            return rows.orderBy(functions.xxhash64(*rows.columns)).toArrow()
        table = rows.drop(_FILE, _START).toArrow()
        order = self._blocks.order(table[_ID].to_numpy())
        return table.drop_columns([_ID]).take(pa.array(order))

    def _draw_by_hash(self, rows: int, seed: int) -> pa.Table:
        share = rows / self.rows()
        most = min(1.0, share + _MARGIN * np.sqrt(share / self.rows()))
        hashed = self._rows.withColumn(_ID, functions.xxhash64(functions.lit(seed), *self._rows.columns))
        low = hashed.where(functions.col(_ID) < int((most - 0.5) * _HASHES) if most < 1.0 else functions.lit(True))
        return low.orderBy(_ID).limit(rows).toArrow().drop_columns([_ID])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows in order, a piece of a file at a time."""
        with spark_errors(self.name):
            if self._blocks is None:
                yield from self._in_order(self._rows).to_batches()
                return
            for file, start in self._blocks.files:
                piece = self._numbered.where((functions.col(_FILE) == file) & (functions.col(_START) == start))
                yield from self._in_order(piece).to_batches()

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place.

        Raises
        ------
        SourceError
            The reader is another engine's.
        """
        read = getattr(reader, "rows", None)
        if read is None:
            raise SourceError(f"{self.name} lies in Spark", hint="add --engine spark")
        if not self.all_texts:
            return read(self._rows)
        names = [f"`{name.replace('`', '``')}`" for name in self.names]
        return read(self._rows.select([functions.nullif(functions.col(n), functions.lit("")) for n in names]))

    @cached_property
    def _digest(self) -> str:
        one = functions.xxhash64(*self._rows.columns)
        sums = self._rows.agg(functions.sum(one.cast("decimal(38,0)")), functions.bit_xor(one), functions.count("*"))
        with spark_errors(self.name):
            found = sums.collect()[0]
        return hashlib.sha256(repr((self._rows.dtypes, [str(v) for v in found])).encode()).hexdigest()

    def digest(self) -> str:
        """Return a digest of all values, from one pass; it does not depend on the order of rows."""
        return self._digest


def _plain_column(field: Any, where: str, all_texts: bool) -> Any:
    """Return a column as one of the plain kinds that sources give; SourceError where it is none."""
    quoted = f"`{field.name.replace('`', '``')}`"
    column, kind = functions.col(quoted), field.dataType.typeName()
    if kind == "string" and all_texts:  # as texts are read in process
        return functions.coalesce(column, functions.lit("")).alias(field.name)
    if kind == "decimal":
        return column.cast("double").alias(field.name)
    if kind in ("date", "timestamp"):
        return column.cast("timestamp_ntz").alias(field.name)
    if kind == "array" and field.dataType.elementType.typeName() == "string":
        return functions.to_json(column).alias(field.name)
    if kind in ("array", "map", "struct", "binary", "variant") or "interval" in kind:
        raise SourceError(
            f"column {field.name!r} of {where} holds nested values ({kind})",
            hint="spread it over plain columns, or leave it out",
        )
    return (column.cast("string") if kind == "void" else column).alias(field.name)
