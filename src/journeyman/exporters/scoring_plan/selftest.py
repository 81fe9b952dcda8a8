"""The self-test of an export: rows as texts, and what the release predicts of these very texts."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.scoring_plan.sample_texts import drawn_texts, odd_texts
from journeyman.exporters.scoring_plan.thresholds import column_edges
from journeyman.inference.sample_rows import sample_rows
from journeyman.sources.parsing.cells import REFUSED, cell_reader

__all__ = ["Answers", "answers_text", "keep_rows", "selftest_rows"]

FloatArray = NDArray[np.float64]
_MOST_EDGE_ROWS, _USUAL_ROWS, _LEAST_ROWS = 1_600, 400, 2_000
_MOST_SECONDS = 9e9  # beyond 285 years from 1970 microseconds need more digits than a double has
_NUMBERS = (
    *("0", "-0.0", "1e-35", "-1e-35", "1.0000000180025095e-35", "1.000000018002510e-35", "5e-324", "1e300", "-1e300"),
    *("1.7976931348623157e308", "3.4028235677973366e38", "inf", "-inf", "nan", "1e999", "abc", "", " 12 ", "+7", "007"),
    *("-0.5", "-1", "1000000000", "3000000000", "2147483647", "2147483648", "1e5", "1E-2", ".5", "3."),
)
_DATES = (
    "",
    "abc",
    "2024-02-30",
    "2024-02-29",
    "1969-12-31T23:59:59.999999",
    "2024-05-31T10:00:00+05:30",
    "1970-01-01",
    "2024-05-31T24:00:00",
    "2024-05-31T24:00:00.0000001",
    "2024-05-31T24:00:00.5",
    "2024-05-31T24:01",
    "9e18",
    "1e19",
)
_CATEGORIES = ("", "no such category", "Ünknown", "0", "1", "1.0", "01", "-1", "nan")
_BOOLEANS = ("", "YES", "no", "True", "false", "T", "F", "on", "OFF", "1", "0", "1.0", "0.0", "2", "abc", "-0")


def selftest_rows(
    plan: ScoringPlan, columns: Sequence[Column], profiles: Sequence[ColumnProfile], seed: int
) -> dict[str, list[str]]:
    """Return rows as texts, column by column: thresholds and their neighbours, odd values, and rows as in training.

    Parameters
    ----------
    columns : sequence of Column
        The release's; those that the plan has are written.
    """
    rng = np.random.default_rng(seed)
    edges = column_edges(plan)
    most = max((len(values) for values in edges.values()), default=0)
    edge_rows = min(most, _MOST_EDGE_ROWS)
    named = {column.name: column for column in columns}
    odd = {column.name: _odd_texts(column, named[column.name]) for column in plan.columns}
    free = [i for i, column in enumerate(plan.columns) if column.kind == "text"]
    odd |= {plan.columns[i].name: odd_texts(plan, i) for i in free}
    odd_rows = sum(map(len, odd.values()))
    usual_rows = max(_USUAL_ROWS, _LEAST_ROWS - edge_rows - odd_rows)
    count = usual_rows + edge_rows + odd_rows
    used = [named[column.name] for column in plan.columns]
    drawn = sample_rows(used, profiles, count, seed)
    texts = {column.name: _texts(column, drawn[column.name]) for column in plan.columns}
    for i in free:
        texts[plan.columns[i].name][:usual_rows] = drawn_texts(plan, i, usual_rows, rng)
    for register, values in edges.items():
        column = plan.columns[register]
        if column.kind in ("number", "date", "boolean") and edge_rows:
            chosen = values if len(values) <= edge_rows else np.sort(rng.choice(values, edge_rows, replace=False))
            places = usual_rows + rng.permutation(edge_rows)[: len(chosen)]
            for place, text in zip(places.tolist(), _texts(column, chosen), strict=True):
                texts[column.name][place] = text
    at = usual_rows + edge_rows
    for name, told in odd.items():
        texts[name][at : at + len(told)] = told
        at += len(told)
    return texts


def _texts(column: PlanColumn, values: NDArray[Any]) -> list[str]:
    if column.kind == "category":
        return [column.categories[code] if code >= 0 else "" for code in values.tolist()]
    if column.kind == "text":
        return ["" if value is None else str(value) for value in values.tolist()]
    if column.kind == "date":
        return [_date_text(column, value) for value in values.tolist()]
    if column.kind == "boolean":
        return [column.categories[int(v)] if v in (0, 1) else "" if v != v else repr(v) for v in values.tolist()]
    return [_number_text(column, value) for value in values.tolist()]


def _number_text(column: PlanColumn, value: float) -> str:
    return "" if value != value else repr(value).replace(".", column.decimal)


def _date_text(column: PlanColumn, value: float) -> str:
    if value != value:
        return ""
    held = min(max(value, -_MOST_SECONDS), _MOST_SECONDS)
    if column.formats[0].startswith("epoch"):
        unit = {"epoch_s": 1.0, "epoch_ms": 1e3, "epoch_us": 1e6, "epoch_ns": 1e9}[column.formats[0]]
        return repr(float(round(held * unit)))
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(held * 1e6))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0")


def _odd_texts(column: PlanColumn, read: Column) -> tuple[str, ...]:
    markers = column.missing[:3]
    if column.kind == "category":
        return (*_CATEGORIES, *markers)
    if column.kind == "boolean":
        return (*_BOOLEANS, *markers)
    if column.kind == "date":
        return (*_DATES, *markers)
    point = column.decimal
    group = "." if point == "," else ","
    written = [text.replace(".", point) for text in _NUMBERS]
    grouped = [f"1{group}234{point}5", f"12 345{point}5", "1'234'567", f"-1{group}234", f"1{group}23"]
    unit = [f"{column.unit}12", f"12 {column.unit}", f"12{column.unit}"] if column.unit else []
    own = cell_reader(read)
    # a reader of the plan takes a unit on either side
    return (*written, *grouped, *(text for text in unit if own(text) is not REFUSED), *markers)


@dataclass(frozen=True)
class Answers:
    """What is predicted of rows.

    Attributes
    ----------
    scores : ndarray of shape (n_samples, n_scores)
        Raw scores of trees and lines.
    predictions : ndarray of shape (n_samples, n_outputs)
        Probabilities or values.
    interval : ndarray of shape (n_samples, 2), or None
        Ends.
    labels : tuple of str
        Empty for values.
    """

    scores: FloatArray
    predictions: FloatArray
    interval: FloatArray | None = None
    labels: tuple[str, ...] = ()


def keep_rows(
    rows: Mapping[str, Sequence[str]], answers: Answers, kept: NDArray[np.bool_]
) -> tuple[dict[str, list[str]], Answers]:
    """Return some of the rows, and their answers."""
    places = np.flatnonzero(kept).tolist()
    fewer = {name: [values[i] for i in places] for name, values in rows.items()}
    interval = None if answers.interval is None else answers.interval[kept]
    labels = tuple(answers.labels[i] for i in places) if answers.labels else ()
    return fewer, Answers(answers.scores[kept], answers.predictions[kept], interval, labels)


def answers_text(rows: Mapping[str, Sequence[str]], answers: Answers) -> str:
    """Return rows and answers as comma-separated values; without rows the answers alone."""
    held = _Lines()
    writer = csv.writer(held)
    numbers = [*answers.scores.T, *answers.predictions.T]
    names = [f"score {i}" for i in range(answers.scores.shape[1])]
    names += [f"prediction {i}" for i in range(answers.predictions.shape[1])]
    if answers.interval is not None:
        numbers, names = [*numbers, *answers.interval.T], [*names, "low", "high"]
    columns: list[Sequence[str]] = [*rows.values(), *(list(map(repr, values.tolist())) for values in numbers)]
    if answers.labels:
        columns, names = [*columns, answers.labels], [*names, "label"]
    writer.writerow([*rows, *names])
    writer.writerows(zip(*columns, strict=True))
    return "".join(held)


class _Lines(list[str]):
    """Lines that end in a line feed, while cells with a carriage return are in quotes, too."""

    def write(self, line: str) -> None:
        """Add a line of the writer's, which ends in both."""
        self.append(line.removesuffix("\r\n") + "\n")
