"""Spark as an engine: the same expressions of Ibis, on as many machines as the session has."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeyman.arrow import pa, pq
from journeyman.engines.duckdb import JsonLines
from journeyman.engines.spark.cluster import SparkCluster
from journeyman.engines.spark.failures import spark_errors
from journeyman.engines.spark.fits import SparkFits
from journeyman.engines.spark.own_session import disk_only, file_address, functions, own_session, task_slots
from journeyman.engines.spark.session import is_connect
from journeyman.engines.spark.tables import SparkSource, open_table
from journeyman.engines.spark.whole import fit_all_rows
from journeyman.interfaces import FitOfAllRows, Relation, Source, WholeTask, place
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    import ibis
else:  # a second and 100 MB, which only tables beyond memory need
    ibis = LazyModule("ibis")

__all__ = ["SparkEngine"]


@dataclass(frozen=True)
class SparkEngine:
    """Spark by the address of a session, in which it changes no setting that others see.

    Parameters
    ----------
    address : str
        As :func:`journeyman.engines.spark.session.spark_session` takes it; the session begins at first use.
    """

    address: str = ""

    @property
    def name(self) -> str:
        """Name in settings and reports."""
        return "spark"

    @cached_property
    def fits(self) -> SparkFits | None:
        """Where the folds of trials are fitted: see :class:`journeyman.interfaces.OffersFits`.

        Spark Connect has no broadcasts: there they are fitted in this process.
        """
        return None if is_connect(self.address) else SparkFits(self.address)

    @cached_property
    def cluster(self) -> SparkCluster:
        """Machines that read and predict tables by themselves: see :class:`journeyman.interfaces.OffersCluster`."""
        return SparkCluster(self.address)

    def table(self, location: str) -> SparkSource | None:
        """Open a table that Spark reads where it lies: see :class:`journeyman.interfaces.OffersTables`."""
        return open_table(location, self.address)

    @contextmanager
    def open(self, source: Source) -> Iterator[Relation]:
        """Give all rows of a source as a view: see :class:`journeyman.interfaces.Engine`.

        Raises
        ------
        SourceError
            Where Spark cannot read them.
        """
        with spark_errors(source.name), tempfile.TemporaryDirectory() as folder:
            session = own_session(self.address)
            backend = ibis.pyspark.connect(session)
            backend.stored_rows = []
            try:
                yield source.relation(_SparkReader(backend, session, Path(folder)))
            finally:
                for rows in backend.stored_rows:
                    rows.unpersist()

    def store(self, relation: Relation) -> Relation:
        """Return the same rows, kept on the disks of the workers; what a lost one kept is computed again."""
        backend = relation.get_backend()
        rows = backend._session.sql(backend.compile(relation))
        rows = rows.persist(disk_only())
        rows.count()
        backend.stored_rows.append(rows)
        return _as_view(backend, rows)

    def aggregate(self, query: Relation) -> list[dict[str, Any]]:
        """Return the few rows of an Ibis query, by name."""
        found: list[dict[str, Any]] = query.to_pyarrow().to_pylist()
        return found

    def learn(self, source: Source, task: WholeTask) -> FitOfAllRows:
        """Fit on all rows in one barrier stage: see :class:`journeyman.interfaces.LearnsFromAllRows`."""
        with self.open(source) as relation:
            backend = relation.get_backend()
            rows = backend._session.sql(backend.compile(relation))
            return fit_all_rows(rows, source.names, task, task_slots(backend._session))


def _as_view(backend: Any, rows: Any) -> Relation:
    name = ibis.util.gen_name("rows")
    rows.createOrReplaceTempView(name)
    return backend.table(name)


class _SparkReader:
    """Reads what a source has; see :class:`journeyman.interfaces.TableReader`. Every worker must see the files."""

    def __init__(self, backend: Any, session: Any, folder: Path) -> None:
        self._backend, self._session, self._folder = backend, session, folder
        self._numbers = count()

    def text(self, file: Path, columns: int, delimiter: str) -> Relation:
        """Return the rows of a text, every value as it is written."""
        kinds = ", ".join(f"{place(i)} string" for i in range(columns))
        read = self._session.read.schema(kinds)
        options = {"header": True, "sep": delimiter, "quote": '"', "escape": '"', "multiLine": True}
        options |= {"encoding": "UTF-8", "maxCharsPerColumn": -1, "maxColumns": max(columns, 20_480)}
        rows = read.options(**options).csv(file_address(file))
        # Quoted or not, a text of no length is a missing one.
        return self.rows(rows.select([functions.nullif(rows[n], functions.lit("")).alias(n) for n in rows.columns]))

    def json_lines(self, file: Path, kinds: Mapping[str, str]) -> Relation:
        """Return the values of these keys, taken apart as they are for any engine (docs/decisions/0043)."""
        batches = JsonLines(file, file.name).batches(kinds)
        copy = self._folder / f"{next(self._numbers)}.parquet"
        first = next(batches, None)
        if first is None:
            return self.arrow(pa.table({key: pa.array([], pa.string()) for key in kinds}))
        schema = _known_to_spark(first.schema)
        with pq.ParquetWriter(copy, schema) as writer:
            for batch in chain([first], batches):
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))
        return self.parquet(copy, len(kinds))

    def parquet(self, file: Path, columns: int) -> Relation:
        """Return the rows of a Parquet file, lists of texts as texts in JSON."""
        if any(_unknown_to_spark(kind) for kind in pq.read_schema(file).types):
            return self.arrow(pq.read_table(file))
        return self.rows(self._session.read.parquet(file_address(file)))

    def arrow(self, table: pa.Table) -> Relation:
        """Return the rows of a table, copied to Spark."""
        named = table.rename_columns([place(i) for i in range(table.num_columns)])
        return self.rows(self._session.createDataFrame(named.cast(_known_to_spark(named.schema))))

    def rows(self, rows: Any) -> Relation:
        """Return a data frame of Spark's as a relation, columns named by their place."""
        named = rows.toDF(*[place(i) for i in range(len(rows.columns))])
        lists = [f.name for f in named.schema.fields if f.dataType.typeName() == "array"]
        for name in lists:
            named = named.withColumn(name, functions.to_json(named[name]))
        return _as_view(self._backend, named)


def _unknown_to_spark(kind: Any) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_time(kind) or pa.types.is_uint64(kind) or pa.types.is_duration(kind) or kind == pa.float16()
    )


def _known_to_spark(schema: pa.Schema) -> pa.Schema:
    """Return a schema of the same values that Spark's reading of Arrow knows."""
    return pa.schema([pa.field(f.name, _known_kind(f.type)) for f in schema])


def _known_kind(kind: Any) -> Any:
    if pa.types.is_dictionary(kind):
        return _known_kind(kind.value_type)
    if pa.types.is_uint64(kind):
        return pa.decimal128(20, 0)
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_null(kind) or pa.types.is_time(kind):
        return pa.string()
    if pa.types.is_duration(kind) or kind == pa.float16():
        return pa.float64()
    return kind
