"""The api of deciding: whether a model may be acted on, by what outcomes are worth to its user."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from journeyman.api.export_release import trained_table
from journeyman.entities.business_case import BusinessCase
from journeyman.entities.decided_case import DecidedCase
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.held_out import HeldOut, Trial
from journeyman.entities.pilot_reading import PilotReading
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.inference.held_out_rows import judging_rows_of, new_rows_of, treated_rows
from journeyman.inference.load_release import load
from journeyman.inference.release import Release
from journeyman.interfaces import CombinesColumns
from journeyman.pipelines.decide_case import AboutModel, decide_case
from journeyman.reports.decision_page import render_decision
from journeyman.runtime.clock import SystemClock
from journeyman.settings import DEFAULT_WORKSPACE
from journeyman.sources import FrameSource, open_source
from journeyman.stages.read_pilot import read_pilot
from journeyman.stores.analysis_file import write_whole
from journeyman.stores.decided_cases import decision_json, keep_decision, read_decision
from journeyman.stores.economics_file import read_economics, write_template
from journeyman.stores.journal import EventRecord
from journeyman.stores.workspace import Workspace
from journeyman.tasks import task_type

__all__ = [
    "DecidedCase",
    "decide",
    "economics_template",
    "kept_decision",
    "pilot_result",
    "write_decision",
    "write_page",
]

_VALUED = "valued"  # kind of the journal's events that tell of a valuation of a build's holdout
_POLICY, _TODAY = "policy", "today"


def decide(
    name: str | Path,
    economics: str | Path | BusinessCase,
    *,
    table: object = None,
    treatment: str | None = None,
    version: int | None = None,
    workspace: str | Path | None = None,
    seed: int = 0,
) -> DecidedCase:
    """Say whether a model may be acted on: GO, PILOT or NO-GO, and what it is worth.

    Parameters
    ----------
    name : str or Path
        Of the model, or its release's folder.
    economics : str or Path
        The file that says what outcomes are worth.
    table : frame, str or Path, optional
        Held-out rows with outcomes; by default those that the build kept for judging.
    treatment : str, optional
        Column of the table that says who was acted on in a randomised trial.
    version : int, optional
        Of the model; its champion by default.
    workspace : str or Path, optional
        Where the model is.
    seed : int
        Of everything random.

    Returns
    -------
    DecidedCase
        It is kept in the workspace beside the release.

    Raises
    ------
    SettingsError
        Where the economics, the table or the model cannot be used.
    """
    release = load(name, version=version, workspace=workspace)
    _check_kind(release)
    target = release.task.target
    case = (
        economics
        if isinstance(economics, BusinessCase)
        else read_economics(Path(economics), release.task.labels, target)
    )
    named = [c for c in case.columns if release.task.labels or c != target]
    if treatment is not None and table is None:
        raise SettingsError("--treatment names a column of the rows of a trial", hint="name the table: --table TABLE")
    place = Path(workspace or DEFAULT_WORKSPACE)
    valued = 1
    if table is None:
        held = judging_rows_of(release, trained_table(release, place, "--table"), named)
        valued = _count_valuations(release, place, case)
    else:
        held = _new_rows(release, table, list(dict.fromkeys([*named, *([treatment] if treatment else [])])), seed)
    created = SystemClock().now()
    about = AboutModel(release.name, release.version, release.task.labels, target, created, valued)
    trial = None if treatment is None else Trial(treatment, treated_rows(held.columns[treatment], treatment))
    decided = decide_case(held, case, about, trial, seed)
    if _is_in(release, place):
        keep_decision(place, decided)
    return decided


def economics_template(
    name: str | Path, path: Path, *, version: int | None = None, workspace: str | Path | None = None
) -> None:
    """Write an economics file for a model, with the questions as comments; an existing file is never overwritten.

    Raises
    ------
    SettingsError
        Where there is such a file.
    """
    release = load(name, version=version, workspace=workspace)
    _check_kind(release)
    a_day = max(1.0, float(f"{release.report.rows / 365.0:.1g}"))
    write_template(path, release.name, release.task.target, release.task.labels, a_day)


def kept_decision(
    name: str | Path, *, version: int | None = None, workspace: str | Path | None = None
) -> DecidedCase | None:
    """Return the latest decision on a release; None where there is none."""
    release = load(name, version=version, workspace=workspace)
    return read_decision(Path(workspace or DEFAULT_WORKSPACE), release.name, release.version)


def pilot_result(
    name: str | Path,
    results: object,
    *,
    version: int | None = None,
    workspace: str | Path | None = None,
    style: FileStyle = AS_FOUND,
) -> PilotReading:
    """Return what a pilot says so far; it may be asked every day.

    Parameters
    ----------
    results : frame, str or Path
        One row a case in the order in which they were decided: ``arm`` ("policy" or "today"), drawn by a fair coin, and
        ``value``, what the case was worth in the unit of the economics, the cost of acting included.

    Raises
    ------
    SettingsError
        Where no pilot was planned, a column lacks, or the arms were not drawn by a fair coin.
    """
    decided = kept_decision(name, version=version, workspace=workspace)
    if decided is None:
        raise SettingsError(
            f"nothing was decided on {name} yet, so no pilot was planned",
            hint=f"first: `journeyman decide {name} --economics FILE.toml`",
        )
    said = str(results) if isinstance(results, str | Path) else "the results"
    frame = _frame(results, said, None, style, 0)
    lacking = [column for column in ("arm", "value") if column not in frame]
    if lacking:
        raise SettingsError(
            f"{said} has no column '{lacking[0]}'",
            hint=(
                f"give columns 'arm' ('{_POLICY}' or '{_TODAY}') and 'value' ({decided.case.unit} a case), in "
                "order of time"
            ),
        )
    arms = frame["arm"].astype(str).str.strip().str.lower()
    odd = ~arms.isin([_POLICY, _TODAY])
    if odd.any():
        raise SettingsError(
            f"row {int(odd.to_numpy().argmax()) + 1} of {said} has arm '{arms[odd].iloc[0]}'",
            hint=f"an arm is '{_POLICY}' or '{_TODAY}'",
        )
    values = pd.to_numeric(frame["value"], errors="coerce").to_numpy(np.float64)
    if not np.isfinite(values).all():
        raise SettingsError(
            f"row {int((~np.isfinite(values)).argmax()) + 1} of {said} has no number as its value",
            hint="leave out cases whose value is not known yet, and all cases after the first of them",
        )
    return read_pilot(decided, values, (arms == _POLICY).to_numpy())


def write_decision(decided: DecidedCase, path: Path) -> None:
    """Write a decision as JSON, whole or not at all."""
    write_whole(path, decision_json(decided))


def write_page(decided: DecidedCase, path: Path) -> None:
    """Write a decision as one HTML page, whole or not at all."""
    write_whole(path, render_decision(decided).encode())


def _check_kind(release: Release) -> None:
    task: Task = release.task
    kind = task_type(task)
    plain = kind.needs_target and not task.output_names and not task.prediction_name and task.panel is None
    if not plain or isinstance(kind, CombinesColumns):
        raise SettingsError(
            f"{release.name} is of kind {task.kind}, whose predictions have no worth by their outcome",
            hint="decide on a model of classes or of one number",
        )


def _new_rows(release: Release, table: object, named: list[str], seed: int) -> HeldOut:
    said = str(table) if isinstance(table, str | Path) else "the table"
    frame = _frame(table, said, release, AS_FOUND, seed)
    return new_rows_of(release, frame, Path(said).name, named)


def _frame(table: object, said: str, release: Release | None, style: FileStyle, seed: int) -> pd.DataFrame:
    if isinstance(table, str | Path):
        expected = AS_FOUND if release is None else release.file_style
        return open_source(str(table), None, style, expected).read(None, seed)
    return FrameSource(table, said).read(None, seed)


def _count_valuations(release: Release, place: Path, case: BusinessCase) -> int:
    """Record that the rows that judged a build are valued; return under how many economics they were by now."""
    run, detail = str(release.manifest.get("run", "")), hashlib.sha256(case.text.encode()).hexdigest()[:16]
    with Workspace.existing(place) as workspace:
        known = {event.detail for event in workspace.journal.events(run, _VALUED)}
        if detail not in known:
            workspace.journal.add_event(EventRecord(run, 0, _VALUED, detail, SystemClock().now()))
    return len(known | {detail})


def _is_in(release: Release, place: Path) -> bool:
    """Whether a release is one of the workspace's, beside which a decision can be kept."""
    return release.path.resolve().is_relative_to(place.resolve() / "releases")
