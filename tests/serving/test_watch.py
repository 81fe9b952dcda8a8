"""`score --watch` as a process: every table once by its content, whole ones only, each under its own name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.serving.conftest import until

from journeyman.api.score import watch as watch_folder

pytestmark = pytest.mark.slow


class Watcher:
    """A process that watches a folder, and the lines that it has told."""

    def __init__(self, workspace: Path, inbox: Path) -> None:
        self.inbox = inbox
        self.lines: list[str] = []
        words = ["score", "m", "--watch", str(inbox), "--workspace", str(workspace)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "journeyman", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.strip() for line in self.process.stdout)

    def told(self, text: str, times: int = 1) -> bool:
        """Wait until a line with this text was told so often."""
        until(lambda: sum(text in line for line in self.lines) >= times or self.process.poll() is not None)
        return sum(text in line for line in self.lines) == times

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def watch(workspace: Path, tmp_path: Path) -> Iterator[Callable[[], Watcher]]:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    watchers: list[Watcher] = []

    def start() -> Watcher:
        watchers.append(Watcher(workspace, inbox))
        return watchers[-1]

    yield start
    for one in watchers:
        one.end()


def rows(number: int) -> str:
    return "x,c\n" + "".join(f"{i / 7},{'abc'[i % 3]}\n" for i in range(number))


def answers(inbox: Path, name: str) -> int:
    return len((inbox / name).read_text().splitlines()) - 1


def test_each_table_is_scored_once_by_its_content_under_its_own_name(
    watch: Callable[[], Watcher], workspace: Path, tmp_path: Path
) -> None:
    watcher = watch()
    inbox = watcher.inbox
    (inbox / "report.2026-11-28.csv").write_text(rows(3))
    (inbox / "report.2026-11-29.csv").write_text(rows(4))
    (inbox / "report.csv").write_text(rows(5))
    assert watcher.told("report.2026-11-28.predictions.csv")
    assert watcher.told("report.2026-11-29.predictions.csv")
    assert watcher.told(f"5 rows predicted: {inbox / 'report.predictions.csv'}")
    assert [answers(inbox, f"report.2026-11-{day}.predictions.csv") for day in (28, 29)] == [3, 4]
    # another kind of table of the same name does not take the place of the first one's predictions
    (inbox / "report.jsonl").write_text('{"x": 1, "c": "a"}\n')
    assert watcher.told(f"1 rows predicted: {inbox / 'report.jsonl.predictions.csv'}")
    assert answers(inbox, "report.predictions.csv") == 5
    # replaced: again; touched, or its predictions taken away: not
    (inbox / "report.2026-11-28.predictions.csv").rename(tmp_path / "taken.csv")
    os.utime(inbox / "report.2026-11-29.csv", (1, 1))
    (tmp_path / "new.csv").write_text(rows(6))
    (tmp_path / "new.csv").rename(inbox / "report.csv")
    assert watcher.told(f"6 rows predicted: {inbox / 'report.predictions.csv'}")
    watcher.end()
    again = watch()
    (inbox / "last.csv").write_text(rows(2))
    assert again.told("last.predictions.csv")
    assert again.lines == [f"2 rows predicted: {inbox / 'last.predictions.csv'}"]
    assert not (inbox / "report.2026-11-28.predictions.csv").exists()
    # by hand, days do not share a file either
    for day in (28, 29):
        command = [sys.executable, "-m", "journeyman", "predict", "m", str(inbox / f"report.2026-11-{day}.csv")]
        subprocess.run([*command, "--workspace", str(workspace)], cwd=tmp_path, check=True, capture_output=True)
    assert [answers(tmp_path, f"report.2026-11-{day}.predictions.csv") for day in (28, 29)] == [3, 4]


def test_only_whole_tables_are_scored(watch: Callable[[], Watcher]) -> None:
    watcher = watch()
    inbox = watcher.inbox
    with (inbox / "slow.csv").open("w") as file:  # a writer that pauses longer than two looks
        file.write(rows(3))
        file.flush()
        (inbox / "other.csv").write_text(rows(2))
        assert watcher.told("other.predictions.csv")
        time.sleep(5)
        assert not (inbox / "slow.predictions.csv").exists()
        file.write("1.0,a\n")
    assert watcher.told(f"4 rows predicted: {inbox / 'slow.predictions.csv'}")
    # one that is opened again for more: what was there is replaced by all of it
    with (inbox / "slow.csv").open("a") as file:
        file.write("2.0,b\n")
    assert watcher.told(f"5 rows predicted: {inbox / 'slow.predictions.csv'}")
    # a table that cannot be read is told once, and is no reason to end
    (inbox / "bad.csv").write_text("z\n1\n")
    assert watcher.told("bad.csv: the table lacks columns 'x', 'c'")
    (inbox / "bad.csv").write_text(rows(1))
    assert watcher.told("bad.predictions.csv")
    second = watch()
    assert second.process.wait(600) == 2
    until(lambda: any("another process watches" in line for line in second.lines))


def looked_at(workspace: Path, inbox: Path) -> list[str]:
    """Watch a folder for a moment; return what was told."""
    told: list[str] = []
    watch_folder("m", inbox, told.append, workspace=workspace, pauses=[0.05] * 3)
    return told


def test_what_cannot_be_scored_leaves_nothing_behind(workspace: Path, tmp_path: Path) -> None:
    for name, text in (("header", "x,c\n"), ("renamed", "xx,c\n1,a\n"), ("wrong", "x,c\n1,a\n1,a,3\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    assert len(looked_at(workspace, tmp_path)) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["header.csv", "renamed.csv", "wrong.csv"]


def test_a_folder_in_the_place_of_predictions_is_told(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(2))
    (tmp_path / "a.predictions.csv").mkdir()
    told = looked_at(workspace, tmp_path)
    assert len(told) == 1
    assert "a.csv" in told[0]
    assert not (tmp_path / "scored.journeyman.json").exists()


def test_a_note_names_no_file_outside_of_its_folder(workspace: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").write_text(rows(2))
    for out in ("../outside.csv", str(tmp_path / "outside.csv"), "", ".."):
        note = {"a.csv": {"state": [1, 2, 3], "digest": "0", "out": out}}
        (inbox / "scored.journeyman.json").write_text(json.dumps(note))
        (inbox / "a.predictions.csv").unlink(missing_ok=True)
        assert looked_at(workspace, inbox) == [f"2 rows predicted: {inbox / 'a.predictions.csv'}"]
    assert [path.name for path in tmp_path.iterdir()] == ["inbox"]
