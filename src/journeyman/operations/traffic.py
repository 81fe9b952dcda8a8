"""Traffic from the log: recorded rows read as the model's columns, answers and truths as arrays."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.faulty_columns import CHANCE
from journeyman.entities.admitted import TrainedColumn
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.image import with_image_measures
from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.entities.prediction import Refused
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Traffic
from journeyman.inference.release import Release
from journeyman.inference.release_contract import release_contract
from journeyman.inference.trained_columns import trained_columns
from journeyman.stages.admit import RowAdmission
from journeyman.stages.contract import feed_rules, judge_served
from journeyman.tasks import task_type

__all__ = [
    "ReadRows",
    "broken_rules",
    "hidden_columns",
    "raw_rows",
    "read_rows",
    "read_traffic",
    "truths_of",
    "truths_read",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_PER_MILLISECOND = 1 << 20
_RAW = msgspec.json.Decoder(dict[str, Any])
_HASHED = re.compile(r"h:[0-9a-f]{16}")


class _Output(msgspec.Struct):
    """What of a recorded answer counts here."""

    prediction: Any = None
    probabilities: dict[str, float] = {}
    outputs: dict[str, float | bool] = {}


@dataclass(frozen=True)
class ReadRows:
    """Logged rows, read.

    Attributes
    ----------
    rows : tuple of LoggedRow
        Those that could be read.
    block : Block
        The model's columns.
    truths : ndarray of shape (n_samples,)
        Class codes or values; NaN where there is none.
    misfits : int
        Rows that could not be read.
    findings : tuple of Finding
        What did not fit, by column.
    hidden : tuple of str
        Columns that the log does not hold as they came; they are missing in all rows.
    """

    rows: tuple[LoggedRow, ...]
    block: Block
    truths: FloatArray
    misfits: int
    findings: tuple[Finding, ...]
    hidden: tuple[str, ...]


def read_traffic(span: LoggedSpan, release: Release, before: IntArray) -> tuple[Traffic, IntArray, tuple[str, ...]]:
    """Return the traffic of a span, digests of its rows, and the columns that the log was told not to hold.

    Parameters
    ----------
    span : LoggedSpan
        From the log.
    release : Release
        By whose columns and labels rows are read.
    before : ndarray of int64, shape (n_rows,)
        Digests of the rows of the span before.
    """
    read = read_rows(span.rows, release)
    ids = np.array([row.id for row in read.rows], dtype=np.int64)
    fresh = set(span.ids.tolist())
    digests = np.array([_digest(row.row) for row in span.rows if row.id in fresh], dtype=np.int64)
    versions = sorted({version for row in read.rows for version in row.shadows})
    shadows = {v: _recorded_predictions([row.shadows.get(v) for row in read.rows], release.task) for v in versions}
    refused = sum(reason.rows for reason in span.refused)
    feed = Feed(
        rows=span.total + refused,
        refused=read.misfits + refused,
        repeated=_repeated(digests, before),
        backwards=_backwards(read, fresh, release),
        findings=(
            *(_refused_finding(reason) for reason in span.refused),
            *read.findings,
            *broken_rules([row for row in span.rows if row.id in fresh], release, read.hidden),
        ),
    )
    traffic = Traffic(
        begin=span.begin,
        end=span.end,
        ids=ids,
        times=ids // _PER_MILLISECOND,
        versions=np.array([row.version for row in read.rows], dtype=np.int64),
        rows=with_image_measures(read.block, release.columns),
        answers=_recorded_predictions([row.output for row in read.rows], release.task),
        truths=read.truths,
        labelled=np.array([row.labelled for row in read.rows], dtype=np.int64),
        shadows=shadows,
        feed=feed,
    )
    return traffic, digests, read.hidden


def broken_rules(rows: Sequence[LoggedRow], release: Release, hidden: Sequence[str]) -> tuple[Finding, ...]:
    """Return which rules of the release's contract rows break together; none where it has no contract."""
    contract = release_contract(release)
    if contract is None:
        return ()
    own = {c.name for c in release.columns} - {*hidden} - release.joins.brought
    return judge_served(raw_rows(rows), feed_rules(contract, own), CHANCE)


def read_rows(rows: Sequence[LoggedRow], release: Release) -> ReadRows:
    """Read logged rows as a release's columns; each on its own, as they were read when they were answered."""
    raw = release.joins.fetched_rows(raw_rows(rows))
    names = tuple(column.name for column in release.columns)
    hidden = hidden_columns(raw, names)
    known = {name for row in raw for name in row} | {release.task.target}
    by_name = {t.column.name: t for t in trained_columns(release.report, names)}
    trained = [replace(by_name.get(c.name, TrainedColumn(c)), column=c) for c in release.columns]
    # what the log was told to leave out is missing by our own will: no finding
    trained = [replace(t, complete=False) if t.column.name in hidden else t for t in trained]
    blanks = dict.fromkeys(hidden)
    admitted = RowAdmission(trained, known).read([{**row, **blanks} for row in raw] if hidden else raw)
    kept = [number for number, misfit in enumerate(admitted.misfits) if misfit is None]
    found = _summed(admitted.findings, len(rows))
    return ReadRows(
        rows=tuple(rows[number] for number in kept),
        block=admitted.block,
        truths=truths_read([rows[number] for number in kept], release.task),
        misfits=len(rows) - len(kept),
        findings=found,
        hidden=hidden,
    )


