"""Progress in a notebook, and which progress fits where Python runs."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from journeyman.entities.candidate import Candidate
from journeyman.reports.notebook import NotebookProgress, usual_progress
from journeyman.reports.progress import LiveProgress, SilentProgress


def test_one_output_tells_what_happens_and_a_line_stays() -> None:
    shown: list[str] = []
    with NotebookProgress(shown.append, 60.0, lambda: 15.0) as progress:
        progress.stage("train", "48,842 <rows>")
        progress.trial(1, Candidate("lightgbm", {}, "strong by default"), "")
        progress.best(0.912345, 0.5, 1)
    for wanted in (
        "train: 48,842 &lt;rows&gt;",
        "trial 1: lightgbm",
        "0.9123 (without a model: 0.5)",
        'max="60" value="15.0"',
    ):
        assert wanted in shown[-2]
    assert "Built in 15.0 s" in shown[-1]
    assert "<progress" not in shown[-1]


def test_a_build_that_fails_is_not_called_built() -> None:
    shown: list[str] = []
    with pytest.raises(ValueError, match="no"), NotebookProgress(shown.append, None, lambda: 1.0):
        raise ValueError("no")
    assert "Stopped after" in shown[-1]


class _Display:
    """What IPython offers, as far as progress asks for it."""

    def __init__(self) -> None:
        self.outputs: list[list[str]] = []

    def HTML(self, text: str) -> str:
        return text

    def display(self, html: str, display_id: bool) -> Any:
        assert display_id
        self.outputs.append([html])
        return SimpleNamespace(update=self.outputs[-1].append)


def test_a_notebook_gets_one_output_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    display = _Display()
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()), display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    with usual_progress(None, lambda: 0.0) as progress:
        progress.stage("ingest")
        progress.stage("train")
    [output] = display.outputs
    assert len(output) == 3


def test_a_terminal_gets_live_lines_and_a_log_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace())  # IPython in a terminal has no kernel
    monkeypatch.setitem(sys.modules, "IPython", shell)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert isinstance(usual_progress(None, lambda: 0.0), LiveProgress)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(usual_progress(None, lambda: 0.0)) is SilentProgress
