"""What a command writes never replaces what it reads, and is refused before any work."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from journeyman.cli.main import app

CLEAN = ["clean", "t.csv"]
PROVED = [*CLEAN, "--label", "5", "--labels-from", "right.csv", "--apply"]
ANALYSE = ["analyse", "t.csv", "--target", "y"]
SEARCH = ["search", "lake", "t.csv", "--target", "y"]
VERIFY = ["verify", "t.csv", "--contract", "c.toml"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},{'ab'[i % 2]},{i * 7 % 10}\n" for i in range(60))
    for name in ("t.csv", "right.csv"):
        (tmp_path / name).write_text(f"x,z,y\n{rows}")
    for name in ("lake", "dir"):
        (tmp_path / name).mkdir()
    (tmp_path / "lake" / "other.csv").write_text("z,v\na,1\nb,2\n")
    (tmp_path / "c.toml").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*CLEAN, "--json", "t.csv"], "--json t.csv would overwrite what is read"),
        ([*CLEAN, "--json", "dir"], "--json dir is a folder, wanted a file"),
        ([*PROVED, "--out", "right.csv"], "--out right.csv would overwrite what is read"),
        ([*PROVED, "--out", "o.csv", "--json", "o.csv"], "--out and --json both name o.csv"),
        ([*PROVED, "--out", "o.csv", "--json", "o.patch.json"], "the patch beside --out and --json both name"),
        ([*ANALYSE, "--out", "t.csv"], "--out t.csv would overwrite what is read"),
        ([*ANALYSE, "--json", "t.csv"], "--json t.csv would overwrite what is read"),
        ([*ANALYSE, "--json", "a", "--out", "a"], "--out and --json both name a"),
        ([*SEARCH, "--out", "t.csv"], "--out t.csv would overwrite what is read"),
        ([*SEARCH, "--json", "t.csv"], "--json t.csv would overwrite what is read"),
        ([*SEARCH, "--json", "no/t.json"], "there is no folder no for --json"),
        ([*VERIFY, "--json", "t.csv"], "--json t.csv would overwrite what is read"),
        ([*VERIFY, "--json", "c.toml"], "--json c.toml would overwrite what is read"),
    ],
)
def test_what_is_read_is_never_overwritten(words: list[str], message: str, folder: Path) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert message in result.output
    assert "hint: " in result.output
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_a_table_that_cannot_be_written_is_refused_before_the_work(folder: Path) -> None:
    result = CliRunner().invoke(app, [*PROVED, "--out", "o.parquet"])
    assert (result.exit_code, "is no text table" in result.output) == (2, True)
    assert "labelled" not in result.output, "nothing was looked at"
