"""Spark as a cluster: it reads files and runs work on pieces of them, by tasks of one piece each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from journeyman.arrow import pa
from journeyman.engines.spark.failures import spark_errors
from journeyman.engines.spark.session import spark_session
from journeyman.engines.spark.streaming import follow
from journeyman.engines.spark.work import run_on
from journeyman.errors import SourceError
from journeyman.interfaces.cluster import Reading, StoredFile, TextFacts, Work
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import functions as F
else:  # an extra, and a second to load
    F = LazyModule("pyspark.sql.functions")

__all__ = ["PIECE_BYTES", "SparkCluster"]

PIECE_BYTES = 32 << 20
"""Size of the pieces of large files: a few seconds of work, which is what a lost worker costs."""
_KEY, _START = "journeyman_key", "journeyman_start"
_PLAIN = "__globPaths__"
"""Spark's own option for addresses that are names, whatever signs such as * and [ they hold."""


class SparkCluster:
    """Spark at an address, or the session that is given; opened when it is first asked for something.

    Parameters
    ----------
    address : str
        See :func:`journeyman.engines.spark.session.spark_session`.
    session : SparkSession, optional
        One that runs.
    """

    def __init__(self, address: str = "", session: SparkSession | None = None) -> None:
        self._address, self._given = address, session

    @property
    def name(self) -> str:
        """Name in settings and messages."""
        return "spark"

    @cached_property
    def session(self) -> SparkSession:
        """The session that all of it is done in."""
        return self._given or spark_session(self._address)

    def files(self, location: str) -> list[StoredFile]:
        """Return the files of a folder and the folders in it, in the order of their names."""
        with spark_errors(location):
            listed = self._reader().format("binaryFile").option("recursiveFileLookup", "true").load(location)
            key = F.xxhash64("_metadata.file_path")
            rows = listed.select("path", key, "length", F.unix_micros("modificationTime")).collect()
        files = sorted((StoredFile(*row) for row in rows), key=lambda file: file.path)
        if len({file.key for file in files}) < len(files):
            raise SourceError(f"two files of {location} have the same key", hint="rename one of the files")
        return files

    def text_facts(self, files: Sequence[StoredFile]) -> Mapping[int, TextFacts]:
        """Return what is known of texts after each of their lines was looked at; no Python is in it."""
        with spark_errors("the texts"), self._fixed_pieces():
            lines = self._rows(Reading.LINES, files).withColumn("place", F.monotonically_increasing_id())
            quotes = F.expr("""length(value) - length(replace(value, '"', ''))""")
            odd = (quotes % 2 == 1) | ~F.is_valid_utf8("value") | (F.instr("value", "\0") > 0)
            found = lines.groupBy(_KEY).agg(
                F.min_by(F.col("value").cast("binary"), F.struct(_START, "place")),
                F.count_if(~F.rlike("value", F.lit(r"^\s*$"))),
                F.bool_or(odd),
            )
            return {key: TextFacts(bytes(first), n, not bad) for key, first, n, bad in found.collect()}

    def reads_rows(self, files: Sequence[StoredFile]) -> bool:
        """Return whether Spark knows the types of Parquet files: nanoseconds and times of day it does not."""
        try:
            self._rows(Reading.ROWS, files[:1])
        except Exception as error:  # PySpark's and Connect's have no class in common
            if "Illegal Parquet type" in str(error):
                return False
            with spark_errors(files[0].path):
                raise
        return True

    def head(self, reading: Reading, files: Sequence[StoredFile], rows: int) -> list[pa.RecordBatch]:
        """Return the first rows of the first file; of Parquet, rows of any."""
        few = files if reading is Reading.ROWS else files[:1]
        with spark_errors(few[0].path), self._fixed_pieces():
            frame = self._rows(reading, few)
            frame = frame if reading is Reading.ROWS else frame.where(F.col(_START) == 0)
            table = frame.drop(_KEY, _START).limit(rows).toArrow()
        return list(table.to_batches()) or [pa.RecordBatch.from_pylist([], table.schema)]

    def run(self, reading: Reading, files: Sequence[StoredFile], work: Work) -> list[bytes]:
        """Run work on all pieces of files."""
        if not files:
            return []
        with spark_errors("the table"), self._fixed_pieces():
            return run_on(self._rows(reading, files), work)

    def copy_table(self, table: str, folder: str) -> None:
        """Write the rows of a table or view, as ``spark.table`` finds it, into a new folder."""
        with spark_errors(f"spark:{table}"):
            self.session.table(table).write.mode("overwrite").parquet(folder)

    def follow(
        self, source: str, checkpoint: str, each: Callable[[int, Callable[[Work], list[bytes]]], None], *, drain: bool
    ) -> None:
        """Call a function with each batch: see :class:`journeyman.interfaces.Cluster`."""
        follow(self.session, source, checkpoint, each, drain=drain)

    def _reader(self) -> Any:
        return self.session.read.option(_PLAIN, "false")

    def _rows(self, reading: Reading, files: Sequence[StoredFile]) -> DataFrame:
        """Return what is read, behind the file's key and the byte that the piece begins at."""
        paths = [file.path for file in files]
        if reading is Reading.LINES:
            rows = self._reader().option("lineSep", "\n").text(paths)
        elif reading is Reading.WHOLE:
            rows = self._reader().format("binaryFile").load(paths).select("content", "_metadata")
        else:
            rows = self._reader().option("mergeSchema", str(len(paths) > 1).lower()).parquet(*paths)
        named = [F.col(f"`{name.replace('`', '``')}`") for name in rows.columns if name != "_metadata"]
        place = F.xxhash64("_metadata.file_path").alias(_KEY), F.col("_metadata.file_block_start").alias(_START)
        return rows.select(*place, *named)

    @contextmanager
    def _fixed_pieces(self) -> Iterator[None]:
        """Let Spark divide files alike each time, whatever number of machines it has: by bytes, a piece a task."""
        wanted = {
            "spark.sql.files.maxPartitionBytes": str(PIECE_BYTES),
            "spark.sql.files.openCostInBytes": str(PIECE_BYTES),
            "spark.sql.files.maxPartitionNum": None,
            "spark.sql.caseSensitive": "true",  # Age and age are two columns
        }
        conf = self.session.conf
        before = {name: conf.get(name, None) for name in wanted}
        try:
            _set(conf, wanted)
            yield
        finally:
            _set(conf, before)


def _set(conf: Any, settings: Mapping[str, str | None]) -> None:
    for name, value in settings.items():
        if value is None:
            conf.unset(name)
        else:
            conf.set(name, value)
