"""The journal keeps what it is told, once, and a commit costs one fsync."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.errors import JournalError
from journeyman.settings import BuildSettings
from journeyman.stores.journal import EventRecord, RunStatus, StepRecord
from journeyman.stores.workspace import Workspace


def a_step(position: int, name: str = "check") -> StepRecord:
    return StepRecord(position, name, ("ab", "cd"), "ef", "tuple", 0.5, 1.5, 100.0, "t0", "t1")


def test_runs_are_numbered_by_name_and_keep_their_settings(tmp_path: Path) -> None:
    settings = BuildSettings("a.csv", "y", "houses", kinds={"a": "number"}, missing=("-",))
    with Workspace(tmp_path) as workspace:
        journal = workspace.journal
        assert [journal.start(n, settings, "t").id for n in ("houses", "houses", "cars")] == [
            "houses-1",
            "houses-2",
            "cars-1",
        ]
        assert journal.run("houses-2").read_settings(BuildSettings) == settings
        with pytest.raises(JournalError, match="cannot be read"):
            journal.run("houses-2").read_settings(int)
        with pytest.raises(JournalError, match="no run 'x'"):
            journal.run("x")


def test_status_of_a_run(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        journal = workspace.journal
        one, two = journal.start("m", {}, "2026-01-01"), journal.start("m", {}, "2026-01-02")
        journal.finish(one.id, RunStatus.FAILED, "no target", "2026-01-03")
        assert journal.runs(RunStatus.RUNNING) == (two,)
        failed = journal.run(one.id)
        assert (failed.status, failed.cause, failed.finished) == (RunStatus.FAILED, "no target", "2026-01-03")


def test_steps_come_back_in_order_and_a_position_is_recorded_once(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        journal = workspace.journal
        run = journal.start("m", {}, "t").id
        for position in (1, 0, 2):
            journal.add_step(run, a_step(position))
        assert journal.steps(run) == (a_step(0), a_step(1), a_step(2))
        with pytest.raises(JournalError, match="recorded by another process"):
            journal.add_step(run, a_step(1, "other"))
        assert journal.steps(run)[1].name == "check"


def test_events(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        journal = workspace.journal
        run = journal.start("m", {}, "t").id
        event = EventRecord(run, 3, "holdout read", "evaluate", "t")
        journal.add_event(event)
        journal.add_event(EventRecord(run, 4, "other", "", "t"))
        assert journal.events(run, "holdout read") == (event,)
        assert len(journal.events(run)) == 2


def test_commits_are_durable_and_readers_do_not_wait(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace, workspace._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        workspace.journal.start("m", {}, "t")
