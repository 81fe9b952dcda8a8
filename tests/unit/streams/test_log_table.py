"""A foreign log as a stream: rows keep their times, are taken over once, and late labels follow."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.foreign_log import LogColumns
from journeyman.entities.task import Task
from journeyman.errors import InputError, SettingsError, SourceError
from journeyman.stores.logs import open_log
from journeyman.streams import open_stream
from journeyman.streams.log_table import FollowedTable, LogTable, logged_predictions

NUMBERS = Task("label", "regression", "rmse")
CLASSES = Task("label", "binary", "roc_auc", ("no", "yes"))
BEGUN = 1_767_225_600_000  # 2026-01-01
LOG = pd.DataFrame(
    {
        "time": ["2026-01-01 00:00:01", "2026-01-01 00:00:00", "2026-01-01 00:01:00", "2026-01-01 00:01:00"],
        "x": [2, 1, 3, 3],
        "prediction": [2.5, 1.5, 3.5, 3.5],
        "label": [2.0, np.nan, 3.0, 3.0],
    }
)


def _followed(folder: Path, task: Task = NUMBERS) -> tuple[LogTable, FollowedTable]:
    table, log = LogTable(str(folder / "log.csv"), LogColumns()), open_log(str(folder / "log"))
    return table, FollowedTable(table, log, open_stream(str(folder / "log")), task, 1, BEGUN, True)


def test_rows_are_read_in_order_of_time_and_keep_it(tmp_path: Path) -> None:
    LOG.to_csv(tmp_path / "log.csv", index=False)
    _, stream = _followed(tmp_path)
    with closing(stream):
        stream.seal(BEGUN + 60_000)
        first = stream.poll(BEGUN, BEGUN + 60_000, 100)
        stream.seal(BEGUN + 120_000)
        second = stream.poll(BEGUN + 60_000, BEGUN + 120_000, 100)
    assert [row.row for row in first.rows] == ['{"x":"1"}', '{"x":"2"}']
    assert [row.id >> 20 for row in first.rows] == [BEGUN, BEGUN + 1_000]
    assert [row.truth for row in first.rows] == [None, "2.0"]
    assert (second.total, second.labels) == (2, 2)  # the same row twice is two answers


def test_what_was_taken_over_is_not_again_and_a_later_label_is(tmp_path: Path) -> None:
    LOG.to_csv(tmp_path / "log.csv", index=False)
    for label in (np.nan, 1.0):
        LOG.assign(label=[2.0, label, 3.0, 3.0]).to_csv(tmp_path / "log.csv", index=False)
        _, stream = _followed(tmp_path)
        with closing(stream):
            stream.seal(BEGUN + 120_000)
    with closing(open_stream(str(tmp_path / "log"))) as plain:
        rows = plain.poll(BEGUN, BEGUN + 600_000, 100).rows
    assert len(rows) == 4
    late = next(row for row in rows if row.row == '{"x":"1"}')
    assert late.truth == "1.0"
    assert late.labelled > BEGUN + 60_000


def test_a_file_that_grew_is_read_again(tmp_path: Path) -> None:
    LOG.iloc[:2].to_csv(tmp_path / "log.csv", index=False)
    table, stream = _followed(tmp_path)
    with closing(stream):
        stream.seal(BEGUN + 60_000)
        LOG.to_csv(tmp_path / "log.csv", index=False)
        stream.seal(BEGUN + 120_000)
        assert stream.poll(BEGUN + 60_000, BEGUN + 120_000, 100).total == 2
    assert table.read().times[-1] == BEGUN + 60_000


def _told(folder: Path, frame: pd.DataFrame, task: Task, sure: bool = True) -> list[list[float]]:
    frame.to_csv(folder / "log.csv", index=False)
    table = LogTable(str(folder / "log.csv"), LogColumns())
    return logged_predictions(table.read(), task, sure).tolist()  # type: ignore[no-any-return]  # lists of an array


def test_classes_are_told_by_probabilities_by_one_or_by_themselves(tmp_path: Path) -> None:
    frame = pd.DataFrame({"time": [1, 2], "prediction": ["yes", "no"]})
    chances = {"probability of no": [0.25, 0.75], "probability of yes": [0.75, 0.25]}
    assert _told(tmp_path, frame.assign(**chances), CLASSES, False) == [[0.25, 0.75], [0.75, 0.25]]
    assert _told(tmp_path, frame.assign(prediction=[0.75, 0.25]), CLASSES, False) == [[0.25, 0.75], [0.75, 0.25]]
    assert _told(tmp_path, frame, CLASSES) == [[0.0, 1.0], [1.0, 0.0]]
    with pytest.raises(SettingsError, match="tells classes alone"):
        _told(tmp_path, frame, CLASSES, False)


@pytest.mark.parametrize(
    ("frame", "kind", "message"),
    [
        (LOG.drop(columns="prediction"), SettingsError, "no column 'prediction'"),
        (LOG.drop(columns="time"), SettingsError, "no column 'time'"),
        (LOG.assign(time="yesterday"), SourceError, "4 times of log.csv cannot be read, such as 'yesterday'"),
        (LOG.assign(prediction="dear"), SourceError, "are no numbers"),
        (LOG.iloc[:0], InputError, "no rows"),
    ],
)
def test_other_logs_are_refused(tmp_path: Path, frame: pd.DataFrame, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        _told(tmp_path, frame, NUMBERS)


def test_a_column_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    LOG.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(SettingsError, match=r"--time when: log\.csv has no column 'when'"):
        LogTable(str(tmp_path / "log.csv"), LogColumns(time="when")).read()
