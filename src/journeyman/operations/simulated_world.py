"""A simulated world: rows of a table are asked about in their order, answered, recorded, and labelled later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.prediction import Answer, Label, LogEntries, Part, Prediction, Shadow
from journeyman.entities.task import Task
from journeyman.inference.release import Release
from journeyman.inference.release_plan import label_step
from journeyman.sources.parsing import parse
from journeyman.sources.parsing.labels import canonical_label
from journeyman.sources.parsing.texts import text_of
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.tasks import task_type
from journeyman.tasks.typed_labels import typed_labels

__all__ = ["World", "target_column", "truths_of"]

FloatArray = NDArray[np.float64]
_TOGETHER = 50  # rows that share a moment


def truths_of(raw: pd.Series, task: Task, column: Column | None = None) -> FloatArray:
    """Return class codes or values of raw truths, shape (n_samples,); NaN for what the task does not know.

    Numbers are read as the build read its target's.
    Spellings that a build takes for one class are one here, too: quotes and blanks
    around them do not count.

    Examples
    --------
    >>> task = Task("y", "binary", "roc_auc", ("no", "yes"))
    >>> truths_of(pd.Series(["yes", " 'no'", "perhaps", None]), task)
    array([ 1.,  0., nan, nan])
    """
    if not task.labels:
        return parse(raw, column or Column(task.target, Kind.NUMBER)).to_numpy(dtype=np.float64)
    typed = (str(text_of(label)) for label in typed_labels(task).tolist())
    codes = {canonical_label(label): code for labels in (typed, task.labels) for code, label in enumerate(labels)}
    texts = (text_of(_json_value(value)) for value in raw)
    return np.array([np.nan if text is None else codes.get(canonical_label(text), np.nan) for text in texts])


@dataclass
class World:
    """Rows to come, and the log that they go through, as if a server had answered them.

    Attributes
    ----------
    rows : pandas.DataFrame of shape (n_samples, n_columns)
        Raw rows, the target left out.
    truths : ndarray of shape (n_samples,)
        Class codes or values; NaN where none will ever come.
    task : Task
        What is predicted.
    scale : float
        The loss's.
    log : SqlitePredictionLog
        Where all is recorded.
    losses : ndarray of shape (n_samples,)
        Of the answers that were given; NaN where there is no truth.
    """

    rows: pd.DataFrame
    truths: FloatArray
    task: Task
    scale: float
    log: SqlitePredictionLog
    losses: FloatArray = field(init=False)
    _ids: NDArray[np.int64] = field(init=False)
    _labelled: int = 0

    def __post_init__(self) -> None:
        self.losses = np.full(len(self.rows), np.nan)
        self._ids = np.full(len(self.rows), -1, dtype=np.int64)

    def challenger(self) -> int | None:
        """Return the release that runs in the shadow, as servers would read it."""
        return self.log.challenge().version

    def answer(self, begin: int, end: int, now: int, until: int, release: Release, shadow: Release | None) -> None:
        """Answer and record some rows, evenly spread from one moment to another (milliseconds since 1970)."""
        answers = release.answers(self.rows.iloc[begin:end])
        self.losses[begin:end] = task_type(self.task).live_losses(self.truths[begin:end], answers, self.scale)
        cast = None if shadow is None else shadow.answers(self.rows.iloc[begin:end])
        outputs = list(_outputs(release, answers, self.task))
        inputs = [msgspec.json.encode(row) for row in _records(self.rows.iloc[begin:end])]
        parts = range(0, end - begin, _TOGETHER)
        for number, first in enumerate(parts):
            some = range(first, min(first + _TOGETHER, end - begin))
            moment = now + (until - now) * number // len(parts)
            entries = tuple(
                Prediction(
                    release.version,
                    Part.CHAMPION,
                    "simulated",
                    inputs[i],
                    outputs[i],
                    hashlib.blake2b(inputs[i], digest_size=16).digest(),
                )
                for i in some
            )
            receipt = self.log.append(LogEntries(entries), moment)
            self._ids[begin + some.start : begin + some.stop] = [
                kept.id for kept in receipt.predictions if kept is not None
            ]
        if shadow is not None and cast is not None:
            given = _outputs(shadow, cast, self.task)
            ids = self._ids[begin:end].tolist()
            self.log.append(
                LogEntries(shadows=tuple(Shadow(i, shadow.version, o) for i, o in zip(ids, given, strict=True))), until
            )

    def label(self, end: int, now: int) -> None:
        """Let the truths of all rows before ``end`` come that have not come yet."""
        typed = typed_labels(self.task).tolist() if self.task.labels else None
        labels = []
        for row in range(self._labelled, max(self._labelled, end)):
            if np.isfinite(self.truths[row]):
                value = float(self.truths[row]) if typed is None else typed[int(self.truths[row])]
                labels.append(Label(msgspec.json.encode(value), int(self._ids[row])))
        if labels:
            self.log.append(LogEntries(labels=tuple(labels)), now)
        self._labelled = max(self._labelled, end)


def _outputs(release: Release, answers: FloatArray, task: Task) -> Iterator[bytes]:
    """Yield what a server would record of answers."""
    labels = typed_labels(task).tolist() if task.labels else None
    decode = label_step(task, None)
    codes = np.zeros(len(answers), dtype=np.int64) if decode is None else decode.codes(answers)
    for row, code in zip(answers, codes.tolist(), strict=True):
        if labels is None:
            several = dict(zip(task.output_names, row.tolist(), strict=bool(task.output_names)))
            answer = Answer(float(row[0]), release.version, Part.CHAMPION, outputs=several)
        else:
            probabilities = {label: float(p) for label, p in zip(task.labels, row, strict=True)}
            answer = Answer(labels[code], release.version, Part.CHAMPION, probabilities)
        yield msgspec.json.encode(answer)


def _records(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    names = [str(name) for name in rows.columns]
    columns = [rows.iloc[:, place].tolist() for place in range(len(names))]
    plain = [values if {*map(type, values)} == {str} else [_json_value(v) for v in values] for values in columns]
    for row in zip(*plain, strict=True):
        yield dict(zip(names, row, strict=True))


def _json_value(value: object) -> object:
    """Return a raw value as JSON knows it."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value


def target_column(release: Release) -> Column:
    """Return how the build of a release read its target."""
    return next(c for c in release.report.columns if c.name == release.task.target)
