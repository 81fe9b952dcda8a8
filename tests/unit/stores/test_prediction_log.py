"""The prediction log: what is durable, what is recorded once, what moves to the archive."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from journeyman.entities.challenge import Challenge
from journeyman.entities.prediction import Label, LabelFate, LogEntries, Part, Prediction, Refused, Shadow
from journeyman.errors import WorkspaceError
from journeyman.stores.prediction_archive import hex_id, holds
from journeyman.stores.prediction_log import SqlitePredictionLog, moment_of
from journeyman.stores.prediction_retention import move_oldest, sweep

DAY = 86_400_000
NOW = 1_000 * DAY + 5_000


def prediction(client_id: str | None = None, number: int = 0) -> Prediction:
    return Prediction(1, Part.CHAMPION, "native", b'{"x":%d}' % number, b'{"prediction":1}', b"d", client_id)


@pytest.fixture
def log(tmp_path: Path) -> SqlitePredictionLog:
    return SqlitePredictionLog(tmp_path / "log")


def test_ids_rise_also_when_the_clock_goes_back(log: SqlitePredictionLog) -> None:
    numbers = [
        recorded.id
        for now in (NOW, NOW, NOW - DAY, NOW + 1)
        for recorded in log.append(LogEntries((prediction(), prediction())), now).predictions
    ]
    assert numbers == sorted(set(numbers))
    assert [moment_of(n) for n in numbers] == [NOW] * 6 + [NOW + 1] * 2


def test_a_client_id_is_recorded_once_by_whichever_writer(log: SqlitePredictionLog) -> None:
    other = SqlitePredictionLog(log.folder)
    first, twin = log.append(LogEntries((prediction("a"), prediction("a"))), NOW).predictions
    [again] = other.append(LogEntries((prediction("a", 7),)), NOW).predictions
    assert (first.repeated, twin.repeated, again.repeated) == (False, True, True)
    assert first.id == twin.id == again.id == log.recorded(["a", "b"])["a"].id
    assert log.rows() == 1
    other.close()


@pytest.mark.parametrize(("text", "version"), [("{}", None), ('{"version":3}', 3)])
def test_a_challenge_that_an_earlier_version_wrote_is_read(
    log: SqlitePredictionLog, text: str, version: int | None
) -> None:
    log.set_setting("challenge", text)
    assert log.challenge() == Challenge(version)


def test_all_or_none(log: SqlitePredictionLog) -> None:
    bad = Prediction(1, Part.CHAMPION, "native", None, b"{}", b"d")  # type: ignore[arg-type]
    with pytest.raises(WorkspaceError, match="cannot be written"):
        log.append(LogEntries((prediction("a"), bad)), NOW)
    assert (log.rows(), dict(log.recorded(["a"]))) == (0, {})
    assert len(log.append(LogEntries((prediction("a"),)), NOW).predictions) == 1


def test_what_is_written_ahead_stays_short(log: SqlitePredictionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman.stores.prediction_log._MOST_AHEAD", 20)
    housekeeper = SqlitePredictionLog(log.folder)
    ahead = log.folder / "log.db-wal"
    sizes = []
    for _ in range(6):
        for _ in range(10):
            log.append(LogEntries((prediction(),)), NOW)
        housekeeper.checkpoint()
        sizes.append(ahead.stat().st_size)
    assert sizes[-1] <= 2 * sizes[0], "it begins anew instead of growing"
    assert log.rows() == 60
    housekeeper.close()


def test_opening_a_log_again_writes_nothing_and_adds_what_an_older_one_lacks(log: SqlitePredictionLog) -> None:
    log.append(LogEntries((prediction("a"),)), NOW)
    version = "PRAGMA data_version"  # changes where another connection has written
    before = log.reading().execute(version).fetchone()
    SqlitePredictionLog(log.folder).close()
    assert log.reading().execute(version).fetchone() == before
    log.reading().execute("DROP TABLE refused")
    again = SqlitePredictionLog(log.folder)
    again.append(LogEntries(refused=(Refused(1, "PR101", "x", ""),)), NOW)
    assert again.reading().execute('SELECT "field", number FROM refused').fetchall() == [("x", 1)]
    again.close()


def test_a_log_of_another_layout_is_refused(log: SqlitePredictionLog) -> None:
    with log.writing() as connection:
        connection.execute("UPDATE settings SET value = 9 WHERE name = 'layout'")
    with pytest.raises(WorkspaceError, match="layout 9"):
        SqlitePredictionLog(log.folder)


def test_old_days_move_to_files_and_nothing_is_lost_or_twice(log: SqlitePredictionLog) -> None:
    old = [
        recorded.id
        for day in (0, 1)
        for recorded in log.append(
            LogEntries(tuple(prediction(f"{day}-{i}", i) for i in range(5))), NOW + day * DAY
        ).predictions
    ]
    log.append(LogEntries(shadows=(Shadow(old[0], 2, b"{}"),)), NOW)
    log.append(LogEntries(labels=(Label(b"1", prediction=old[0]),)), NOW)
    [young] = log.append(LogEntries((prediction("young"),)), NOW + 9 * DAY).predictions
    later = NOW + 9 * DAY + 1

    assert move_oldest(log, later, 7 * DAY, 10**9, chunk=3) == 4  # three predictions and a label
    assert log.rows() == 8
    # rows that the archive holds are still there until they are swept; a crash in between changes nothing
    again = SqlitePredictionLog(log.folder)
    moved = [move_oldest(again, later, 7 * DAY, 10**9, chunk=3) for _ in range(3)]
    assert (moved, again.rows()) == ([2, 3, 2], 1)
    assert move_oldest(again, later, 7 * DAY, 10**9) == 0
    while sweep(again):
        pass
    left = again.reading().execute("SELECT id FROM predictions").fetchall()
    assert left == [(young.id,)]
    files = ds.dataset(log.folder / "archive" / "predictions", partitioning="hive").to_table()
    assert sorted(files.column("id").to_pylist()) == [hex_id(number) for number in old]
    assert set(files.column("day").to_pylist()) == {"1972-09-27", "1972-09-28"}
    assert ds.dataset(log.folder / "archive" / "shadows").to_table().num_rows == 1
    assert ds.dataset(log.folder / "archive" / "labels").to_table().column("truth").to_pylist() == ["1"]

    fates = again.append(LogEntries(labels=(Label(b"2", old[3]), Label(b"2", old[3] + 10**6))), later).labels
    assert fates == (LabelFate.RECORDED, LabelFate.UNKNOWN)
    assert holds(log.folder, old[3], moment_of(old[3]))
    again.close()


def test_too_many_rows_move_before_their_day_is_over(log: SqlitePredictionLog) -> None:
    log.append(LogEntries(tuple(prediction() for _ in range(10))), NOW)
    soon = NOW + 3_600_000
    assert [move_oldest(log, soon, 7 * DAY, 5, chunk=3) for _ in range(3)] == [3, 3, 0]
    assert log.rows() == 4
    assert move_oldest(log, NOW + 1, 7 * DAY, 1, chunk=3) == 0, "shadows of young rows may still come"


def test_a_file_written_before_a_crash_is_written_again_as_it_was(
    log: SqlitePredictionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(LogEntries(tuple(prediction(str(i)) for i in range(4))), NOW)
    later = NOW + 9 * DAY
    real = SqlitePredictionLog.writing
    monkeypatch.setattr(SqlitePredictionLog, "writing", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        move_oldest(log, later, 7 * DAY, 10**9)
    monkeypatch.setattr(SqlitePredictionLog, "writing", real)
    assert log.rows() == 4
    assert move_oldest(log, later, 7 * DAY, 10**9) == 4
    assert ds.dataset(log.folder / "archive" / "predictions").to_table().num_rows == 4


def test_a_full_disk_is_told_loses_nothing_and_is_over_when_there_is_room(small_disk: Path) -> None:
    log = SqlitePredictionLog(small_disk / "log")
    ballast = small_disk / "ballast"
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(b"0" * (free - 60_000))
    recorded, trouble = 0, ""
    while not trouble and recorded < 10_000:
        try:
            recorded += len(log.append(LogEntries((prediction(str(recorded)),)), NOW).predictions)
        except WorkspaceError as error:
            trouble = error.message
    assert "is full" in trouble
    assert (log.rows(), len(log.recorded([str(i) for i in range(recorded + 1)]))) == (recorded, recorded)
    ballast.unlink()
    log.probe()
    assert len(log.append(LogEntries((prediction("after"),)), NOW).predictions) == 1
    log.close()
