"""The build's own view of a session: its settings are not those of whoever shares the cluster."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path
from typing import Any

from journeyman.engines.spark.session import spark_session
from journeyman.lazy_module import LazyModule

__all__ = ["disk_only", "file_address", "functions", "own_session", "shared_session", "task_slots"]

functions: Any = LazyModule("pyspark.sql.functions", 'pip install "journeyman[spark]"')
"""Spark's functions of columns."""

_SETTINGS = {
    "spark.sql.caseSensitive": "true",  # a table may have Size beside size
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # as folders are read in process
}
_known: dict[str, Any] = {}
_PATTERN = re.compile(r"([*?\[\]{}\\])")


def shared_session(address: str) -> Any:
    """Return the session of an address; Ctrl+C stays with whoever listened to it before."""
    if threading.current_thread() is not threading.main_thread():
        return spark_session(address)
    heard = signal.getsignal(signal.SIGINT)  # PySpark would cancel all jobs, where the first press ends the search
    try:
        return spark_session(address)
    finally:
        if heard is not None:  # of a program that embeds Python
            signal.signal(signal.SIGINT, heard)


def own_session(address: str) -> Any:
    """Return a session beside that of an address, which shares its machines and tables but none of its settings.

    It is the same one each time, so that engine and sources see each other's rows.
    """
    session = shared_session(address)
    key = str(getattr(session, "session_id", "") or session.sparkContext.applicationId)
    if key not in _known:
        _known.clear()  # those of sessions that were stopped
        own = session.newSession() if hasattr(session, "newSession") else session
        for name, value in _SETTINGS.items():
            own.conf.set(name, value)
        _known[key] = own
    return _known[key]


def task_slots(session: Any) -> int:
    """Return how many tasks of a session run side by side, of a classic one and of one by Spark Connect."""
    tasks = session.range(1_000_000).select(functions.spark_partition_id()).distinct().count()
    return max(1, int(tasks) // int(session.conf.get("spark.task.cpus", "1")))


def disk_only() -> Any:
    """Return the storage level of rows that are kept on the workers' disks."""
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra, loaded by the session that is open now

    return StorageLevel.DISK_ONLY


def file_address(file: Path) -> str:
    """Return a path as Hadoop's readers take it: as a file of this machine, and no sign of it as a pattern.

    Examples
    --------
    >>> file_address(Path("/data/a[1].csv"))
    'file:/data/a\\\\[1\\\\].csv'
    """
    return "file:" + _PATTERN.sub(r"\\\1", str(file.resolve()))
