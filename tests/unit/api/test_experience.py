"""The user's own experience: shared by all workspaces, never a reason to fail, to be exported and forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from journeyman.api.experience import clear, experience_file, looked_back, rows_kept
from journeyman.api.experience_table import export
from journeyman.entities.experience import Expectation, Experience
from journeyman.errors import SettingsError
from journeyman.runtime.experience import load_experience, save_experience
from journeyman.stores.experience import ExperienceStore, opened_experience


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def store(tmp_path: Path) -> ExperienceStore:
    with opened_experience(tmp_path / "workspace") as opened:
        yield opened


def row(candidate: str = "forest (fine)") -> Experience:
    return Experience({"done": 1.0, "rows": 3.0}, "forest", candidate, Expectation("k", 0.5, 0.1, 1.0), True, 0.2, 2.0)


def test_what_one_workspace_learned_another_one_knows(home: Path, tmp_path: Path, store: ExperienceStore) -> None:
    notes: list[str] = []
    save_experience(store, "first", [row("a")], notes.append)
    with opened_experience(tmp_path / "elsewhere") as other:
        save_experience(other, "second", [row("b")], notes.append)
        assert [r.candidate for r in load_experience(other, notes.append)] == ["a", "b"]
    assert [r.candidate for r in load_experience(store, notes.append)] == ["a", "b"], "what both know counts once"
    assert notes == []


def test_what_only_the_workspace_knows_is_read_too(home: Path, store: ExperienceStore) -> None:
    store.add("old", [row("a")])
    assert [r.job for r in load_experience(store, pytest.fail)] == ["old"]


def test_a_home_that_cannot_be_used_is_a_note(home: Path, store: ExperienceStore) -> None:
    home.write_text("a file, no folder")
    notes: list[str] = []
    save_experience(store, "job", [row()], notes.append)
    assert [r.job for r in load_experience(store, notes.append)] == ["job"]
    assert len(notes) == 2
    assert all("is not a folder" in note for note in notes)


def test_a_damaged_file_is_a_note(home: Path, store: ExperienceStore) -> None:
    home.mkdir()
    experience_file().write_bytes(b"no database" * 1000)
    notes: list[str] = []
    save_experience(store, "job", [row()], notes.append)
    assert len(notes) == 1
    assert "damaged" in notes[0]


def test_looking_makes_nothing(home: Path) -> None:
    assert (looked_back().trials, rows_kept(), clear()) == (0, 0, 0)
    assert not home.exists()


def test_looking_back_and_forgetting(home: Path, store: ExperienceStore) -> None:
    save_experience(store, "job", [row(), row()], pytest.fail)
    assert (looked_back().jobs, looked_back().trials, rows_kept()) == (1, 2, 2)
    assert clear() == 2
    assert rows_kept() == 0
    assert len(store.read()) == 2, "the workspace keeps its own"


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_export(home: Path, store: ExperienceStore, tmp_path: Path, ending: str) -> None:
    save_experience(store, "job", [row("a"), row("b")], pytest.fail)
    path = tmp_path / f"out.{ending}"
    assert export(path) == 2
    if ending == "jsonl":
        frame = pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()])
    else:
        frame = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    assert list(frame["candidate"]) == ["a", "b"]
    assert list(frame["context done"]) == [1.0, 1.0]
    assert bool(frame["succeeded"].all())


def test_an_export_of_nothing_has_its_columns(home: Path, tmp_path: Path) -> None:
    assert export(tmp_path / "out.csv") == 0
    assert "candidate" in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize(("name", "said"), [("out.xlsx", "no ending"), ("missing/out.csv", "no folder")])
def test_a_file_that_cannot_be(home: Path, tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        export(tmp_path / name)
