"""Simulate: a table is replayed in its order as live traffic through the real loop, on a clock of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace

import numpy as np
import pandas as pd

from journeyman.entities.decision import Action
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.simulation import DAY, Simulated, SimulatedDay, SimulateSettings
from journeyman.errors import SettingsError
from journeyman.interfaces import CombinesColumns, Stream
from journeyman.operations.release_cache import ReleaseCache
from journeyman.operations.simulated_world import World, target_column, truths_of
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.pipelines.simulated_policies import Replayed, build_first, policy_results
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.sources import open_source
from journeyman.stages.retrain import price, reference_unit
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams import open_stream
from journeyman.tasks import find_task_type, task_type

__all__ = ["in_order", "simulate"]

_BEGUN = 1_767_225_600_000  # 1 January 2026: a simulation has the same days whenever it is run
_LEAST_FIRST, _MOST_FIRST = 200, 10_000


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
        Where the table is too short, or has no such column, or the kind of task has no labels.
    InputError
        Where the table cannot be learned from.
    """
    if settings.task is not None and not find_task_type(settings.task).needs_target:
        raise SettingsError(
            f"a task of kind {settings.task} has no labels that a replay could compare its predictions with",
            hint="replay a task with a target, or let journeyman operate watch the model in use",
        )
    if settings.task is not None and isinstance(find_task_type(settings.task), CombinesColumns):
        raise SettingsError(
            f"tables of a task of kind {settings.task} cannot be replayed yet: their labels stand in several columns",
            hint="build, serve and operate it, or replay another kind",
        )
    frame = _read(settings)
    first = settings.first or min(_MOST_FIRST, max(_LEAST_FIRST, len(frame) // 5))
    days = -(-(len(frame) - first) // settings.daily)
    if first < _LEAST_FIRST or days < 3:
        raise SettingsError(
            f"{len(frame)} rows are too few to replay: {first} would build the first model",
            hint="take a longer table, or smaller --first and --daily",
        )
    settings.workspace.mkdir(parents=True, exist_ok=True)
    with Workspace(settings.workspace) as workspace:
        settings = replace(settings, name=_free_name(settings.name, {v.name for v in workspace.registry.list()}))
        build_first(frame.iloc[:first], settings)
        if workspace.registry.champion(settings.name) is None:
            # Not fit for use by its own verdict; what the loop makes of it is still to be seen.
            workspace.registry.promote(settings.name, 1, now=SystemClock().now())
        release_cache = ReleaseCache(workspace, settings.name)
        release, reference = release_cache.release(1), release_cache.reference(1)
        rest = frame.iloc[first:].reset_index(drop=True)
        truths = truths_of(rest[settings.target], release.task, target_column(release))
        rows = rest.drop(columns=[settings.target])
        folder = settings.workspace / "predictions" / settings.name
        with closing(SqlitePredictionLog(folder)) as log, closing(open_stream(str(folder))) as stream:
            world = World(rows, truths, release.task, reference.scale, log)
            _live(workspace, settings, world, stream, tell)
        operations = workspace.operations.operations(settings.name)
        retrained = sum(o.move.action is Action.RETRAIN for o in operations)
        economics = price(settings.economics, reference_unit(reference.losses))
        results = policy_results(Replayed(settings, frame, first, world, release, economics), retrained)
    unknown = int((~np.isfinite(truths)).sum())
    unit = settings.economics.unit
    loss = task_type(release.task).traits.loss_name
    return Simulated(first, len(rows), days, loss, unit, results, operations, unknown, settings.name)


def _live(
    workspace: Workspace,
    settings: SimulateSettings,
    world: World,
    stream: Stream,
    tell: Callable[[SimulatedDay], None],
) -> None:
    """Go through the days: rows are answered by whoever is champion, truths come, and the loop has its round."""
    now = [_BEGUN]
    wanted = OperateSettings(
        every=DAY, settle=0, economics=settings.economics, budget=None, trials=settings.trials, keep_rounds=30
    )
    operated = workspace.operations.begin(Operated(settings.name, wanted, _BEGUN))
    parts = loop_parts(workspace, operated, world.log, stream, SilentProgress())
    worker = Worker(parts, operate_round, SystemClock(), lambda: now[0], operated.begun)
    rows = len(world.rows)
    days, done = -(-rows // settings.daily), 0
    for day in range(days):
        begin, end = day * settings.daily, min(rows, (day + 1) * settings.daily)
        morning = _BEGUN + day * DAY
        champion = workspace.registry.version(settings.name).version
        shadow = world.challenger()
        shadowing = None if shadow is None or shadow == champion else parts.release_cache.release(shadow)
        # One moment before its end, so that all of the day's truths belong to it.
        world.answer(begin, end, morning + 1, morning + DAY - 1_000, parts.release_cache.release(champion), shadowing)
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


def _read(settings: SimulateSettings) -> pd.DataFrame:
    source = open_source(settings.table, None, settings.style)
    frame = source.read(None, 0)
    if settings.target not in frame.columns:
        raise SettingsError(
            f"{source.name} has no column {settings.target!r}",
            hint=f"columns: {', '.join(map(str, frame.columns))}"[:300],
        )
    if settings.time is not None:
        frame = in_order(frame, settings.time)
    return frame if settings.most is None else frame.iloc[: settings.most]


def in_order(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows by a column's moments, the earliest first; rows of one moment stay in their order.

    Raises
    ------
    SettingsError
        Where there is no such column, or a value of it is neither a number nor a date.
    """
    if column not in frame.columns:
        raise SettingsError(
            f"the table has no column {column!r}", hint=f"columns: {', '.join(map(str, frame.columns))}"[:300]
        )
    values = frame[column]
    numbers = pd.to_numeric(values, errors="coerce")
    moments = numbers if numbers.notna().all() else pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
    if moments.isna().any():
        row = int(np.flatnonzero(moments.isna())[0])
        raise SettingsError(
            f"{column!r} holds {values.iloc[row]!r} in row {row + 1}, wanted a date or a number",
            hint="leave --time out where the rows stand in the order of time",
        )
    return frame.iloc[np.argsort(moments.to_numpy(), kind="stable")].reset_index(drop=True)


def _free_name(wanted: str, taken: Collection[str]) -> str:
    """Return the name, with a number where a model has it already.

    Examples
    --------
    >>> _free_name("simulated", {"simulated", "simulated-2"})
    'simulated-3'
    """
    numbered = (f"{wanted}-{k}" for k in itertools.count(2))
    return next(name for name in itertools.chain((wanted,), numbered) if name not in taken)
