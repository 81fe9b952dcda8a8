"""What a server deletes by itself: nothing, unless a number of days was named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from journeyman.entities.prediction import LogEntries, Part, Prediction
from journeyman.errors import SettingsError
from journeyman.serving.counters import Counters
from journeyman.serving.housekeeping import Housekeeping
from journeyman.serving.serve_settings import ServeSettings, checked
from journeyman.stores.prediction_log import SqlitePredictionLog

DAY = 86_400_000


@pytest.mark.parametrize(("days", "left"), [(None, 1), (800.0, 1), (100.0, 0)])
def test_the_archive_stays_unless_days_are_named(tmp_path: Path, days: float | None, left: int) -> None:
    log = SqlitePredictionLog(tmp_path / "log")
    entry = Prediction(1, Part.CHAMPION, "native", b"{}", b"{}", b"d", "a")
    log.append(LogEntries((entry,)), time.time_ns() // 1_000_000 - 700 * DAY)
    log.close()
    settings = ServeSettings("m", tmp_path, keep_days=30, keep_archive_days=days)
    keeping = Housekeeping(SqlitePredictionLog(tmp_path / "log"), settings, Counters(), tmp_path, None)
    keeping._tidy()  # to the archive
    assert len(list((tmp_path / "log" / "archive").rglob("*.parquet"))) == 1
    keeping._tidy()
    assert len(list((tmp_path / "log" / "archive").rglob("*.parquet"))) == left


def test_days_of_the_archive_are_no_fewer_than_those_of_the_live_log() -> None:
    assert checked(ServeSettings("m", Path("w"), keep_days=5_000)).keep_archive_days is None
    with pytest.raises(SettingsError, match="--keep-archive-days 20 is too small"):
        checked(ServeSettings("m", Path("w"), keep_archive_days=20))
