"""A table in which a model that runs elsewhere is logged, read as a stream through a prediction log of ours."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.engines.frames import raw_frames
from journeyman.entities.foreign_log import LogColumns
from journeyman.entities.foreign_model import class_text
from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.entities.prediction import Label, LogEntries, Part, Prediction
from journeyman.entities.task import Task
from journeyman.errors import SettingsError, SourceError
from journeyman.interfaces import Stream
from journeyman.sources import open_source
from journeyman.stores.log_tables import TableLog

__all__ = ["FollowedTable", "LogTable", "LoggedTable", "logged_predictions"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_USUAL = {
    "time": ("time", "timestamp", "datetime", "date"),
    "prediction": ("prediction", "predicted", "score"),
    "label": ("label", "truth", "actual", "target"),
}
_PROBABILITIES = ("probability of {}", "probability_{}", "{column}_{}")
_MILLISECONDS = 1e11  # numbers of moments beyond this are milliseconds since 1970, others seconds
_PAUSE = 30.0  # seconds between two readings of what does not say whether it has changed
_ROWS = 50_000
_PROTOCOL = "log"


@dataclass(frozen=True)
class LoggedTable:
    """A log as it was read, in order of time.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        Raw.
    times : ndarray of int64, shape (n_samples,)
        Milliseconds since 1970, rising.
    columns : LogColumns
        With the names that were found.
    """

    frame: pd.DataFrame
    times: IntArray
    columns: LogColumns

    @property
    def inputs(self) -> list[str]:
        """Columns that the model may have read: all but time, prediction, its probabilities, and label."""
        own = {self.columns.time, self.columns.prediction, self.columns.label}
        begins = ("probability of ", "probability_", f"{self.columns.prediction}_")
        return [name for name in self.frame.columns if name not in own and not name.startswith(begins)]


class LogTable:
    """The table of a log, read again when it has changed.

    Parameters
    ----------
    address : str
        A file, a folder of files, or the address of a database.
    asked : LogColumns
        As the user named them.
    query : str, optional
        SQL, for a database.
    """

    def __init__(self, address: str, asked: LogColumns, query: str | None = None) -> None:
        self._address, self._asked, self._query = address, asked, query
        self._read: LoggedTable | None = None
        self._sign: object = None
        self._looked = 0.0

    def read(self) -> LoggedTable:
        """Return what it holds now.

        Raises
        ------
        SourceError
            Where it cannot be read, or a time of it cannot.
        SettingsError
            Where it lacks a column.
        """
        sign = self._file_sign()
        stale = sign != self._sign or (sign is None and time.monotonic() - self._looked > _PAUSE)
        if self._read is None or stale:
            self._read, self._sign, self._looked = self._anew(), sign, time.monotonic()
        return self._read

    def _file_sign(self) -> object:
        path = Path(self._address)
        return (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None

    def _anew(self) -> LoggedTable:
        source = open_source(self._address, self._query)
        frames = list(raw_frames(source.batches(), _ROWS))
        frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(source.names))
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
        columns = self._name_columns(list(frame.columns), source.name)
        if not len(frame):
            raise SourceError(f"{source.name} has no rows", hint="give a log with rows")
        times = _moments(frame[str(columns.time)], source.name)
        order = np.argsort(times, kind="stable")
        return LoggedTable(frame.iloc[order].reset_index(drop=True), times[order], columns)

    def _name_columns(self, names: Sequence[str], table: str) -> LogColumns:
        found = {part: self._name(part, names, table) for part in _USUAL}
        return replace(self._asked, **found)

    def _name(self, part: str, names: Sequence[str], table: str) -> str | None:
        asked = getattr(self._asked, part)
        if asked is None:
            usual = next((name for name in _USUAL[part] if name in names), None)
            if usual is None and part != "label":
                raise SettingsError(
                    f"{table} has no column {' or '.join(map(repr, _USUAL[part]))}",
                    hint=f"add --{part} COLUMN; its columns are {', '.join(names[:12])}",
                )
            return usual
        if asked not in names:
            raise SettingsError(
                f"--{part} {asked}: {table} has no column {asked!r}", hint=f"its columns are {', '.join(names[:12])}"
            )
        return str(asked)


def _moments(values: pd.Series, table: str) -> IntArray:
    """Return milliseconds since 1970."""
    numbers = None if pd.api.types.is_datetime64_any_dtype(values) else pd.to_numeric(values, errors="coerce")
    if numbers is not None and numbers.notna().all():
        plain = numbers.to_numpy(np.float64)
        return np.asarray(np.rint(plain if plain.max() > _MILLISECONDS else plain * 1000), dtype=np.int64)
    dates = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
    wrong = values[dates.isna()]
    if len(wrong):
        raise SourceError(
            f"{len(wrong)} times of {table} cannot be read, such as {str(wrong.iloc[0])[:40]!r}",
            hint="write them as 2026-11-30T12:00:00, or as seconds since 1970",
        )
    naive = dates.dt.tz_convert(None).to_numpy("datetime64[ms]")
    return naive.astype(np.int64)


def logged_predictions(told: LoggedTable, task: Task, sure: bool) -> FloatArray:
    """Return what was answered, shape (n_samples, n_classes) or (n_samples, 1); NaN where nothing was.

    Classes are told by their probabilities, by the probability of the second of two, or by the class alone.

    Parameters
    ----------
    sure : bool
        Whether a class alone, which counts as certain, will do.

    Raises
    ------
    SourceError
        Where the column holds no such thing.
    SettingsError
        Where probabilities are wanted and a class alone is told.
    """
    name = str(told.columns.prediction)
    values, labels = told.frame[name], task.labels
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    if not labels:
        if np.isnan(numbers[values.notna().to_numpy()]).any():
            raise SourceError(f"the predictions in {name!r} are no numbers", hint="name another column by --prediction")
        return numbers[:, None]
    columns = [_probability_column(told, name, label) for label in labels]
    if all(columns):
        shares = [pd.to_numeric(told.frame[one], errors="coerce").to_numpy(np.float64) for one in columns]
        return np.column_stack(shares)
    places = {label.lower(): code for code, label in enumerate(labels)}
    codes = np.array([places.get(class_text(v).lower(), -1) if not pd.isna(v) else -2 for v in values.tolist()])
    fractions = np.isfinite(numbers) & (numbers >= 0) & (numbers <= 1)
    if (codes == -1).any() and len(labels) == 2 and fractions[values.notna().to_numpy()].all():
        return np.column_stack([1 - numbers, numbers])
    if (codes == -1).any():
        odd = values[codes == -1].iloc[0]
        raise SourceError(
            f"the prediction {str(odd)[:40]!r} is none of the classes {', '.join(labels[:6])}",
            hint="name another column by --prediction",
        )
    if not sure:
        raise SettingsError(
            f"{name!r} tells classes alone, and the reference of the release tells their probabilities",
            hint=f"add columns such as {_PROBABILITIES[0].format(labels[0])!r} to the log",
        )
    predictions = np.full((len(codes), len(labels)), np.nan)
    known = codes >= 0
    predictions[known] = np.eye(len(labels))[codes[known]]
    return predictions


def _probability_column(told: LoggedTable, column: str, label: str) -> str:
    names = [pattern.format(label, column=column) for pattern in _PROBABILITIES]
    return next((name for name in names if name in told.frame.columns), "")


class FollowedTable:
    """A stream that first takes over what has come into a table; see :class:`journeyman.interfaces.Stream`.

    Rows keep their times. A row is known by its time and content, so that what was taken over once is not again,
    whoever reads; a label that comes later is taken over when it is seen.

    Parameters
    ----------
    table : LogTable
    log : TableLog
        Where rows are taken over to.
    stream : Stream
        That log, read.
    task : Task
        Of the release that answered.
    version : int
        That release.
    begun : int
        Milliseconds since 1970: earlier rows are passed over.
    sure : bool
        As for ``logged_predictions``.
    """

    def __init__(
        self, table: LogTable, log: TableLog, stream: Stream, task: Task, version: int, begun: int, sure: bool
    ) -> None:
        self._table, self._log, self._stream = table, log, stream
        self._task, self._version, self._begun, self._sure = task, version, begun, sure
        self._seen: LoggedTable | None = None
        self._entries: list[tuple[int, Prediction, Label | None]] = []
        self._next = 0

    def seal(self, end: int) -> None:
        """Take over what was answered by then, and close the spans that end by then."""
        self._prepare()
        first = self._next
        while self._next < len(self._entries) and self._entries[self._next][0] < end:
            self._next += 1
        some = self._entries[first : self._next]
        if some:
            with self._log.writing():
                for moment in dict.fromkeys(at for at, _, _ in some):
                    self._take_over(moment, [(p, label) for at, p, label in some if at == moment])
        self._stream.seal(end)

    def poll(self, position: int, end: int, most: int) -> LoggedSpan:
        """Return what came since a position and before an end; see the protocol."""
        return self._stream.poll(position, end, most)

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        """Return the rows whose labels came last before a moment, by id."""
        return self._stream.labelled(before, most)

    def commit(self, position: int) -> None:
        """Note durably that everything before a position is done."""
        self._stream.commit(position)

    def committed(self) -> int:
        """Return the latest position that was committed; 0 before the first."""
        return self._stream.committed()

    def close(self) -> None:
        """Let go of files and connections."""
        self._stream.close()

    def _take_over(self, moment: int, rows: Sequence[tuple[Prediction, Label | None]]) -> None:
        receipt = self._log.add(LogEntries(tuple(p for p, _ in rows)), moment)
        labels = tuple(
            replace(label, prediction=recorded.id)
            for (_, label), recorded in zip(rows, receipt.predictions, strict=True)
            if label is not None and recorded is not None
        )
        if labels:
            self._log.add(LogEntries(labels=labels), moment)

    def _prepare(self) -> None:
        """Make entries of the table where it was read anew; those that were taken over are so again without harm."""
        told = self._table.read()
        if told is self._seen:
            return
        self._seen, self._next = told, 0
        predictions = logged_predictions(told, self._task, self._sure)
        records = told.frame[told.inputs].astype(object).where(told.frame[told.inputs].notna(), None)
        names, met = list(records.columns), Counter[bytes]()
        truths = [None] * len(records) if told.columns.label is None else told.frame[told.columns.label].tolist()
        self._entries = []
        for number, values in enumerate(records.itertuples(index=False, name=None)):
            moment = int(told.times[number])
            if moment < self._begun or not np.isfinite(predictions[number]).all():
                continue
            row = msgspec.json.encode(dict(zip(names, values, strict=True)), enc_hook=str)
            output = msgspec.json.encode(self._output(predictions[number]))
            digest = hashlib.blake2b(b"%d %b %b" % (moment, row, output), digest_size=16).digest()
            met[digest] += 1
            known = f"{digest.hex()}-{met[digest]}"
            told_row = Prediction(self._version, Part.CHAMPION, _PROTOCOL, row, output, digest, known)
            self._entries.append((moment, told_row, _label(truths[number], self._task)))

    def _output(self, answer: FloatArray) -> Mapping[str, Any]:
        labels = self._task.labels
        if not labels:
            return {"prediction": float(answer[0])}
        chances = dict(zip(labels, answer.tolist(), strict=True))
        return {"prediction": labels[int(answer.argmax())], "probabilities": chances}


def _label(value: object, task: Task) -> Label | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]  # a cell of a frame is one value
        return None
    if task.labels:
        return Label(msgspec.json.encode(class_text(value)))
    try:
        return Label(msgspec.json.encode(float(str(value))))
    except ValueError:
        return None
