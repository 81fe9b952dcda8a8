"""Reads back what has moved to the archive: predictions by id or by key, labels by when they came, shadows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.stores.archive_folder import ArchiveFile, archive_files
from journeyman.stores.log_errors import log_errors
from journeyman.stores.log_tables import moment_of
from journeyman.stores.prediction_archive import day_of, hex_id

__all__ = ["ArchivedLabel", "ArchivedPrediction", "TrafficArchive"]

IntArray = NDArray[np.int64]
ArchivedPrediction = tuple[int, int, str | None, str, str]
"""Id, version, key, row, output."""

_LAST = 253_402_300_799_999  # the last moment that a calendar day has, in milliseconds since 1970
_COLUMNS = ("id", "version", "key", "row", "output")


@dataclass(frozen=True)
class ArchivedLabel:
    """A label: its number, when it came, the prediction or the key that it is of, and its JSON."""

    number: int
    at: int
    prediction: int | None
    key: str | None
    truth: str


class TrafficArchive:
    """The Parquet files of a prediction log's folder, where it has one; a file's name tells which ids are in it."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def ids(self, after: int, to: int) -> Iterator[IntArray]:
        """Yield the ids in ``after < id <= to``, some at a time."""
        for file, first, last in self._files("predictions", after + 1, to):
            if first <= to and last > after:
                found = self._numbers(self._read(file, ["id"]).column("id"))
                yield found[(found > after) & (found <= to)]

    def predictions(self, ids: Sequence[int]) -> Iterator[ArchivedPrediction]:
        """Yield the predictions of these ids that are here."""
        wanted = np.sort(np.asarray(ids, dtype=np.int64))
        for file, some in self._holding("predictions", wanted):
            table = self._read(file, list(_COLUMNS))
            yield from self._rows(table.filter(pc.is_in(table.column("id"), pa.array([hex_id(int(i)) for i in some]))))

    def of_keys(self, keys: Sequence[str], to: int) -> Iterator[ArchivedPrediction]:
        """Yield the predictions up to an id that have one of these keys."""
        wanted = pa.array(list(keys), type=pa.string())
        for file, first, _ in self._files("predictions", 0, to):
            if first <= to and pc.any(pc.is_in(self._read(file, ["key"]).column("key"), wanted)).as_py():
                table = self._read(file, list(_COLUMNS))
                yield from self._rows(table.filter(pc.is_in(table.column("key"), wanted)))

    def shadows(self, ids: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        """Yield prediction, version and output of what was answered in the shadow."""
        for file, some in self._holding("shadows", np.sort(np.asarray(ids, dtype=np.int64))):
            table = self._read(file, ["prediction", "version", "output"])
            here = table.filter(pc.is_in(table.column("prediction"), pa.array([hex_id(int(i)) for i in some])))
            for row in here.to_pylist():
                yield int(row["prediction"], 16), row["version"], row["output"]

    def labels(self, begin: int, end: int) -> Iterator[ArchivedLabel]:
        """Yield the labels that came in a span of milliseconds, the latest first."""
        days = (day_of(begin), day_of(min(max(begin, end - 1), _LAST)))
        files = list(archive_files(self._folder, "labels", lambda day: days[0] <= day <= days[1]))
        for file in reversed(files):
            table = self._read(file, ["number", "at", "prediction", "key", "truth"])
            moments = table.column("at").cast(pa.int64()).to_numpy()
            kept = table.filter(pa.array((moments >= begin) & (moments < end)))
            for row in reversed(kept.to_pylist()):
                prediction = None if row["prediction"] is None else int(row["prediction"], 16)
                at = int(row["at"].timestamp() * 1000)
                yield ArchivedLabel(row["number"], at, prediction, row["key"], row["truth"])

    def _holding(self, kind: str, wanted: IntArray) -> Iterator[tuple[ArchiveFile, IntArray]]:
        """Yield the files that may hold some of these ids, and which."""
        if not len(wanted):
            return
        for file, first, last in self._files(kind, int(wanted[0]), int(wanted[-1])):
            some = wanted[(wanted >= first) & (wanted <= last)]
            if len(some):
                yield file, some

    def _files(self, kind: str, first: int, last: int) -> Iterator[tuple[ArchiveFile, int, int]]:
        """Yield the files of the days between two ids, with the first and the last id in each."""

        def holds(day: str) -> bool:
            begin = _midnight(day)
            return begin <= moment_of(last) and begin + 86_400_000 > moment_of(first)

        for file in archive_files(self._folder, kind, holds):
            low, _, high = file.name.partition("-")
            yield file, int(low, 16), int(high, 16)

    def _read(self, file: ArchiveFile, columns: list[str]) -> pa.Table:
        with log_errors(self._folder or Path()):
            return file.read(columns)

    def _numbers(self, column: pa.ChunkedArray) -> IntArray:
        return np.array([int(text, 16) for text in column.to_pylist()], dtype=np.int64)

    def _rows(self, table: pa.Table) -> Iterator[ArchivedPrediction]:
        for row in table.to_pylist():
            yield int(row["id"], 16), row["version"], row["key"], row["row"], row["output"]


def _midnight(day: str) -> int:
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return (begin - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
