"""Reads back what has moved to the archive: predictions by id or by key, labels by when they came, shadows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc, pq
from journeyman.stores.log_tables import moment_of
from journeyman.stores.prediction_archive import ARCHIVE, day_of, hex_id
from journeyman.stores.prediction_log import log_errors

__all__ = ["ArchivedLabel", "ArchivedPrediction", "TrafficArchive"]

IntArray = NDArray[np.int64]
ArchivedPrediction = tuple[int, int, str | None, str, str]
"""Id, version, key, row, output."""

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
        for path, first, last in self._files("predictions", after + 1, to):
            if first <= to and last > after:
                found = self._numbers(self._read(path, ["id"]).column("id"))
                yield found[(found > after) & (found <= to)]

    def predictions(self, ids: Sequence[int]) -> Iterator[ArchivedPrediction]:
        """Yield the predictions of these ids that are here."""
        wanted = np.sort(np.asarray(ids, dtype=np.int64))
        for path, some in self._holding("predictions", wanted):
            table = self._read(path, list(_COLUMNS))
            yield from self._rows(table.filter(pc.is_in(table.column("id"), pa.array([hex_id(int(i)) for i in some]))))

    def of_keys(self, keys: Sequence[str], to: int) -> Iterator[ArchivedPrediction]:
        """Yield the predictions up to an id that have one of these keys."""
        wanted = pa.array(list(keys), type=pa.string())
        for path, first, _ in self._files("predictions", 0, to):
            if first <= to and pc.any(pc.is_in(self._read(path, ["key"]).column("key"), wanted)).as_py():
                table = self._read(path, list(_COLUMNS))
                yield from self._rows(table.filter(pc.is_in(table.column("key"), wanted)))

    def shadows(self, ids: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        """Yield prediction, version and output of what was answered in the shadow."""
        for path, some in self._holding("shadows", np.sort(np.asarray(ids, dtype=np.int64))):
            table = self._read(path, ["prediction", "version", "output"])
            here = table.filter(pc.is_in(table.column("prediction"), pa.array([hex_id(int(i)) for i in some])))
            for row in here.to_pylist():
                yield int(row["prediction"], 16), row["version"], row["output"]

    def labels(self, begin: int, end: int) -> Iterator[ArchivedLabel]:
        """Yield the labels that came in a span of milliseconds, the latest first."""
        for folder in reversed(self._days("labels")):
            if not day_of(begin) <= folder.name.removeprefix("day=") <= day_of(max(begin, end - 1)):
                continue
            for path in sorted(folder.glob("*.parquet"), reverse=True):
                table = self._read(path, ["number", "at", "prediction", "key", "truth"])
                moments = table.column("at").cast(pa.int64()).to_numpy()
                kept = table.filter(pa.array((moments >= begin) & (moments < end)))
                for row in reversed(kept.to_pylist()):
                    prediction = None if row["prediction"] is None else int(row["prediction"], 16)
                    at = int(row["at"].timestamp() * 1000)
                    yield ArchivedLabel(row["number"], at, prediction, row["key"], row["truth"])

    def _holding(self, kind: str, wanted: IntArray) -> Iterator[tuple[Path, IntArray]]:
        """Yield the files that may hold some of these ids, and which."""
        if not len(wanted):
            return
        for path, first, last in self._files(kind, int(wanted[0]), int(wanted[-1])):
            some = wanted[(wanted >= first) & (wanted <= last)]
            if len(some):
                yield path, some

    def _files(self, kind: str, first: int, last: int) -> Iterator[tuple[Path, int, int]]:
        """Yield the files of the days between two ids, with the first and the last id in each."""
        for folder in self._days(kind):
            begin = _midnight(folder.name.removeprefix("day="))
            if begin > moment_of(last) or begin + 86_400_000 <= moment_of(first):
                continue
            for path in sorted(folder.glob("*.parquet")):
                low, _, high = path.stem.partition("-")
                yield path, int(low, 16), int(high, 16)

    def _days(self, kind: str) -> list[Path]:
        return [] if self._folder is None else sorted((self._folder / ARCHIVE / kind).glob("day=*"))

    def _read(self, path: Path, columns: list[str]) -> pa.Table:
        with log_errors(path.parent):
            return pq.ParquetFile(path).read(columns=columns)  # not read_table: it would add the folder's "day"

    def _numbers(self, column: pa.ChunkedArray) -> IntArray:
        return np.array([int(text, 16) for text in column.to_pylist()], dtype=np.int64)

    def _rows(self, table: pa.Table) -> Iterator[ArchivedPrediction]:
        for row in table.to_pylist():
            yield int(row["id"], 16), row["version"], row["key"], row["row"], row["output"]


def _midnight(day: str) -> int:
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return (begin - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
