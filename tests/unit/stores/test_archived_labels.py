"""Labels that come again after the archive has taken the first ones."""

from __future__ import annotations

import socket
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from journeyman.entities.prediction import Label, LabelFate, LogEntries, Part, Prediction
from journeyman.errors import RemoteError
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.prediction_retention import forget_archived, move_oldest, sweep
from journeyman.streams.tables import TableStream

DAY = 86_400_000
NOW = 1_000 * DAY + 5_000


def archived(log: SqlitePredictionLog, now: int) -> None:
    """Move what is older than a week, as housekeeping would."""
    while move_oldest(log, now, 7 * DAY, 10**9):
        pass
    while sweep(log):
        pass


def test_a_repeated_label_is_known_after_the_first_was_archived(tmp_path: Path) -> None:
    log = SqlitePredictionLog(tmp_path / "log")
    made = log.append(LogEntries((Prediction(1, Part.CHAMPION, "native", b"{}", b"{}", b"d", "a"),)), NOW).predictions
    by_id, by_key = made[0].id, '["7"]'
    first = (Label(b'"no"', by_id), Label(b'"yes"', by_id), Label(b"1", key=by_key))
    assert log.append(LogEntries(labels=first), NOW).labels == (
        LabelFate.RECORDED,
        LabelFate.CORRECTED,
        LabelFate.RECORDED,
    )
    later = NOW + 9 * DAY
    archived(log, later)
    assert log.reading().execute("SELECT count(*) FROM labels").fetchone() == (0,)

    again = (Label(b'"yes"', by_id), Label(b"1", key=by_key), Label(b"2", key=by_key), Label(b"1", key='["8"]'))
    fates = log.append(LogEntries(labels=again), later).labels
    assert fates == (LabelFate.REPEATED, LabelFate.REPEATED, LabelFate.CORRECTED, LabelFate.RECORDED)
    archived(log, later + 9 * DAY)
    log.close()

    log = SqlitePredictionLog(tmp_path / "log")
    assert log.append(LogEntries(labels=(Label(b"2", key=by_key),)), later + 9 * DAY).labels == (LabelFate.REPEATED,)
    kept = ds.dataset(tmp_path / "log" / "archive" / "labels").to_table().column("truth").to_pylist()
    assert sorted(kept) == ['"no"', '"yes"', "1", "1", "2"], "each was recorded once"
    log.close()


def test_no_more_archived_labels_are_remembered_than_told(tmp_path: Path) -> None:
    log = SqlitePredictionLog(tmp_path / "log")
    log.append(LogEntries(labels=tuple(Label(b"1", key=f'["{k}"]') for k in range(30))), NOW)
    later = NOW + 9 * DAY
    while move_oldest(log, later, 7 * DAY, 10**9):
        pass
    while sweep(log, told=10):
        pass
    fates = log.append(LogEntries(labels=(Label(b"1", key='["29"]'), Label(b"1", key='["3"]'))), later).labels
    assert fates == (LabelFate.REPEATED, LabelFate.RECORDED), "the latest ones are remembered"
    log.close()


def test_old_days_of_the_archive_are_deleted_and_their_labels_come_too_late(tmp_path: Path) -> None:
    log = SqlitePredictionLog(tmp_path / "log")
    made = []
    for day in range(3):
        entry = Prediction(1, Part.CHAMPION, "native", b"{}", b"{}", b"d", f"c{day}")
        made += log.append(LogEntries((entry,)), NOW + day * DAY).predictions
        both = Label(b"1", made[-1].id), Label(b"1", key=f'["{day}"]')
        log.append(LogEntries(labels=both), NOW + day * DAY)
    later = NOW + 20 * DAY
    archived(log, later)
    assert forget_archived(log, NOW - DAY) == ()
    assert forget_archived(log, NOW + 2 * DAY) == ("1972-09-27", "1972-09-28")
    assert forget_archived(log, NOW + 2 * DAY) == ()
    for kind in ("predictions", "labels"):
        days = [p.name for p in (tmp_path / "log" / "archive" / kind).iterdir()]
        assert days == ["day=1972-09-29"]
    fates = log.append(LogEntries(labels=tuple(Label(b"2", kept.id) for kept in made)), later).labels
    assert fates == (LabelFate.UNKNOWN, LabelFate.UNKNOWN, LabelFate.CORRECTED)
    told = log.reading().execute("SELECT subject FROM told ORDER BY number").fetchall()
    assert told == [(made[2].id,), ('["2"]',)], "what nothing holds any more need not be known again"
    assert [row.row for row in TableStream(log).labelled(later + DAY, 100)] == ["{}"]
    log.close()


def test_a_label_waits_for_seconds_where_the_archive_elsewhere_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hdfs_native")
    monkeypatch.setattr("journeyman.stores.prediction_archive._SOON", 0.2)
    log = SqlitePredictionLog(tmp_path / "log")
    entries = LogEntries((Prediction(1, Part.CHAMPION, "native", b"{}", b"{}", b"d", "a"),))
    (made,) = log.append(entries, NOW).predictions
    later = NOW + 9 * DAY
    archived(log, later)
    of_it = LogEntries(labels=(Label(b"1", made.id),))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it accepts, and says nothing
        place = f"hdfs://127.0.0.1:{silent.getsockname()[1]}/archive"
        (tmp_path / "log" / "archive.address").write_text(place)
        with pytest.raises(RemoteError, match=rf"the archive {place}, .*, does not answer \(no answer for 0.2 s\)"):
            log.append(of_it, later)
    monkeypatch.setattr("journeyman.stores.prediction_archive._SOON", 1.0)
    with pytest.raises(RemoteError, match=r"no answer for 0.2 s"):  # what was found a moment ago: it is not asked again
        log.append(of_it, later)
    assert log.append(LogEntries(labels=(Label(b"1", key="k"),)), later).labels == (LabelFate.RECORDED,)
    (tmp_path / "log" / "archive.address").unlink()
    monkeypatch.setattr(log, "_unasked_until", 0.0)
    assert log.append(of_it, later).labels == (LabelFate.RECORDED,)
    log.close()
