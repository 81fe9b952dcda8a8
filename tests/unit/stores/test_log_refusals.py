"""What the prediction log and the registry refuse: groups as a whole, other models' logs, writing where none can be."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from journeyman.entities.prediction import Label, LabelFate, LogEntries, Part, Prediction
from journeyman.errors import SettingsError, WorkspaceError
from journeyman.stores import catalogue
from journeyman.stores.catalogue import opened_registry
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.prediction_retention import move_oldest, sweep
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

DAY = 86_400_000
NOW = 1_000 * DAY + 5_000


@pytest.fixture
def log(tmp_path: Path) -> SqlitePredictionLog:
    return SqlitePredictionLog(tmp_path / "log")


def one(client_id: str | None, digest: bytes, group: int | None = None, key: str | None = None) -> Prediction:
    return Prediction(1, Part.CHAMPION, "native", b"{}", b'{"prediction":1}', digest, client_id, key, group)


def test_a_group_with_the_id_of_another_row_is_not_recorded(log: SqlitePredictionLog) -> None:
    entries = (
        one("a", b"1"),  # alone, and recorded first
        one("b", b"2", 7),
        one("a", b"2", 7),  # in one transaction with the row that has the id
        one("c", b"3", 8),
        one("c", b"3", 8),  # the same row twice is a repetition
        one("d", b"4", 9),
        one("d", b"5", 9),
        one(None, b"6", 9),
    )
    told = log.append(LogEntries(entries), NOW).predictions
    assert [None if t is None else t.repeated for t in told] == [False, None, True, False, True, None, None, None]
    assert set(log.recorded(["a", "b", "c", "d"])) == {"a", "c"}
    assert log.rows() == 2


def test_a_refusal_does_not_move_the_clock_of_ids(log: SqlitePredictionLog) -> None:
    log.append(LogEntries((one("a", b"1"),)), NOW)
    last = log.number("last")
    log.append(LogEntries((one("a", b"2"),)), NOW + 1_000)
    assert log.number("last") == last


def test_a_log_is_of_one_model(log: SqlitePredictionLog) -> None:
    log.claim("m")
    with closing(SqlitePredictionLog(log.folder)) as other:
        other.claim("m")
        with pytest.raises(SettingsError, match="is of the model m, not of o"):
            other.claim("o")


@pytest.mark.parametrize("archived", [False, True])
def test_the_latest_label_holds_by_id_and_by_key(log: SqlitePredictionLog, archived: bool) -> None:
    first, second = (
        r.id for r in log.append(LogEntries((one("a", b"1", key="k"), one("b", b"2", key="k"))), NOW).predictions if r
    )

    def fate(label: Label, now: int) -> LabelFate:
        return log.append(LogEntries(labels=(label,)), now).labels[0]

    def by_id(truth: bytes, number: int = first) -> Label:
        return Label(truth, prediction=number)

    by_key = Label(b"0", key="k")
    now = NOW
    assert [fate(by_id(b"1"), now), fate(by_key, now)] == [LabelFate.RECORDED, LabelFate.RECORDED]
    if archived:
        now += 20 * DAY
        while move_oldest(log, now, 7 * DAY, 10**9):
            pass
        while sweep(log):
            pass
    assert [fate(by_id(b"1"), now), fate(by_id(b"1"), now)][1] is LabelFate.REPEATED
    assert [fate(by_key, now), fate(by_key, now)] == [LabelFate.CORRECTED, LabelFate.REPEATED]
    span = TableStream(log).poll(0, now + 1, 10)
    assert [row.truth for row in span.rows] == ["0", "0"]
    assert fate(by_id(b"1", second), now) is LabelFate.CORRECTED
    assert [row.truth for row in TableStream(log).poll(0, now + 1, 10).rows] == ["0", "1"]


def test_a_registry_without_room_is_read_and_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace(tmp_path / "w").close()
    monkeypatch.setattr(catalogue, "has_room", lambda _: False)
    with opened_registry(tmp_path / "w") as registry:
        assert registry.list() == ()
        with pytest.raises(WorkspaceError, match="no permission to write"):
            registry.reserve("m", "m-1")
    with Workspace.existing(tmp_path / "w") as workspace:
        assert workspace.journal.runs() == ()
