"""The api of assessing: which columns of a source are worth a build, and with what probability it succeeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.use_case import Assessment, AssessRequest, UseCase
from journeyman.errors import SettingsError
from journeyman.interfaces import Progress, Source
from journeyman.pipelines.assess import NamedSource
from journeyman.pipelines.assess import assess as assess_sources
from journeyman.pipelines.run_build import shown_progress
from journeyman.reports.assessment_page import render_assessment
from journeyman.reports.html import render_html
from journeyman.runtime.build_context import BuildContext
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import MemoryRun
from journeyman.runtime.machine import available_memory
from journeyman.runtime.own_outcomes import load_outcomes, save_assessed
from journeyman.settings import FRAME, BuildSettings, is_address, parse_budget
from journeyman.sources import FrameSource, open_source, redacted
from journeyman.sources.database import is_database
from journeyman.sources.lake import lake_address, list_lake, open_listed
from journeyman.stages.success import shipped_model
from journeyman.stores.analysis_file import check_place, write_whole

__all__ = ["assess", "assess_request", "assessment_json", "check_place", "write_json", "write_page"]


def assess(
    source: object,
    targets: Sequence[str] = (),
    *,
    budget: str | float | None = "2m",
    margin: float = 0.1,
    seed: int = 0,
    quiet: bool = True,
) -> Assessment:
    """Rank the columns that could be predicted by the probability that a full build beats its baseline.

    Parameters
    ----------
    source : frame, str or Path
        A table as for ``journeyman.build``, a folder of tables, a SQLite file or a database URL.
    targets : sequence of str
        Columns to look at, as they are called or as "TABLE.COLUMN"; all that could be targets where none is named.
    budget : str, float or None
        Time for all of them together ("2m", seconds); None for as long as it takes.
    margin : float
        Share of the baseline's loss that a build has to save, in 0..1.
    seed : int
        Of samples, folds and models.
    quiet : bool
        Whether no progress is shown.

    Returns
    -------
    Assessment
        Cases by falling probability, and the columns that are none with the reasons.

    Raises
    ------
    InputError
        Where the source, a target or an option cannot be used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> size, noise = rng.normal(size=(2, 400))
    >>> houses = pd.DataFrame({"size": size, "luck": noise, "price": 3 * size + rng.normal(size=400)})
    >>> found = assess(houses, budget=20)
    >>> found.cases[0].target in ("size", "price"), found.cases[-1].target
    (True, 'luck')
    """
    seconds = parse_budget(str(budget)) if budget is not None else None
    request = AssessRequest(
        FRAME if not isinstance(source, str | Path) else str(source),
        (targets,) if isinstance(targets, str) else tuple(str(name) for name in targets),
        seconds,
        margin,
        seed,
    )
    if isinstance(source, str | Path):
        return assess_request(request, quiet=quiet)
    return _assessed(request, [NamedSource(FRAME, partial(FrameSource, source, FRAME))], None, quiet)


def assess_request(
    request: AssessRequest, style: FileStyle = AS_FOUND, *, progress: Progress | None = None, quiet: bool = False
) -> Assessment:
    """Do the same for what was asked for on the command line.

    Parameters
    ----------
    style : FileStyle
        How the files are written, of a folder all of them.
    progress, quiet
        As for a build.
    """
    tables = _tables(request.source, style)
    return _assessed(replace(request, source=redacted(request.source)), tables, progress, quiet)


def _assessed(
    request: AssessRequest, sources: Sequence[NamedSource], progress: Progress | None, quiet: bool
) -> Assessment:
    if not 0.0 <= request.margin < 1.0:
        raise SettingsError(
            f"a margin of {request.margin:g} is no share of the loss", hint="give one from 0 to below 1, such as 0.1"
        )
    clock = SystemClock()
    settings = BuildSettings(
        FRAME, None, "assess", seed=request.seed, threads=available_threads(), memory=available_memory(repeatable=True)
    )
    with shown_progress(progress, quiet, None, clock.monotonic()) as shown:
        components = standard_components(render_html, clock, shown, lambda: False)
        context = BuildContext(components, MemoryRun(clock), settings)
        found = assess_sources(sources, context, request, shipped_model(), load_outcomes(shown.note))
        save_assessed(found, shown.note)
    return found


def _tables(location: str, style: FileStyle) -> list[NamedSource]:
    """Return the tables of a source: of a folder or a database all of them."""
    path = Path(location).expanduser()
    many = is_database(location) or (not is_address(location) and (_is_folder_of_tables(path) or _is_sqlite(path)))
    if not many:
        name = location if is_address(location) else path.name
        return [NamedSource(name, partial(_open_table, location, style))]
    listed = list_lake(lake_address(location))
    return [NamedSource(one.name, partial(open_listed, one, style)) for one in listed]


def _open_table(location: str, style: FileStyle) -> Source:
    return open_source(location, None, style, quiet=True)


def _is_folder_of_tables(path: Path) -> bool:
    """Tell a folder of tables from one table that lies in parts, "year=2024"."""
    return path.is_dir() and not any(child.is_dir() and "=" in child.name.strip("=") for child in path.iterdir())


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16).startswith(b"SQLite format 3")


def write_page(found: Assessment, path: Path) -> None:
    """Write an assessment as one HTML page, whole or not at all."""
    write_whole(path, render_assessment(found).encode())


def write_json(found: Assessment, path: Path) -> None:
    """Write an assessment as JSON, whole or not at all."""
    write_whole(path, assessment_json(found))


def assessment_json(found: Assessment) -> bytes:
    """Return an assessment as JSON: an entry a use case, by falling probability, in a list named "cases"."""
    content = {
        "source": found.request.source,
        "margin": found.request.margin,
        "seconds": found.seconds,
        "cases": [_entry(case) for case in found.cases],
        "not_cases": [{"table": one.table, "target": one.target, "reason": one.reason} for one in found.refused],
        "notes": list(found.notes),
        "own_builds": {"count": found.outcomes, "shift": round(found.shift, 4)},
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _entry(case: UseCase) -> dict[str, object]:
    estimate = case.estimate
    return {
        "table": case.table,
        "target": case.target,
        "task": case.task,
        "metric": case.metric,
        "probability": _number(estimate.probability),
        "no_probability_because": estimate.unlike or None,
        "expected_score": _number(case.expected_score),
        "low": _number(case.low_score),
        "high": _number(case.high_score),
        "baseline": _number(case.base_score),
        "expected_gain": _number(estimate.gain),
        "gain_low": _number(estimate.low),
        "gain_high": _number(estimate.high),
        "margin": case.margin,
        "probability_with_leaks": _number(case.with_leaks),
        "leaks": list(case.leaks),
        "raises": [{"kind": one.kind, "message": one.message, "gain": _number(one.gain)} for one in case.raises],
        "against": [{"kind": one.kind, "message": one.message} for one in case.against],
        "rows": None if case.probe is None else case.probe.rows,
        "rows_looked_at": None if case.probe is None else case.probe.looked_at,
        "looks": case.looks,
        "seconds": case.seconds,
        "build_seconds_at_most": case.build_seconds,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")
