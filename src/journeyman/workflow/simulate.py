"""Simulate: a table is replayed in its order as live traffic through the real loop, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.decision import Action
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.simulation import DAY, PolicyResult, Simulated, SimulatedDay, SimulateSettings
from journeyman.entities.traffic import Reference
from journeyman.errors import SettingsError
from journeyman.metrics.row_losses import bounded_losses, loss_name
from journeyman.reports.progress import SilentProgress
from journeyman.sources import open_source
from journeyman.stages.retrain import price, reference_unit
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.workflow.clock import SystemClock
from journeyman.workflow.doors import build
from journeyman.workflow.operate_run import loop_parts
from journeyman.workflow.release import Release, open_release
from journeyman.workflow.shelf import Shelf
from journeyman.workflow.simulated_world import World, truths_of
from journeyman.workflow.worker import Worker

__all__ = ["simulate"]

FloatArray = NDArray[np.float64]
_BEGUN = 1_767_225_600_000  # 1 January 2026: a simulation has the same days whenever it is run
_LEAST_FIRST, _MOST_FIRST = 200, 10_000
_FILE = "simulated-table"


def simulate(settings: SimulateSettings, tell: Callable[[SimulatedDay], None]) -> Simulated:
    """Replay a table: build from its first rows, then let the loop live through the others.

    The log, the journal, the builds and every decision are those of ``journeyman operate``; the clock is simulated, so
    that a day takes as long as its work. Then the same rows are answered as other policies would have answered them.

    Parameters
    ----------
    tell : callable
        Is told how things stand after each day.

    Raises
    ------
    SettingsError
        Where the table is too short, or the workspace holds a model of that name.
    InputError
        Where the table cannot be learned from.
    """
    frame = _read(settings)
    first = settings.first or min(_MOST_FIRST, max(_LEAST_FIRST, len(frame) // 5))
    days = -(-(len(frame) - first) // settings.daily)
    if first < _LEAST_FIRST or days < 3:
        raise SettingsError(
            f"{len(frame)} rows are too few to replay: {first} would build the first model",
            hint="take a longer table, or smaller --first and --daily",
        )
    settings.workspace.mkdir(parents=True, exist_ok=True)
    path = _write(frame.iloc[:first], settings.workspace / _FILE)
    with Workspace(settings.workspace) as workspace:
        if any(v.name == settings.name for v in workspace.registry.list()):
            raise SettingsError(
                f"{settings.workspace} holds a model {settings.name!r} already", hint="name an empty folder with --keep"
            )
        _build(path, settings, settings.name)
        if workspace.registry.champion(settings.name) is None:
            # Not fit for use by its own verdict; what the loop makes of it is still to be seen.
            workspace.registry.promote(settings.name, 1, now=SystemClock().now())
        shelf = Shelf(workspace, settings.name)
        release, reference = shelf.release(1), shelf.reference(1)
        rest = frame.iloc[first:].reset_index(drop=True)
        truths = truths_of(rest[settings.target], release.task, _target_column(release))
        rows = rest.drop(columns=[settings.target])
        with _log(settings.workspace / "predictions" / settings.name) as log:
            world = World(rows, truths, release.task, reference.scale, log)
            _live(workspace, settings, world, tell)
        operations = workspace.operations.operations(settings.name)
        retrained = sum(o.move.action is Action.RETRAIN for o in operations)
        results = _results(settings, frame, first, world, release, reference, retrained)
    unknown = int((~np.isfinite(truths)).sum())
    unit = settings.economics.unit
    return Simulated(first, len(rows), days, loss_name(release.task), unit, results, operations, unknown)


def _live(workspace: Workspace, settings: SimulateSettings, world: World, tell: Callable[[SimulatedDay], None]) -> None:
    """Go through the days: rows are answered by whoever is champion, truths come, and the loop has its round."""
    now = [_BEGUN]
    wanted = OperateSettings(
        every=DAY, settle=0, economics=settings.economics, budget=None, trials=settings.trials, keep_rounds=30
    )
    operated = workspace.operations.begin(Operated(settings.name, wanted, _BEGUN))
    parts = loop_parts(workspace, operated, world.log, SilentProgress())
    worker = Worker(parts, SystemClock(), lambda: now[0], operated.begun)
    rows = len(world.rows)
    days, done = -(-rows // settings.daily), 0
    for day in range(days):
        begin, end = day * settings.daily, min(rows, (day + 1) * settings.daily)
        morning = _BEGUN + day * DAY
        champion = workspace.registry.version(settings.name).version
        shadow = world.challenger()
        shadowing = None if shadow is None or shadow == champion else parts.shelf.release(shadow)
        # One moment before its end, so that all of the day's truths belong to it.
        world.answer(begin, end, morning + 1, morning + DAY - 1_000, parts.shelf.release(champion), shadowing)
        world.label(end - settings.delay, morning + DAY - 500)
        now[0] = morning + DAY
        state = worker.round()
        losses = world.losses[begin:end]
        loss = float(np.nanmean(losses)) if np.isfinite(losses).any() else float("nan")
        operation = None
        if state.operations > done:
            done = state.operations
            operation = workspace.operations.operation(settings.name, done)
        tell(SimulatedDay(day + 1, days, end, loss, champion, state.challenger, operation))


def _results(
    settings: SimulateSettings,
    frame: pd.DataFrame,
    first: int,
    world: World,
    release: Release,
    reference: Reference,
    retrained: int,
) -> tuple[PolicyResult, ...]:
    """Return what the loop has lost, and what others would have lost on the same rows."""
    economics = price(settings.economics, reference_unit(reference.losses))

    def result(name: str, losses: FloatArray, times: int, paid: bool = True) -> PolicyResult:
        known = losses[np.isfinite(losses)]
        cost = float(known.sum()) * economics.loss + times * economics.retraining if paid else None
        mean = float(known.mean()) if len(known) else float("nan")
        return PolicyResult(name, mean * world.scale, times, cost)

    never = _lost(world, release, 0, len(world.rows))
    results = [result("the loop", world.losses, retrained), result("never learn again", never, 0)]
    if retrained:
        losses = never.copy()
        for number in range(1, retrained + 1):
            begin = len(world.rows) * number // (retrained + 1)
            known = first + max(0, begin - settings.delay)
            losses[begin:] = _lost(world, _elsewhere(settings, frame.iloc[:known], number), begin, len(world.rows))
        results.append(result("learn again as often, evenly spread, from all rows", losses, retrained))
    said = truths_of(frame[settings.target], release.task, _target_column(release))
    last = said[np.maximum(0, np.arange(first, len(frame)) - settings.delay)]
    results.append(result("say what the latest known truth says", _unchanged(world, last), 0, paid=False))
    return tuple(results)


def _unchanged(world: World, last: FloatArray) -> FloatArray:
    if not world.task.kind.classification:
        return bounded_losses(world.truths, last[:, None], world.task, world.scale)
    known = np.isfinite(last) & np.isfinite(world.truths)
    return np.where(known, (last != world.truths).astype(np.float64), np.nan)


def _lost(world: World, release: Release, begin: int, end: int) -> FloatArray:
    """Return what a release loses on some rows; answers are matched to the first model's classes by their names."""
    answers = release.answers(world.rows.iloc[begin:end])
    if world.task.kind.classification and release.task.labels != world.task.labels:
        matched = np.zeros((len(answers), len(world.task.labels)))
        for code, label in enumerate(release.task.labels):
            if label in world.task.labels:
                matched[:, world.task.labels.index(label)] = answers[:, code]
        answers = matched
    return bounded_losses(world.truths[begin:end], answers, world.task, world.scale)


