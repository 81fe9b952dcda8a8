"""Structured Streaming: batches of new files, read whole, or of messages of a Kafka topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from journeyman.engines.spark.failures import spark_errors
from journeyman.engines.spark.work import run_on
from journeyman.errors import SettingsError
from journeyman.interfaces.cluster import Work
from journeyman.lazy_module import LazyModule

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import functions as F
    from pyspark.sql.streaming import StreamingQuery
else:  # an extra, and a second to load
    F = LazyModule("pyspark.sql.functions")

__all__ = ["BatchCall", "follow", "start"]

BatchCall = Callable[[int, Callable[[Work], list[bytes]]], None]
"""Takes the number of a batch, and a function that runs work on its rows."""
_KAFKA = "kafka://"
_FILE = "path string, modificationTime timestamp, length long, content binary"
_FILES, _MESSAGES = 1_000, 1_000_000  # of a batch at most, so that what has gathered does not come at once


def follow(session: SparkSession, source: str, checkpoint: str, each: BatchCall, *, drain: bool) -> None:
    """Call a function with each batch until interrupted, or until all that is there has been read.

    What the function raises ends the stream and is raised here; the batch comes again with the next start.
    """
    raised: list[BaseException] = []

    def keep(number: int, run: Callable[[Work], list[bytes]]) -> None:
        try:
            each(number, run)
        except BaseException as error:
            raised.append(error)
            raise

    query = start(session, source, checkpoint, keep, drain=drain)
    try:
        with spark_errors(source):
            query.awaitTermination()
    except Exception:
        if raised:
            raise raised[0] from None
        raise
    finally:
        query.stop()


def start(session: SparkSession, source: str, checkpoint: str, each: BatchCall, *, drain: bool) -> StreamingQuery:
    """Start a query and return it: see :func:`follow`."""

    def call(frame: DataFrame, number: int) -> None:
        def run(work: Work) -> list[bytes]:
            with spark_errors(source):
                return run_on(frame, work)

        each(number, run)

    with spark_errors(source):
        rows = _messages(session, source) if source.startswith(_KAFKA) else _files(session, source)
        writer = rows.writeStream.foreachBatch(call).option("checkpointLocation", checkpoint)
        return (writer.trigger(availableNow=True) if drain else writer).start()


def _files(session: SparkSession, folder: str) -> DataFrame:
    reader = session.readStream.format("binaryFile").schema(_FILE).option("maxFilesPerTrigger", _FILES)
    key = F.xxhash64("_metadata.file_path")
    return reader.load(folder).select(key, F.lit(0).cast("long"), "content", "path", "length")


def _messages(session: SparkSession, address: str) -> DataFrame:
    servers, _, topic = address.removeprefix(_KAFKA).partition("/")
    if not servers or not topic:
        raise SettingsError(f"{address} names no topic", hint="give kafka://HOST:PORT/TOPIC")
    options: dict[str, Any] = {
        "kafka.bootstrap.servers": servers,
        "subscribe": topic,
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": _MESSAGES,
    }
    found = session.readStream.format("kafka").options(**options).load()
    # all messages of a task are one piece
    place = F.spark_partition_id().cast("long"), F.lit(0).cast("long")
    return found.select(*place, "topic", "partition", "offset", "key", "value")
