"""Progress as plain lines, and live lines that renew themselves."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from journeyman.entities.candidate import Candidate
from journeyman.reports.progress import LiveProgress, PlainProgress, SilentProgress


def _build(progress: SilentProgress) -> None:
    progress.stage("ingest", "adult.csv.gz")
    progress.stage("train", "48,842 rows")
    progress.trial(1, Candidate("lightgbm", {}, "strong by default"), "+0.3 % expected")
    progress.best(0.912345, 0.5, 1)
    progress.note("a column \x1b[2J was left out")


def test_plain_lines_tell_everything_once() -> None:
    stream = io.StringIO()
    with PlainProgress(stream, lambda: 12.34) as progress:
        _build(progress)
    assert stream.getvalue().splitlines() == [
        "[  12.3 s] ingest: adult.csv.gz",
        "[  12.3 s] train: 48,842 rows",
        "[  12.3 s] trial 1: lightgbm, +0.3 % expected",
        "[  12.3 s] best so far: 0.9123 (without a model: 0.5), 1 model",
        "[  12.3 s] a column �[2J was left out",
    ]


def test_live_lines_show_stage_candidate_score_and_time_left() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, color_system=None, legacy_windows=False)
    with LiveProgress(console, 60.0, lambda: 15.0) as progress:
        _build(progress)
        console.print("mark")
    shown = stream.getvalue()
    for wanted in (
        "✓ ingest",
        "train",
        "trial 1",
        "lightgbm",
        "0.9123 (without a model: 0.5)",
        "45.0 s left",
        "was left out",
    ):
        assert wanted in shown
    assert "✓ train" in shown.rsplit("mark", 1)[1]


def test_live_lines_renew_themselves_while_nothing_is_told() -> None:
    asked = threading.Event()
    here = threading.get_ident()

    def elapsed() -> float:
        if threading.get_ident() != here:
            asked.set()
        return 1.0

    with LiveProgress(Console(file=io.StringIO(), force_terminal=True, width=80), None, elapsed) as progress:
        progress.stage("train")
        assert asked.wait(30)


def test_stage_that_an_error_ended_is_not_shown_as_finished() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, color_system=None, legacy_windows=False)
    try:
        with LiveProgress(console, 60.0, lambda: 1.0) as progress:
            progress.stage("train")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert "✓ train" not in stream.getvalue()
