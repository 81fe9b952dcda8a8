"""What `operate` says before anything happens, and what operations are called."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pandas as pd
import pytest

from journeyman.api.build import build
from journeyman.api.operate import OperatePlace, _told_wait, waiting_words
from journeyman.entities.decision import Action
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.operation import Move, Operation
from journeyman.notifiers.operation_message import headline
from journeyman.reports.operations_view import operation_text
from journeyman.reports.progress import SilentProgress
from journeyman.stores.prediction_log import SqlitePredictionLog


def test_it_says_at_once_what_it_waits_for(tmp_path: Path) -> None:
    log = SqlitePredictionLog(tmp_path)
    operated = Operated("houses", OperateSettings(every=300_000), 0)
    words = waiting_words(OperatePlace("houses", tmp_path), operated, 400_000, 100_000, log)
    assert "a look every 300 s; it waits until" in words
    assert "`journeyman serve houses` logs them" in words
    assert "Ctrl+C ends it" in words
    words = waiting_words(OperatePlace("houses", tmp_path), operated, 50_000, 100_000, log)
    assert "it looks at traffic now" in words
    log.close()


def test_a_second_worker_says_once_that_it_waits() -> None:
    told: list[str] = []
    wait = _told_wait("houses", threading.Event(), told.append)
    assert not wait(0.0)
    assert not wait(0.0)
    assert told == ["Another worker operates houses: this one takes over when it ends."]


def test_a_dropped_challenger_is_called_so() -> None:
    dropped = Operation(2, "m", 7, 0, Move(Action.KEEP, "It is worse.", version=3), 1)
    assert "Done       drop challenger 3, keep the champion" in operation_text(dropped, ())
    assert headline(dropped) == "m: drop challenger 3, keep the champion (operation 2)"
    asked = Operation(3, "m", 8, 0, Move(Action.ASK, "It is better.", version=4, wanted=Action.PROMOTE), 1)
    assert "ask whether to promote release 4" in operation_text(asked, ())


class _Pressing(SilentProgress):
    """Presses Ctrl+C when the search begins."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def stage(self, name: str, detail: str = "") -> None:
        if name == "train":
            signal.raise_signal(signal.SIGINT)

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.mark.slow
def test_the_first_interrupt_says_what_it_does(tmp_path: Path) -> None:
    progress = _Pressing()
    table = pd.DataFrame({"x": range(60), "y": [i % 7 for i in range(60)]})
    release = build(table, target="y", trials=5, workspace=tmp_path, progress=progress)
    assert len(release.report.trials) < 5
    [note] = [n for n in progress.notes if "Ctrl+C" in n]
    assert "the search ends after this trial" in note
    assert "`journeyman resume`" in note


@pytest.mark.parametrize("version", [None, 4])
def test_words_of_every_action(version: int | None) -> None:
    for action in Action:
        move = Move(action, "So.", version=version)
        assert headline(Operation(1, "m", 1, 0, move, 1)).startswith("m: ")
