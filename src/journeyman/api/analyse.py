"""The api of analysing: what is in a table, what depends on what, and what a model gains by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from journeyman.engines import open_engine
from journeyman.entities.analysis import Analysis
from journeyman.entities.column import Role
from journeyman.interfaces import Progress, Source
from journeyman.pipelines.analyse import analyse as analyse_source
from journeyman.pipelines.run_build import shown_progress
from journeyman.reports.analysis_page import render_analysis
from journeyman.reports.html import render_html
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import MemoryRun
from journeyman.runtime.machine import available_memory
from journeyman.settings import FRAME, BuildSettings, checked, is_address
from journeyman.sources import FrameSource, named_columns, open_wanted
from journeyman.stores.analysis_file import check_place, read_analysis, write_analysis, write_whole

__all__ = ["analyse", "analyse_settings", "check_place", "read_analysis", "write_analysis", "write_page"]


def analyse(
    frame_or_path: object,
    target: str | None = None,
    *,
    time: str | None = None,
    group: str | None = None,
    ignore: Sequence[str] = (),
    seed: int = 0,
    quiet: bool = True,
) -> Analysis:
    """Look for relations in half of the rows of a table, and confirm them on the other half.

    Parameters
    ----------
    frame_or_path : frame, str or Path
        As for ``journeyman.build``.
    target : str, optional
        Column that a model is to predict; without it, columns are looked at beside one another.
    time, group : str, optional
        Columns that say when rows happened, and which belong together.
    ignore : sequence of str
        Columns that are not looked at.
    seed : int
        Seed of everything random; a build with the same seed has a holdout that the analysis has not seen.
    quiet : bool
        Whether no progress is shown.

    Returns
    -------
    Analysis
        With discoveries, what was tried because of them, and what that gained.

    Raises
    ------
    InputError
        Where the table or an option cannot be used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(400, 2))
    >>> table = pd.DataFrame({"size": x[:, 0], "other": x[:, 1], "price": 3 * x[:, 0] + rng.normal(size=400)})
    >>> [(d.kind, d.columns) for d in analyse(table, "price").discoveries]
    [('associations', ('size',))]
    """
    path = str(frame_or_path) if isinstance(frame_or_path, str | Path) else None
    settings = BuildSettings(
        source=FRAME if path is None else path,
        target=None if target is None else str(target),
        name="analysis",
        time=time,
        group=group,
        roles=dict.fromkeys(ignore, Role.IGNORED.value),
        seed=seed,
        threads=available_threads(),
        memory=available_memory(repeatable=True),
    )
    source = FrameSource(frame_or_path, FRAME) if path is None else None
    return analyse_settings(settings, source, quiet=quiet)


def analyse_settings(
    settings: BuildSettings, source: Source | None = None, *, progress: Progress | None = None, quiet: bool = False
) -> Analysis:
    """Analyse the table that settings name, or a source that is open; ``progress`` and ``quiet`` as for a build."""
    if settings.source != FRAME and not is_address(settings.source):
        settings = replace(settings, source=str(Path(settings.source).resolve()))
    checked(settings)
    opened = open_wanted(settings, quiet) if source is None else source
    settings = named_columns(opened, settings)
    open_engine(settings.engine)
    began = SystemClock().monotonic()
    with shown_progress(progress, quiet, None, began) as shown:
        components = standard_components(render_html, SystemClock(), shown, lambda: False, settings.engine)
        return analyse_source(opened, BuildContext(components, MemoryRun(SystemClock()), settings))


def write_page(analysis: Analysis, path: Path) -> None:
    """Write an analysis as one HTML page, whole or not at all."""
    write_whole(path, render_analysis(analysis).encode())
