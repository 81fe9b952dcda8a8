"""The preparation without labels: a row is not odd for being later than those that were learned from."""

from __future__ import annotations

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.transformers.unlabelled import UnlabelledPreparation

TASK = Task("anomaly score", "anomaly", "planted_roc_auc", metric_loss="anomaly")
COLUMNS = (Column("when", Kind.DATETIME), Column("size", Kind.NUMBER))
HOUR, DAY = 3_600.0, 86_400.0


def names_of(hours: int) -> tuple[str, ...]:
    rng = np.random.default_rng(0)
    block = {"when": 1.7e9 + HOUR * np.arange(hours), "size": rng.normal(size=hours)}
    _, matrix = UnlabelledPreparation().fit(block, COLUMNS, np.zeros(hours), TASK, 0)
    return tuple(name for name in matrix.names if name.startswith("when"))


def test_parts_of_a_date_count_once_they_have_come_round() -> None:
    assert names_of(48) == ()
    assert names_of(24 * 5) == ("when: hour",)
    assert names_of(24 * 20) == ("when: weekday", "when: hour")
    assert names_of(24 * 70) == ("when: day", "when: weekday", "when: hour")
    assert names_of(24 * 800) == ("when: month", "when: day", "when: weekday", "when: day of year", "when: hour")


def test_the_same_rows_some_weeks_later_are_the_same() -> None:
    rng = np.random.default_rng(0)
    block = {"when": 1.7e9 + HOUR * np.arange(24 * 30), "size": rng.normal(size=24 * 30)}
    fitted, _ = UnlabelledPreparation().fit(block, COLUMNS, np.zeros(24 * 30), TASK, 0)
    later = {**block, "when": block["when"] + 28 * DAY}
    assert np.array_equal(fitted.transform(block).values, fitted.transform(later).values)
