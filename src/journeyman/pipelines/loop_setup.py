"""The usual parts of a loop: all installed detectors, a quick model for back-tests, a normal build."""

from __future__ import annotations

from functools import partial

from journeyman.entities.candidate import BASELINE, SIMPLE
from journeyman.entities.lake import SearchedLake
from journeyman.entities.operating import LoopState, Operated
from journeyman.entities.operation import WindowPlan
from journeyman.entities.task import Task
from journeyman.inference.release import Release
from journeyman.interfaces import Algorithm, PredictionLog, Preparation, Progress, Stream, minimises
from journeyman.operations.apply_move import Actuator
from journeyman.operations.loop_context import LoopContext
from journeyman.operations.release_cache import ReleaseCache
from journeyman.operations.training_data import LearningRows, TrainingTable
from journeyman.pipelines.rebuild import Rebuild
from journeyman.plugins import load_parts
from journeyman.reports.html import render_html
from journeyman.runtime.clock import SystemClock
from journeyman.settings import BuildSettings
from journeyman.stages.monitor import broken_spans
from journeyman.stores.workspace import Workspace

__all__ = ["loop_parts"]

_QUICK, _UNSCALED = "lightgbm", "native"
_OF_SERIES = ("seasonal_naive", "series")


def loop_parts(
    held: Workspace, operated: Operated, log: PredictionLog, stream: Stream, progress: Progress
) -> LoopContext:
    """Return what the loop of a model works with: all installed detectors, the usual quick model, a normal build.

    Parameters
    ----------
    log, stream
        Where the loop writes, and what it reads; each with a connection of its own.
    """
    name, settings = operated.model, operated.settings
    release_cache = ReleaseCache(held, name)
    champion = release_cache.release(held.registry.version(name).version)
    quick = _quick_model(champion.task)
    rebuild = Rebuild(name, held, settings, render_html, progress, _searched_lake(champion))
    actuator = Actuator(name, held, log, SystemClock(), partial(_table, held, operated, stream, release_cache), rebuild)
    detectors = tuple(load_parts("journeyman.drift_detectors").values())
    return LoopContext(name, settings, held, stream, release_cache, detectors, quick, actuator)


def _searched_lake(champion: Release) -> SearchedLake | None:
    """Return what the champion looks rows up in, which rebuilt releases take over; None where it does not."""
    found = champion.report.lake
    return None if found is None else SearchedLake(found, champion.joins.files)


def _quick_model(task: Task) -> tuple[Algorithm, Preparation]:
    """Return the usual quick model, of series the seasonal naive.

    For a loss that the usual one cannot minimise it is the first one that can and needs no scaling.
    """
    algorithms: dict[str, Algorithm] = load_parts("journeyman.algorithms")
    if task.panel is not None:
        return algorithms[_OF_SERIES[0]], load_parts("journeyman.preparations")[_OF_SERIES[1]]
    able = {name: part for name, part in algorithms.items() if minimises(part, task) and name not in SIMPLE}
    found = next((part for part in able.values() if part.preparations[0] == _UNSCALED), None)
    algorithm = able.get(_QUICK) or found or algorithms[BASELINE]
    return algorithm, load_parts("journeyman.preparations")[algorithm.preparations[0]]


def _table(
    held: Workspace,
    operated: Operated,
    stream: Stream,
    release_cache: ReleaseCache,
    state: LoopState,
    plan: WindowPlan,
) -> TrainingTable:
    """Return the training table of a retraining that was decided in a round."""
    name = operated.model
    base = held.registry.version(name, state.base)
    release, most = release_cache.release(state.champion), operated.settings.most_labelled
    rows = LearningRows(held, base, stream, release, state.end, most, broken_spans(state.memory), state.given_up)
    settings: BuildSettings = held.journal.run(base.run).read_settings(BuildSettings)
    return rows.table(plan, settings)
