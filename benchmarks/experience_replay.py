"""Searches replayed from what each candidate said out of fold: in any order, or as beliefs would have it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Trial
from journeyman.metrics import find_metric
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import ensemble, lift
from journeyman.stages.rank import Beliefs, Shown, rank, shown_by
from journeyman.stages.rank.context import SIMPLE
from journeyman.stores.facts import decode

ORDERS = 3
LATENCY = BuildSettings.latency
NOISE_OF_SECONDS = 0.5  # of the logarithm: expected seconds are seldom right


@dataclass(frozen=True)
class Tried:
    """A task and what its candidates said out of fold, each tried alone."""

    table: str
    task: Task
    context: Mapping[str, float]
    y: np.ndarray
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Replayed:
    """A search: its experience, the ensemble's loss after each trial, and what was stated of all that waited."""

    rows: list[Experience]
    losses: list[float]
    stated: list[list[Expectation]]


Pick = Callable[[list[Trial], Shown], tuple[Trial, list[Expectation]]]


def replay(tried: Tried, pick: Pick) -> Replayed:
    """Search as ``pick`` chooses from the trials that wait."""
    metric = find_metric(tried.task.metric, tried.task.kind)
    waiting, trials, outcomes = list(tried.trials), [], []
    replayed = Replayed([], [], [])
    best: Ensemble | None = None
    while waiting:
        shown = shown_by(trials, outcomes, best, metric.greater_is_better)
        trial, stated = pick(waiting, shown)
        waiting = [t for t in waiting if t is not trial]
        context = {**tried.context, **shown.of(trial.candidate.algorithm)}
        trials.append(trial)
        before, best = best, ensemble(metric, trials, tried.y, tried.task, best, LATENCY)
        outcome = (False, 0.0) if best is None else lift(tried.y, before, best, tried.task)
        outcomes.append((bool(outcome[0]), float(outcome[1])))
        key = trial.candidate.key
        said = next((e for e in stated if e.candidate == key), Expectation(key, 0.5, 0.0, trial.seconds))
        name = trial.candidate.name
        replayed.rows.append(Experience(context, trial.candidate.algorithm, name, said, *outcomes[-1], trial.seconds))
        score = np.nan if best is None else best.score
        replayed.losses.append(max(1e-6, 1.0 - score if metric.greater_is_better else score))
        replayed.stated.append(stated)
    return replayed


def in_random_order(tried: Tried, k: int) -> Pick:
    """Pick at random, the simple ones first."""
    rng = np.random.default_rng([2, k, len(tried.y), *tried.table.encode()])
    order = [t for t in tried.trials if t.candidate.algorithm in SIMPLE]
    others = [t for t in tried.trials if t.candidate.algorithm not in SIMPLE]
    order += [others[i] for i in rng.permutation(len(others))]

    def pick(waiting: list[Trial], shown: Shown) -> tuple[Trial, list[Expectation]]:
        return next(t for t in order if any(t is w for w in waiting)), []

    return pick


def as_believed(tried: Tried, beliefs: Beliefs, per_second: bool) -> Pick:
    """Pick by expected gain, per second or not, as the search does."""
    rng = np.random.default_rng([3, len(tried.y), *tried.table.encode()])
    seconds = {t.candidate.key: t.seconds * float(np.exp(NOISE_OF_SECONDS * rng.normal())) for t in tried.trials}
    seconds = seconds if per_second else dict.fromkeys(seconds, 1.0)

    def pick(waiting: list[Trial], shown: Shown) -> tuple[Trial, list[Expectation]]:
        ranked = rank([t.candidate for t in waiting], seconds, tried.context, shown, beliefs)
        return next(t for t in waiting if t.candidate.key == ranked[0].candidate), list(ranked)

    return pick


def lines(place: str, tried: Tried) -> str:
    """Return replays in several orders as JSON lines, one a trial."""
    found = []
    for k in range(ORDERS):
        done = replay(tried, in_random_order(tried, k))
        for row, loss in zip(done.rows, done.losses, strict=True):
            found.append(
                json.dumps(
                    {**asdict(replace(row, job=f"{place}/{k}")), "table": tried.table, "task": place, "loss": loss}
                )
            )
    return "\n".join(found) + "\n"


def load(path: Path) -> Tried:
    """Return a task of the cache."""
    return decode(path.read_bytes(), Tried)


def first_picks(losses: Sequence[float], simple: int, picks: int) -> float:
    """Return the share of the loss after the first picks that the later ones still took off."""
    after = losses[min(len(losses), simple + picks) - 1]
    return 1.0 - min(losses[-1] / after, 1.0)


def seconds_to(losses: Sequence[float], seconds: Sequence[float], goal: float) -> float:
    """Return when a loss as low as the goal was reached; the whole time where it never was."""
    ends = np.cumsum(seconds)
    return next((float(e) for e, v in zip(ends, losses, strict=True) if v <= goal * (1 + 1e-9)), float(ends[-1]))