def raw_rows(rows: Sequence[LoggedRow]) -> list[dict[str, Any]]:
    """Return logged rows as they came."""
    return [_RAW.decode(row.row) for row in rows]


def hidden_columns(raw: Sequence[Mapping[str, object]], names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that all rows lack, or that hold nothing but keyed hashes.

    Examples
    --------
    >>> rows = [{"a": "h:c3df547de6c45ab8", "b": 1}, {"a": None, "b": 2}]
    >>> hidden_columns(rows, ("a", "b", "c"))
    ('a', 'c')
    """

    def is_hidden(name: str) -> bool:
        hashed = False
        for row in raw:
            value = row.get(name)
            if value is None:
                continue
            if not (isinstance(value, str) and _HASHED.fullmatch(value)):
                return False  # as the first row says of nearly all columns
            hashed = True
        return hashed or not any(name in row for row in raw)

    return tuple(name for name in names if is_hidden(name)) if raw else ()


def _recorded_predictions(outputs: Sequence[str | None], task: Task) -> FloatArray:
    """Return recorded answers, shape (n_samples, n_outputs); NaN where there is none."""
    labels, names = task.labels, task.output_names
    answers = np.full((len(outputs), max(1, len(task.prediction_names))), np.nan)
    decoder = msgspec.json.Decoder(_Output)
    for number, text in enumerate(outputs):
        if text is None:
            continue
        output = decoder.decode(text)
        if labels:
            answers[number] = [output.probabilities.get(label, np.nan) for label in labels]
        elif names:
            answers[number] = [output.outputs.get(name, np.nan) for name in names]
        elif isinstance(output.prediction, int | float):
            answers[number, 0] = output.prediction
    return answers


def truths_read(rows: Sequence[LoggedRow], task: Task) -> FloatArray:
    """Return recorded truths; NaN where none has come, or where it is a class that this task does not know."""
    truths = np.full(len(rows), np.nan)
    read = task_type(task).label_reader(task)
    for number, text in enumerate(row.truth for row in rows):
        if text is not None:
            truths[number] = read(msgspec.json.decode(text))
    return truths


def _digest(row: str) -> int:
    return int.from_bytes(hashlib.blake2b(row.encode(), digest_size=8).digest(), signed=True)


def _repeated(digests: IntArray, before: IntArray) -> int:
    """Return how many rows are the same as another one of the span before, or as an earlier one of this span."""
    return int(len(digests) - len(np.setdiff1d(digests, before)))


def _backwards(read: ReadRows, fresh: set[int], release: Release) -> int:
    """Return how many rows lie before the row before them, by the time column that the rows were divided by.

    A step back counts where it is longer than half of all that was covered: rows of one moment come in any order.
    """
    column = release.task.time_column
    if column is None or column not in read.block:
        return 0
    values = read.block[column].astype(np.float64)[np.array([row.id in fresh for row in read.rows], dtype=bool)]
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return 0
    return int((np.diff(values) < -0.5 * (values.max() - values.min())).sum()) if values.max() > values.min() else 0


def _refused_finding(reason: Refused) -> Finding:
    """Return why rows were refused when they came."""
    name, example, evidence = reason.column, reason.example, {"rows": reason.rows}
    if reason.code == "PR101":
        message = f"{reason.rows} rows without {name!r} were refused{f'; one has {example!r}' if example else ''}."
        hint = f"Was {name!r} renamed? Give it under its name."
    else:
        message = f"{reason.rows} rows were refused for their {name!r}{f', such as {example}' if example else ''}."
        hint = "Repair the values at their source."
    return Finding(reason.code, Severity.WARNING, (name,), message, hint, evidence)


def _summed(findings: Sequence[Sequence[Finding]], rows: int) -> tuple[Finding, ...]:
    """Return the findings of all rows, one a code and column, with how many rows have it."""
    counts: dict[tuple[str, tuple[str, ...]], int] = {}
    first: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for row in findings:
        for finding in row:
            key = (finding.code, finding.subject)
            counts[key] = counts.get(key, 0) + 1
            first.setdefault(key, finding)
    return tuple(
        replace(
            found,
            message=f"{counts[key]} of {rows} rows: {found.message}",
            evidence={"rows": counts[key], "of": rows},
        )
        for key, found in sorted(first.items(), key=lambda item: -counts[item[0]])
    )


def truths_of(read: ReadRows, answer: Callable[[Block], NDArray[np.float64]], span: Traffic) -> Traffic:
    """Return logged rows with truths as traffic of a span, answered by one release, whoever had answered them."""
    usable = np.flatnonzero(np.isfinite(read.truths))
    rows = {name: values[usable] for name, values in read.block.items()}
    logged = [read.rows[i] for i in usable]
    ids = np.array([row.id for row in logged], dtype=np.int64)
    return replace(
        span,
        ids=ids,
        times=ids >> 20,
        versions=np.zeros(len(usable), dtype=np.int64),
        rows=rows,
        answers=answer(rows) if len(usable) else span.answers[:0],
        truths=read.truths[usable],
        labelled=np.array([row.labelled for row in logged], dtype=np.int64),
        shadows={},
    )
