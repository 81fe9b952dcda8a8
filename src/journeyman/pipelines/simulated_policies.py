"""What other policies would have lost on the rows of a simulation: never, as often, and on ADWIN's alarms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.drift_detectors.adwin import Adwin
from journeyman.entities.operation import Economics
from journeyman.entities.simulation import PolicyResult, SimulateSettings
from journeyman.inference.release import Release, open_release
from journeyman.operations.simulated_world import World, target_column, truths_of
from journeyman.pipelines.run_build import run_build, shown_progress
from journeyman.runtime.clock import SystemClock, available_threads
from journeyman.runtime.machine import available_memory
from journeyman.settings import BuildSettings, checked
from journeyman.sources import open_wanted
from journeyman.stores.registry import check_name
from journeyman.tasks import task_type

__all__ = ["NEVER", "Replayed", "build_first", "policy_results"]

FloatArray = NDArray[np.float64]
NEVER = "never learn again"
_FILE = "simulated-table"
_MOST_ALARMS, _MOST_ALARMS_WIDE = 12, 3
_WIDE = 1_000_000
"""Cells of a table beyond which a build takes so long that ADWIN's policy gets few of them."""


@dataclass(frozen=True)
class Replayed:
    """A simulation that the loop has lived through.

    Attributes
    ----------
    settings : SimulateSettings
        As they were given.
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        The whole table, in the order of time.
    first : int
        Rows that the first model learned from.
    world : World
        With the losses of the answers that the loop gave.
    release : Release
        The first model.
    economics : Economics
        With a price of a loss.
    """

    settings: SimulateSettings
    frame: pd.DataFrame
    first: int
    world: World
    release: Release
    economics: Economics


def policy_results(replayed: Replayed, retrained: int) -> tuple[PolicyResult, ...]:
    """Return what the loop has lost, and what others would have lost on the same rows.

    Parameters
    ----------
    retrained : int
        How often the loop learned again.
    """
    world, release = replayed.world, replayed.release
    never = _row_losses(world, release, 0, len(world.rows))
    found = [("the loop", world.losses, retrained), (NEVER, never, 0)]
    if retrained:
        again = _evenly(replayed, never, retrained)
        found.append(("learn again as often, evenly spread, from all rows", again, retrained))
    alarmed, times = _on_alarms(replayed, never)
    most = f", {times} times at most" if times == _most_alarms(replayed.frame) else ""
    found.append((f"learn again from all rows whenever ADWIN alarms{most}", alarmed, times))
    results = [_result(replayed, name, losses, times) for name, losses, times in found]
    if release.task.panel is not None:  # the label before is of another series, or of another step of the season
        return tuple(results)
    said = truths_of(replayed.frame[replayed.settings.target], release.task, target_column(release))
    latest = np.arange(replayed.first, len(replayed.frame)) - replayed.settings.delay
    last = _unchanged(world, said[np.maximum(0, latest)])
    results.append(PolicyResult("repeat the latest known label", _mean(last) * world.scale, 0))
    return tuple(results)


def build_first(frame: pd.DataFrame, settings: SimulateSettings, name: str | None = None) -> Release:
    """Build a model from some rows, under a name of its own; the simulated model's where there is none.

    Raises
    ------
    InputError
        Where the rows cannot be learned from.
    """
    name = name or settings.name
    path = _write(frame, settings.workspace / f"{_FILE}-{name}")
    wanted = BuildSettings(
        source=str(path.resolve()),
        target=settings.target,
        name=name,
        budget=None,
        trials=settings.trials,
        task=settings.task,
        task_options=settings.task_options,
        roles=dict.fromkeys(settings.ignore, "ignored"),
        seed=settings.seed,
        time=settings.time,
        decimal=settings.decimal,
        thousands=settings.thousands,
        threads=available_threads(),
        memory=available_memory(repeatable=True),
    )
    check_name(name)
    began = SystemClock().monotonic()
    with shown_progress(None, quiet=False, budget=None, began=began) as progress:
        made = run_build(open_wanted(checked(wanted)), wanted, settings.workspace, progress, began)
    if name != settings.name:
        path.unlink()  # the loop learns again from the first one
    return open_release(made.path)


