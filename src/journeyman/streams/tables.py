"""A prediction log in tables as a stream: sealed spans, in bounded memory, from the live log and its archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.entities.prediction import Refused
from journeyman.stores.home import is_postgres
from journeyman.stores.log_tables import MINUTE, PER_MILLISECOND, TableLog, moment_of
from journeyman.stores.postgres_log import PostgresPredictionLog
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.streams.archive import TrafficArchive

__all__ = ["TableStream", "draw_ids", "open_tables"]

IntArray = NDArray[np.int64]
_TOGETHER = 500
_CHUNK = 100_000


@dataclass
class _Label:
    number: int
    at: int
    truth: str


@dataclass
class _Labels:
    """The latest label of each prediction and of each key."""

    of_ids: dict[int, _Label] = field(default_factory=dict)
    of_keys: dict[str, _Label] = field(default_factory=dict)
    count: int = 0

    def add(self, number: int, at: int, prediction: int | None, key: str | None, truth: str) -> None:
        self.count += 1
        label = _Label(number, at, truth)
        if prediction is not None:
            before = self.of_ids.get(prediction)
            if before is None or before.number < number:
                self.of_ids[prediction] = label
        elif key is not None:
            before = self.of_keys.get(key)
            if before is None or before.number < number:
                self.of_keys[key] = label

    def holds(self, prediction: int, key: str | None) -> _Label | None:
        """Return the label that holds for a prediction: the latest, whichever way it came."""
        found = [self.of_ids.get(prediction), None if key is None else self.of_keys.get(key)]
        return max((label for label in found if label is not None), key=lambda label: label.number, default=None)


def open_tables(address: str | Path) -> TableStream:
    """Open the prediction log of a folder or of a database, with a connection of its own; errors as of the log."""
    found = str(address)
    return TableStream(PostgresPredictionLog(found) if is_postgres(found) else SqlitePredictionLog(Path(found)))


class TableStream:
    """What a prediction log holds; see :class:`journeyman.interfaces.Stream`.

    Parameters
    ----------
    log : TableLog
        With a connection of its own.
    """

    def __init__(self, log: TableLog) -> None:
        self._log = log
        self._archive = TrafficArchive(log.folder)

    def seal(self, end: int) -> None:
        """Close all spans that end by then: whatever is appended from now on gets a later moment.

        A writer that looked at its clock before, and commits after this, is dated after it; so a span that was read
        once reads the same ever after.
        """
        self._log.seal(end)

    def poll(self, position: int, end: int, most: int) -> LoggedSpan:
        """Return what came since a position: rows, and earlier rows whose label came meanwhile.

        Parameters
        ----------
        position, end : int
            Milliseconds since 1970.
        most : int
            Rows of each of the two kinds; of more, those whose ids have the least hashes, the same ones every time.
        """
        after, to = position * PER_MILLISECOND, end * PER_MILLISECOND
        ids, total = self._ids(after, to, most)
        labels = self._labels(position, end)
        earlier = [i for i in labels.of_ids if i <= after]
        by_key = dict(self._of_keys(list(labels.of_keys), after))
        late = draw_ids(np.array(sorted({*earlier, *by_key}), dtype=np.int64), most)
        rows = {**self._predictions(ids.tolist()), **self._predictions(late.tolist())}
        keys = {row[2] for row in rows.values() if row[2] is not None} - labels.of_keys.keys()
        self._add_earlier(labels, sorted(keys), position)
        shadows = self._shadows(list(rows))
        found = tuple(_logged_row(rows[i], labels, shadows.get(i, {})) for i in sorted(rows))
        return LoggedSpan(position, end, total, labels.count, found, np.sort(ids), self._read_refused(position, end))

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        """Return the rows whose labels came last before a moment, by id."""
        labels = _Labels()
        query = "SELECT number, at, prediction, key, truth FROM labels WHERE at < ? ORDER BY number DESC LIMIT ?"
        seen = set()
        with self._log.errors():
            for row in self._log.reading().execute(query, (before, most)):
                labels.add(*row)
                seen.add(row[0])
        if labels.count < most:
            # The same labels, whether they have moved to the archive, or have moved and are not swept yet.
            for label in self._archive.labels(0, before):
                if labels.count >= most:
                    break
                if label.number not in seen:
                    labels.add(label.number, label.at, label.prediction, label.key, label.truth)
        to = before * PER_MILLISECOND
        by_key = dict(self._of_keys(list(labels.of_keys), to))
        ids = sorted({*(i for i in labels.of_ids if i <= to), *by_key})[-most:]
        rows = self._predictions(ids)
        return tuple(_logged_row(rows[i], labels, {}) for i in sorted(rows))

    def commit(self, position: int) -> None:
        """Note durably that everything before a position is done."""
        self._log.commit(position)

    def committed(self) -> int:
        """Return the latest position that was committed; 0 before the first."""
        return self._log.number("committed")

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()

    def latencies(self, begin: int, end: int) -> Mapping[int, int]:
        """Return the requests of the minutes that a span touches, by ``entities.latency.bucket_of``."""
        query = "SELECT bucket, CAST(sum(number) AS BIGINT) FROM latencies WHERE at > ? AND at < ? GROUP BY bucket"
        with self._log.errors():
            found: list[tuple[int, int]] = self._log.reading().execute(query, (begin, end + MINUTE)).fetchall()
        return dict(found)

    def _read_refused(self, begin: int, end: int) -> tuple[Refused, ...]:
        query = """SELECT version, code, field, max(example), CAST(sum(number) AS BIGINT) FROM refused
        WHERE at >= ? AND at < ? GROUP BY version, code, field ORDER BY 5 DESC, 1, 2, 3"""
        with self._log.errors():
            return tuple(Refused(*row) for row in self._log.reading().execute(query, (begin, end)))

    def _ids(self, after: int, to: int, most: int) -> tuple[IntArray, int]:
        kept, total = np.empty(0, dtype=np.int64), 0
        for some in self._id_chunks(after, to):
            fresh = np.setdiff1d(some, kept) if len(kept) and some[0] <= kept.max() else some
            total += len(fresh)
            kept = draw_ids(np.concatenate([kept, fresh]), most)
        return kept, total

    def _id_chunks(self, after: int, to: int) -> Iterator[IntArray]:
        """Yield ids that are in the archive, then those that are only in the live log."""
        archived = self._log.number("archived")
        if after < archived:
            yield from (some for some in self._archive.ids(after, min(to, archived)) if len(some))
        start = max(after, archived)
        while True:
            query = "SELECT id FROM predictions WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
            with self._log.errors():
                some = [row[0] for row in self._log.reading().execute(query, (start, to, _CHUNK))]
            if not some:
                return
            yield np.array(some, dtype=np.int64)
            start = some[-1]

    def _labels(self, begin: int, end: int) -> _Labels:
        labels = _Labels()
        live = self._live_labels("at >= ? AND at < ?", (begin, end))
        seen = set()
        for row in live:
            seen.add(row[0])
            labels.add(*row)
        for label in self._archive.labels(begin, end) if self._log.number("archived labels") else ():
            if label.number not in seen:
                labels.add(label.number, label.at, label.prediction, label.key, label.truth)
        return labels

    def _add_earlier(self, labels: _Labels, keys: Sequence[str], begin: int) -> None:
        """Add labels that had come by key before their rows did, as far as the live log holds them."""
        count = labels.count
        for start in range(0, len(keys), _TOGETHER):
            some = keys[start : start + _TOGETHER]
            marks = ",".join("?" * len(some))
            for row in self._live_labels(f"key IN ({marks}) AND at < ?", (*some, begin)):
                labels.add(*row)
        labels.count = count

    def _live_labels(self, where: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        query = f"SELECT number, at, prediction, key, truth FROM labels WHERE {where} ORDER BY number"
        with self._log.errors():
            found: list[tuple[Any, ...]] = self._log.reading().execute(query, tuple(values)).fetchall()
        return found

    def _predictions(self, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        found: dict[int, tuple[Any, ...]] = {}
        for start in range(0, len(ids), _TOGETHER):
            some = ids[start : start + _TOGETHER]
            marks = ",".join("?" * len(some))
            query = f'SELECT id, version, key, "row", output FROM predictions WHERE id IN ({marks})'
            with self._log.errors():
                found.update((row[0], row) for row in self._log.reading().execute(query, tuple(some)))
        missing = [i for i in ids if i not in found]
        found.update((row[0], row) for row in self._archive.predictions(missing))
        return found

    def _of_keys(self, keys: Sequence[str], to: int) -> Iterator[tuple[int, str]]:
        """Yield the predictions up to an id that have one of these keys."""
        for start in range(0, len(keys), _TOGETHER):
            some = keys[start : start + _TOGETHER]
            marks = ",".join("?" * len(some))
            query = f"SELECT id, key FROM predictions WHERE key IN ({marks}) AND id <= ?"
            with self._log.errors():
                yield from self._log.reading().execute(query, (*some, to)).fetchall()
        if keys and self._log.number("archived"):
            yield from ((row[0], str(row[2])) for row in self._archive.of_keys(keys, to))

    def _shadows(self, ids: Sequence[int]) -> dict[int, dict[int, str]]:
        found: dict[int, dict[int, str]] = {}
        for start in range(0, len(ids), _TOGETHER):
            some = ids[start : start + _TOGETHER]
            marks = ",".join("?" * len(some))
            query = f"SELECT prediction, version, output FROM shadows WHERE prediction IN ({marks})"
            with self._log.errors():
                for prediction, version, output in self._log.reading().execute(query, tuple(some)):
                    found.setdefault(prediction, {})[version] = output
        archived = self._log.number("archived")
        for prediction, version, output in self._archive.shadows([i for i in ids if i <= archived]):
            found.setdefault(prediction, {})[version] = output
        return found


def draw_ids(ids: IntArray, most: int) -> IntArray:
    """Return at most so many ids, those with the least hashes: whoever samples parts of them gets the same ones.

    Examples
    --------
    >>> ids = np.arange(10_000) << 20
    >>> once, parts = draw_ids(ids, 50), draw_ids(np.concatenate([draw_ids(ids[:5_000], 50), ids[5_000:]]), 50)
    >>> len(once), sorted(once) == sorted(parts)
    (50, True)
    """
    if len(ids) <= most:
        return ids
    mixed = ids.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)  # SplitMix64's mixing, Steele et al. 2014
    return ids[np.sort(np.argpartition(mixed, most - 1)[:most])]


def _logged_row(row: tuple[Any, ...], labels: _Labels, shadows: dict[int, str]) -> LoggedRow:
    label = labels.holds(row[0], row[2])
    truth, labelled = (None, -1) if label is None else (label.truth, max(label.at, moment_of(row[0])))
    return LoggedRow(row[0], row[1], row[3], row[4], truth, labelled, shadows)