def _elsewhere(settings: SimulateSettings, frame: pd.DataFrame, number: int) -> Release:
    """Build from rows in a model of its own, for comparison."""
    path = _write(frame, settings.workspace / f"{_FILE}-{number}")
    release = _build(path, settings, f"{settings.name}-periodic-{number}")
    path.unlink()
    return release


def _build(path: Path, settings: SimulateSettings, name: str) -> Release:
    roles = dict.fromkeys(settings.ignore, "ignored")
    made = build(
        path,
        target=settings.target,
        trials=settings.trials,
        name=name,
        workspace=settings.workspace,
        roles=roles,
        decimal=settings.decimal,
        thousands=settings.thousands,
    )
    return open_release(made.path)


def _target_column(release: Release) -> Column:
    """Return how the build read its target."""
    return next(c for c in release.report.columns if c.name == release.task.target)


def _read(settings: SimulateSettings) -> pd.DataFrame:
    source = open_source(settings.table, None)
    frame = source.read(None, 0)
    if settings.target not in frame.columns:
        raise SettingsError(
            f"{source.name} has no column {settings.target!r}",
            hint=f"columns: {', '.join(map(str, frame.columns))}"[:300],
        )
    return frame if settings.most is None else frame.iloc[: settings.most]


def _write(frame: pd.DataFrame, place: Path) -> Path:
    """Write rows where a build reads them: texts as a text file, so that their kinds are found as they were."""
    texts = all(frame[name].map(lambda v: v is None or isinstance(v, str)).all() for name in frame.columns)
    path = place.with_suffix(".csv" if texts else ".parquet")
    if texts:
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


@contextmanager
def _log(folder: Path) -> Iterator[SqlitePredictionLog]:
    log = SqlitePredictionLog(folder)
    try:
        yield log
    finally:
        log.close()
