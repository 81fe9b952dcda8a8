"""The copied folder of a prototype."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.runtime import prototype_folder
from journeyman.runtime.prototype_folder import add_files, copy_folder, listed_files


def test_data_and_modules_are_copied_and_environments_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    for name in ("a.csv", "sub/b.csv", "own.py", ".git/config", "p.ipynb", "v/pyvenv.cfg", "v/lib/c.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    assert copy_folder(folder, tmp_path / "copy")
    assert listed_files(tmp_path / "copy") == ("a.csv", "own.py", "sub/b.csv")


def test_of_a_large_folder_modules_alone_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("a.csv", "b.csv", "own.py"):
        (folder / name).write_text("x")
    monkeypatch.setattr(prototype_folder, "_MOST_FILES", 2)
    assert not copy_folder(folder, tmp_path / "copy")
    assert listed_files(tmp_path / "copy") == ("own.py",)


def test_named_files_outside_the_folder_are_added(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Train.csv").write_text("1")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "other.csv").write_text("2")
    copy = tmp_path / "copy"
    copy_folder(tmp_path / "own", copy)
    wanted = ["../data/Train.csv", "https://example.org/other.csv", "nowhere.csv"]
    add_files(wanted, tmp_path / "own", tmp_path / "given", copy)
    assert listed_files(copy) == ("data/Train.csv", "data/other.csv")
