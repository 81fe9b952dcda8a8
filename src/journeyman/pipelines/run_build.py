"""A build in a workspace: its run begun or gone on with, its progress shown, Ctrl+C heard."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from journeyman.allocator import hold_little
from journeyman.entities.lake import LakeRequest, SearchedLake
from journeyman.inference.release import Release, open_release
from journeyman.interfaces import Progress, Source
from journeyman.joiners.joined_source import JoinedSource
from journeyman.pipelines.build import build
from journeyman.pipelines.search_lake import lake_parts, search_lake
from journeyman.reports.html import render_html
from journeyman.reports.lake_words import joined_words
from journeyman.reports.notebook import usual_progress
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import JournalRun, start_run
from journeyman.settings import DEFAULT_WORKSPACE, BuildSettings
from journeyman.stores.workspace import Workspace

__all__ = ["finish_build", "run_build", "shown_progress"]

_ENDING = (
    "Ctrl+C: the search ends after this trial, and what it has found is finished and released. "
    "Ctrl+C again stops at once; `journeyman resume` then goes on."
)


def run_build(
    source: Source, settings: BuildSettings, workspace: str | Path | None, progress: Progress, began: float
) -> Release:
    """Build in a run of its own; return the release, opened.

    Parameters
    ----------
    began : float
        Seconds of the monotonic clock from which the budget counts.
    """
    clock = SystemClock()
    with (
        Workspace(workspace or DEFAULT_WORKSPACE) as place,
        place.lock(),
        start_run(place, settings.name, settings, clock, clock.monotonic() - began) as run,
    ):
        return finish_build(source, settings, place, run, progress)


def finish_build(
    source: Source, settings: BuildSettings, place: Workspace, run: JournalRun, progress: Progress
) -> Release:
    """Go through the build, or on with one that was interrupted; return the release, opened."""
    hold_little()  # before threads have arenas of their own
    with _first_interrupt(progress.note) as interrupted:
        components = standard_components(render_html, SystemClock(), progress, interrupted, settings.engine)
        found: SearchedLake | None = None
        if settings.lake is not None:
            parts = lake_parts(place.path, settings.lake, components.clock, progress)
            request = LakeRequest(settings.lake, settings.target_column, settings.time, settings.seed)
            found = run.step(
                "search lake", partial(search_lake, source, parts), request, using=[*parts.joiners.values()]
            )
            for words in joined_words(found.search):
                progress.note(words)
            source = JoinedSource(source, found.lookups) if found.lookups else source
        version = build(source, settings, components, run, place, found).version
    return open_release(place.path / version.path, version.digest)


@contextmanager
def _first_interrupt(tell: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end the search with what it has, and say so; the second one interrupts."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def first(_number: int, _frame: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(RuntimeError):  # a line that was being written when the signal came
            tell(_ENDING)

    signal.signal(signal.SIGINT, first)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def shown_progress(progress: Progress | None, quiet: bool, budget: float | None, began: float) -> Iterator[Progress]:
    """Give the progress that the caller chose, else the one that fits where Python runs."""
    if progress is not None:
        yield progress
        return

    def elapsed() -> float:
        return SystemClock().monotonic() - began

    with SilentProgress() if quiet else usual_progress(budget, elapsed) as usual:
        yield usual
