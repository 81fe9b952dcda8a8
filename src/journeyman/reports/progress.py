"""Where a build tells what it is doing: live in a terminal, as plain lines elsewhere, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from journeyman.entities.candidate import Candidate
from journeyman.reports.words import clean, duration, number, plural, shorten

__all__ = ["LiveProgress", "PlainProgress", "SilentProgress", "best_words"]


def best_words(score: float, baseline: float | None, members: int) -> str:
    """Say the best score so far, beside the baseline's, and of how many models it is.

    Examples
    --------
    >>> best_words(0.9, 0.5, 1)
    '0.9 (without a model: 0.5), 1 model'
    """
    beside = f" (without a model: {number(baseline, 4)})" if baseline is not None else ""
    return f"{number(score, 4)}{beside}, {plural(members, 'model')}"


class SilentProgress:
    """Says nothing.

    Examples
    --------
    >>> with SilentProgress() as progress:
    ...     progress.stage("ingest")
    """

    def __enter__(self) -> Self:
        """Return the manager itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing, whether or not an error came."""

    def stage(self, name: str, detail: str = "") -> None:
        """Report that a stage has begun."""

    def trial(self, number: int, candidate: Candidate, expected: str) -> None:
        """Report that a trial has begun."""

    def best(self, score: float, baseline: float | None, members: int) -> None:
        """The best score so far has changed."""

    def note(self, message: str) -> None:
        """Something worth a line."""


class PlainProgress(SilentProgress):
    """Plain lines, each with the seconds since the build began; for logs and pipes.

    Parameters
    ----------
    stream : text stream
        Where lines go.
    elapsed : callable
        Seconds since the build began.

    Examples
    --------
    >>> import sys
    >>> PlainProgress(sys.stdout, lambda: 1.25).stage("ingest", "adult.csv.gz")
    [   1.2 s] ingest: adult.csv.gz
    """

    def __init__(self, stream: TextIO, elapsed: Callable[[], float]) -> None:
        self._stream = stream
        self._elapsed = elapsed

    def _line(self, text: str) -> None:
        self._stream.write(f"[{self._elapsed():6.1f} s] {clean(text)}\n")
        self._stream.flush()

    def stage(self, name: str, detail: str = "") -> None:
        """Report that a stage has begun."""
        self._line(f"{name}: {detail}" if detail else name)

    def trial(self, number: int, candidate: Candidate, expected: str) -> None:
        """Report that a trial has begun."""
        self._line(f"trial {number}: {candidate.name}" + (f", {expected}" if expected else ""))

    def best(self, score: float, baseline: float | None, members: int) -> None:
        """The best score so far has changed."""
        self._line(f"best so far: {best_words(score, baseline, members)}")

    def note(self, message: str) -> None:
        """Something worth a line."""
        self._line(message)


class LiveProgress(SilentProgress):
    """A few lines at the foot of the terminal that renew themselves, so that long work never looks frozen.

    Parameters
    ----------
    console : rich.console.Console
        A terminal.
    budget : float or None
        Seconds that the build may take; None where trials alone bound it.
    elapsed : callable
        Seconds since the build began; called from the thread that refreshes the screen.

    Notes
    -----
    To be used as a context manager. Finished stages and notes scroll by above the live lines and stay.
    """

    def __init__(self, console: Console, budget: float | None, elapsed: Callable[[], float]) -> None:
        self._console = console
        self._budget = budget
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._spinner = Spinner("dots")
        self._stage: tuple[str, str, float] | None = None
        self._trial: tuple[int, str, str, float] | None = None
        self._best = ""
        self._live = Live(console=console, get_renderable=self._view, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        """Start the live display and return it."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the live lines; the last stage is shown as finished unless an error ended it."""
        if kind is None:
            self._finish_stage()
        self._live.stop()

    def _finish_stage(self) -> None:
        with self._lock:
            stage, self._stage, self._trial = self._stage, None, None
        if stage is not None:
            name, detail, began = stage
            line = Text.assemble(
                ("✓ ", "green"), f"{shorten(name, 12):<12}", (f"{duration(self._elapsed() - began):>12}  ", "dim")
            )
            line.append(shorten(detail, max(10, self._console.width - 30)), style="dim")
            self._console.print(line)

    def stage(self, name: str, detail: str = "") -> None:
        """Report that a stage has begun."""
        self._finish_stage()
        with self._lock:
            self._stage = (name, detail, self._elapsed())
        self._live.refresh()

    def trial(self, number: int, candidate: Candidate, expected: str) -> None:
        """Report that a trial has begun."""
        with self._lock:
            self._trial = (number, candidate.name, expected or candidate.reason, self._elapsed())
        self._live.refresh()

    def best(self, score: float, baseline: float | None, members: int) -> None:
        """The best score so far has changed."""
        with self._lock:
            self._best = best_words(score, baseline, members)
        self._live.refresh()

    def note(self, message: str) -> None:
        """Something worth a line."""
        self._console.print(Text("  " + clean(message), style="dim"))

    def _view(self) -> RenderableType:
        """Return the live lines as of now."""
        with self._lock:
            stage, trial, best = self._stage, self._trial, self._best
        now = self._elapsed()
        name, detail, began = stage or ("working", "", 0.0)
        self._spinner.update(
            text=Text.assemble((name, "bold"), f"  {duration(now - began)}  ", (shorten(detail, 44), "dim"))
        )
        lines: list[RenderableType] = [self._spinner]
        if trial is not None:
            count, candidate, why, started = trial
            lines.append(
                Text.assemble(
                    f"  trial {count}  ",
                    (shorten(candidate, 26), "cyan"),
                    f"  {duration(now - started)}  ",
                    (shorten(why, 40), "dim"),
                    no_wrap=True,
                    overflow="ellipsis",
                )
            )
        if best:
            lines.append(Text.assemble("  best so far  ", (best, "bold"), no_wrap=True, overflow="ellipsis"))
        lines.append(self._clock(now))
        return Group(*lines)

    def _clock(self, now: float) -> RenderableType:
        if self._budget is None:
            return Text(f"  {duration(now)} since the start", style="dim")
        left = self._budget - now
        row = Table.grid(padding=(0, 1))
        said = f"{duration(left)} left" if left > 0 else "finishing"
        bar = ProgressBar(total=max(self._budget, 1e-9), completed=min(now, self._budget), width=36)
        row.add_row(Text(" "), bar, Text(said, style="dim"))
        return row
