"""The api of watching a model that runs elsewhere, by the table in which its answers are logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.api.operate import OperatePlace, operate
from journeyman.entities.foreign_log import LogColumns
from journeyman.entities.foreign_model import ForeignKind, ForeignModel, OfferedModel
from journeyman.entities.operating import OperateSettings
from journeyman.errors import SettingsError, SourceError
from journeyman.inference.lookup import models
from journeyman.inference.release import open_release
from journeyman.interfaces import Stream
from journeyman.operations.release_cache import ReleaseCache
from journeyman.pipelines.adopt import adopt, judge_log
from journeyman.reports.html import render_html
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.components import standard_components
from journeyman.runtime.durable_run import ADOPTION, JournalRun
from journeyman.settings import FRAME, BuildSettings, is_address
from journeyman.sources.frames import FrameSource
from journeyman.stores.catalogue import JOURNAL
from journeyman.stores.log_tables import TableLog
from journeyman.stores.registry import check_name
from journeyman.stores.workspace import Workspace
from journeyman.streams.log_table import FollowedTable, LoggedTable, LogTable, logged_predictions

__all__ = ["is_log_table", "operate_log"]

_LEAST, _MOST, _SHARE = 200, 5_000, 5
"""Labelled rows that a reference is made of: a fifth of the log, within these bounds."""
_LENGTHS = tuple(60_000 * minutes for minutes in (1, 5, 15, 60, 360, 1_440, 10_080, 43_200))
_SPANS = 200  # into at most so many a log is parted where nobody says how long a span is


def is_log_table(log: str, asked: LogColumns) -> bool:
    """Say whether a log is a table of somebody else's: its columns are named, or it is a file.

    Raises
    ------
    SettingsError
        Where columns are named and there is no such table.

    Examples
    --------
    >>> is_log_table("predictions", LogColumns())
    False
    """
    if asked == LogColumns():
        return Path(log).is_file()
    if not is_address(log) and not Path(log).exists():
        raise SettingsError(f"there is no table {log}", hint="name a file, a folder of files, or a database by --log")
    return True


def operate_log(
    place: OperatePlace,
    table: str,
    asked: LogColumns,
    changed: Mapping[str, Any],
    once: bool,
    tell: Callable[[str], None],
    query: str | None = None,
) -> int:
    """Watch a model by the log of what it answers elsewhere; return how many rounds were gone through.

    A model that has a release is compared with its reference. Of another one the first labelled rows of the log become
    the reference; it is watched from there on, and nothing is learned for it.

    Parameters
    ----------
    place : OperatePlace
        Which model, where; its log lies in the workspace.
    table : str
        A file, a folder of files, or the address of a database.
    asked : LogColumns
        Which columns tell what.
    changed, once, tell
        As for ``api.operate.operate``.
    query : str, optional
        SQL, for a database.

    Raises
    ------
    InputError
        Where the table cannot be read, or lacks predictions, times, or labels for a reference.
    """
    log = LogTable(table, asked, query)
    told = log.read()
    # apart from what is recorded here, whose times are others; no model's name has a dot
    place = replace(place, log=place.workspace / "predictions" / f"{place.name}.log")
    check_name(place.name)
    known = (place.workspace / JOURNAL).exists() and any(v.name == place.name for v in models(place.workspace))
    if not known:
        _adopt_log(place, table, told, tell)
    with Workspace.existing(place.workspace) as workspace:
        version = workspace.registry.version(place.name)
        release = open_release(workspace.registry.folder(version), version.digest)
        reference = ReleaseCache(workspace, place.name).reference(version.version)
        operated = {o.model for o in workspace.operations.models()}
    if place.name in operated and not Path(str(place.log)).exists():
        raise SettingsError(
            f"{place.name} is operated already by what it answers here",
            hint="give the model that runs elsewhere a name of its own: journeyman adopt MODEL --name NAME",
        )
    columns = [c.name for c in release.columns if c.name not in told.frame.columns]
    if columns:
        raise SettingsError(
            f"{table} lacks {', '.join(map(repr, columns[:6]))}, which {place.name} reads",
            hint="log what the model was given",
        )
    sure = bool(np.isin(reference.answers, (0.0, 1.0)).all())
    logged_predictions(told, release.task, sure)  # refuses what is no prediction before a round begins
    if place.name not in operated and "every" not in changed:
        changed = {**changed, "every": _usual_length(told)}
    first = int(told.times[_reference_rows(told)[-1]]) + 1 if release.silent else int(told.times[0])
    following = partial(FollowedTable, log, task=release.task, version=version.version, sure=sure)
    settle = changed.get("settle", OperateSettings().settle)
    return operate(place, changed, once, tell, SilentProgress(), _LogTraffic(log, first, following, settle))


@dataclass(frozen=True)
class _LogTraffic:
    """What a table says was answered, in its own time: a span has ended when a later row is there."""

    table: LogTable
    first: int
    following: Callable[..., FollowedTable]
    settle: int

    def begins(self, every: int) -> int:
        """Return when the first row that is watched was answered."""
        return self.first

    def stream(self, log: TableLog, stream: Stream, begun: int) -> Stream:
        """Return the log's own stream behind what takes the table's rows over."""
        return self.following(log=log, stream=stream, begun=begun)

    def now(self) -> int:
        """Return when the last row was answered, and as long after it as a loop waits."""
        return int(self.table.read().times[-1]) + self.settle


def _usual_length(told: LoggedTable) -> int:
    covered = int(told.times[-1] - told.times[0])
    return next((length for length in _LENGTHS if covered <= length * _SPANS), _LENGTHS[-1])


def _reference_rows(told: LoggedTable) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the first labelled rows of a log, as many as a reference takes."""
    label = told.columns.label
    if label is None:
        raise SettingsError(
            "no column of the log tells labels, and without any there is nothing to compare later rows with",
            hint="add --label COLUMN, or adopt the model with --data TABLE --target COLUMN first",
        )
    known = np.flatnonzero((told.frame[label].notna() & told.frame[str(told.columns.prediction)].notna()).to_numpy())
    wanted = min(_MOST, max(_LEAST, len(known) // _SHARE))
    if len(known) < 2 * _LEAST:
        raise SourceError(
            f"{len(known)} rows of the log have a prediction and a label, and {2 * _LEAST} are wanted: half of them as "
            "the reference, the rest to be watched",
            hint="give a longer log, or adopt the model with --data TABLE --target COLUMN first",
        )
    return known[:wanted]


def _adopt_log(place: OperatePlace, table: str, told: LoggedTable, tell: Callable[[str], None]) -> None:
    """Make a release of the first rows of a log: it cannot be asked, and is what later rows are compared with."""
    rows, label = _reference_rows(told), str(told.columns.label)
    part = replace(told, frame=told.frame.iloc[rows].reset_index(drop=True), times=told.times[rows])
    source = FrameSource(part.frame[[*part.inputs, label]], table)
    settings = BuildSettings(FRAME, label, place.name)
    clock = SystemClock()
    components = standard_components(render_html, clock, SilentProgress(), lambda: False)
    model = ForeignModel(ForeignKind.LOGGED, table, target=label)
    judged = judge_log(model, lambda task: logged_predictions(part, task, True), source, settings, components)
    with Workspace(place.workspace) as workspace, workspace.lock():
        record = workspace.journal.start(f"{place.name}{ADOPTION}", settings, clock.now())
        with JournalRun(workspace, record, clock) as run:
            adopt(OfferedModel(judged.model), judged, settings, components, run, workspace)
    tell(
        f"{place.name} is known by its log alone: its first {len(rows):,} labelled rows are what later ones are "
        "compared with, and nothing is learned for it."
    )