def _evenly(replayed: Replayed, never: FloatArray, times: int) -> FloatArray:
    world, losses = replayed.world, never.copy()
    for number in range(1, times + 1):
        begin = len(world.rows) * number // (times + 1)
        release = _rebuild(replayed, begin, f"periodic-{number}")
        losses[begin:] = _row_losses(world, release, begin, len(world.rows))
    return losses


def _on_alarms(replayed: Replayed, never: FloatArray) -> tuple[FloatArray, int]:
    """Return the losses, and the number of builds, of learning again whenever ADWIN sees the loss rise.

    It reads each truth's loss when the truth comes, looks once a day as the loop does, and begins anew with each model.
    """
    world, losses, settings = replayed.world, never.copy(), replayed.settings
    window, since, told, times = Adwin(), 0, 0, 0
    for end in range(settings.daily, len(world.rows), settings.daily):
        known = max(0, end - settings.delay)
        fresh = losses[max(told, since) : known]
        before, told, alarm = window.mean, known, False
        for loss in fresh[np.isfinite(fresh)].tolist():
            alarm = window.add(loss) or alarm
        if alarm and window.mean > before and times < _most_alarms(replayed.frame):
            times, window, since = times + 1, Adwin(), end
            release = _rebuild(replayed, end, f"adwin-{times}")
            losses[end:] = _row_losses(world, release, end, len(world.rows))
    return losses, times


def _most_alarms(frame: pd.DataFrame) -> int:
    return _MOST_ALARMS if frame.size <= _WIDE else _MOST_ALARMS_WIDE


def _rebuild(replayed: Replayed, begin: int, name: str) -> Release:
    """Build from all rows whose truth was known when the replay had come to a row."""
    known = replayed.first + max(0, begin - replayed.settings.delay)
    return build_first(replayed.frame.iloc[:known], replayed.settings, f"{replayed.settings.name}-{name}")


def _result(replayed: Replayed, name: str, losses: FloatArray, times: int) -> PolicyResult:
    economics, world, daily = replayed.economics, replayed.world, replayed.settings.daily
    ours = world.losses
    apart = np.where(np.isfinite(losses) & np.isfinite(ours), losses - ours, 0.0)
    sums = np.add.reduceat(apart, np.arange(0, len(apart), daily))
    # Rows of a day err alike, so days are what is drawn; by their steps, since a model that is worse from some day on
    # is no chance (von Neumann 1941, "Distribution of the ratio of the mean square successive difference").
    error = 1.96 * float(np.sqrt((np.diff(sums) ** 2).mean() / 2.0 * len(sums))) if len(sums) > 1 else 0.0
    days = [losses[begin : begin + daily] for begin in range(0, len(losses), daily)]
    return PolicyResult(
        name,
        _mean(losses) * world.scale,
        times,
        float(np.nansum(losses)) * economics.loss + times * economics.retraining,
        error * economics.loss,
        tuple(_mean(day) * world.scale for day in days),
    )


def _mean(losses: FloatArray) -> float:
    known = losses[np.isfinite(losses)]
    return float(known.mean()) if len(known) else float("nan")


def _unchanged(world: World, last: FloatArray) -> FloatArray:
    if not world.task.labels:
        return task_type(world.task).live_losses(world.truths, last[:, None], world.scale)
    known = np.isfinite(last) & np.isfinite(world.truths)
    return np.where(known, (last != world.truths).astype(np.float64), np.nan)


def _row_losses(world: World, release: Release, begin: int, end: int) -> FloatArray:
    """Return what a release loses on some rows; answers are matched to the first model's classes by their names."""
    answers = release.answers(world.rows.iloc[begin:end])
    if world.task.labels and release.task.labels != world.task.labels:
        matched = np.zeros((len(answers), len(world.task.labels)))
        for code, label in enumerate(release.task.labels):
            if label in world.task.labels:
                matched[:, world.task.labels.index(label)] = answers[:, code]
        answers = matched
    return task_type(world.task).live_losses(world.truths[begin:end], answers, world.scale)


def _write(frame: pd.DataFrame, place: Path) -> Path:
    """Write rows where a build reads them: texts as a text file, so that their kinds are found as they were."""
    texts = all(frame[name].map(lambda v: v is None or isinstance(v, str)).all() for name in frame.columns)
    path = place.with_suffix(".csv" if texts else ".parquet")
    if texts:
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path
