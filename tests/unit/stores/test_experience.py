"""Experience comes back as it was told, once a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from journeyman.entities.experience import Expectation, Experience
from journeyman.stores.experience import opened_experience
from journeyman.stores.home import user_folder
from journeyman.stores.workspace import Workspace


def an_experience(candidate: str, gain: float = 0.1, job: str = "") -> Experience:
    expected = Expectation(candidate, 0.5, 0.05, 3.0)
    context = {"rows": 100.0, "columns": 4.0}
    return Experience(context, "forest", candidate, expected, gain > 0, gain, 2.5, solo=0.7, job=job)


def test_experience_comes_back_in_order(tmp_path: Path) -> None:
    rows = tuple(an_experience(f"forest-{i}", i / 10) for i in range(5))
    with Workspace(tmp_path) as workspace:
        workspace.experience.add("r1", rows[:3])
        workspace.experience.add("r2", rows[3:])
        workspace.experience.add("r3", ())
        told = tuple(replace(row, job="r1" if i < 3 else "r2") for i, row in enumerate(rows))
        assert workspace.experience.read() == told
        assert workspace.experience.read(limit=2) == told[3:]


def test_resumed_run_does_not_count_twice(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.experience.add("r1", [an_experience("a")])
        workspace.experience.add("r1", [an_experience("a"), an_experience("b")])
        assert [e.candidate for e in workspace.experience.read()] == ["a", "b"]


def test_what_is_cleared_is_gone(tmp_path: Path) -> None:
    with opened_experience(tmp_path / "new" / "home") as store:
        store.add("r1", [an_experience("a"), an_experience("b")])
        assert store.clear() == 2
        assert store.read() == ()


def test_of_very_many_trials_the_latest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman.stores.experience._MOST", 3)
    with opened_experience(tmp_path) as store:
        store.add("r1", [an_experience("a"), an_experience("b")])
        store.add("r2", [an_experience("c"), an_experience("d")])
        assert [row.candidate for row in store.read()] == ["b", "c", "d"]
        store.add("r2", [])
        assert [row.candidate for row in store.read()] == ["b"]


def test_a_workspace_of_the_first_layout_is_upgraded(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.experience.add("r1", [an_experience("a")])
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'journal.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE experience DROP COLUMN solo"))
        connection.execute(sa.text("ALTER TABLE models DROP COLUMN removed"))
        for table in ("leases", "operated", "rounds", "operations", "requests", "notices"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        connection.execute(sa.text("UPDATE layout SET version = 1"))
    engine.dispose()
    with Workspace(tmp_path) as workspace:
        assert workspace.operations.models() == ()
        assert workspace.registry.removed() == ()
        workspace.experience.add("r2", [an_experience("b")])
        assert [(row.candidate, row.solo) for row in workspace.experience.read()] == [("a", None), ("b", 0.7)]


def test_the_users_folder_is_that_of_the_platform() -> None:
    ann = {"HOME": "/home/ann"}
    assert user_folder(ann, "linux") == Path("/home/ann/.local/share/journeyman")
    assert user_folder({**ann, "XDG_DATA_HOME": "relative"}, "linux") == user_folder(ann, "linux")
    assert user_folder(ann, "darwin") == Path("/home/ann/Library/Application Support/journeyman")
    assert user_folder({"LOCALAPPDATA": "/local"}, "win32") == Path("/local/journeyman")
    assert user_folder({**ann, "JOURNEYMAN_HOME": "/else"}, "darwin") == Path("/else")
