"""Progress in a notebook, and the progress that fits where Python runs: notebook, terminal or neither."""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from types import TracebackType
from typing import Any

from rich.console import Console

from journeyman.entities.candidate import Candidate
from journeyman.reports.progress import LiveProgress, SilentProgress, best_words
from journeyman.reports.words import clean, duration, shorten

__all__ = ["NotebookProgress", "usual_progress"]

_MOST_NOTES = 6
_LONG = 90


def usual_progress(budget: float | None, elapsed: Callable[[], float]) -> SilentProgress:
    """Return the progress that a reader expects: a live output in a notebook or terminal, nothing in a script's log.

    Parameters
    ----------
    budget : float or None
        Seconds that the build may take; None where trials alone bound it.
    elapsed : callable
        Seconds since the build began.
    """
    if _in_notebook():
        return NotebookProgress(_output_cell(), budget, elapsed)
    if sys.stderr is not None and sys.stderr.isatty():
        return LiveProgress(Console(stderr=True), budget, elapsed)
    return SilentProgress()


class NotebookProgress(SilentProgress):
    """One output of a cell that is replaced whenever something happens, and stays as a line when the build has ended.

    Parameters
    ----------
    show : callable
        Gets HTML, and puts it where the last one was.
    budget : float or None
        Seconds that the build may take; None where trials alone bound it.
    elapsed : callable
        Seconds since the build began.

    Examples
    --------
    >>> with NotebookProgress(print, None, lambda: 2.0) as progress:
    ...     progress.stage("ingest", "houses.csv")
    <div ...>ingest: houses.csv<br><progress></progress> 2.0 s</div>
    <div ...>Built in 2.0 s</div>
    """

    def __init__(self, show: Callable[[str], None], budget: float | None, elapsed: Callable[[], float]) -> None:
        self._show = show
        self._budget = budget
        self._elapsed = elapsed
        self._stage = ""
        self._trial = ""
        self._best = ""
        self._notes: list[str] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave one line behind: how long it took, or that it did not end."""
        ending = "Built in" if kind is None else "Stopped after"
        self._show(_block([f"{ending} {duration(self._elapsed())}", self._best, *self._notes]))

    def stage(self, name: str, detail: str = "") -> None:
        """Report that a stage has begun."""
        self._stage, self._trial = clean(f"{name}: {detail}" if detail else name), ""
        self._draw()

    def trial(self, number: int, candidate: Candidate, expected: str) -> None:
        """Report that a trial has begun."""
        self._trial = f"trial {number}: {candidate.name}, {expected or candidate.reason}"
        self._draw()

    def best(self, score: float, baseline: float | None, members: int) -> None:
        """The best score so far has changed."""
        self._best = f"best so far: {best_words(score, baseline, members)}"
        self._draw()

    def note(self, message: str) -> None:
        """Something worth a line."""
        self._notes = [*self._notes, message][-_MOST_NOTES:]
        self._draw()

    def _draw(self) -> None:
        elapsed = self._elapsed()
        # Without a value the browser itself moves the bar, so that long work never looks frozen.
        bar = "<progress></progress>"
        if self._budget is not None and elapsed < self._budget:
            bar = f'<progress max="{self._budget:.0f}" value="{elapsed:.1f}"></progress>'
        clock = f"{bar} {duration(elapsed)}" + ("" if self._budget is None else f" of {duration(self._budget)}")
        self._show(_block([self._stage, self._trial, self._best, *self._notes], clock))


def _block(lines: list[str], foot: str = "") -> str:
    """Return lines of text as HTML; ``foot`` is HTML already."""
    texts = [escape(shorten(line, _LONG)) for line in lines if line]
    return f'<div style="font-family:monospace;font-size:90%">{"<br>".join([*texts, *([foot] if foot else [])])}</div>'


def _in_notebook() -> bool:
    """Say whether this is the kernel of a notebook; the terminal's IPython is a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def _output_cell() -> Callable[[str], None]:
    """Return a function that shows HTML in one output of the cell, each time in the place of what it showed before."""
    shown: list[Any] = []
    display: Any = sys.modules["IPython"].display  # IPython is there: it runs this code

    def show(html: str) -> None:
        if shown:
            shown[0].update(display.HTML(html))
        else:
            shown.append(display.display(display.HTML(html), display_id=True))

    return show
