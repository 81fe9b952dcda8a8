"""Searches replayed from what each candidate said out of fold: in any order, or as beliefs would have it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from journeyman.entities.candidate import BASELINE, SIMPLE, Candidate
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import TrialOutcome
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Trial
from journeyman.plugins import load_parts
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import EnsembleLimits, ensemble, lift
from journeyman.stages.rank import (
    Cost,
    CostModel,
    Prior,
    Proposal,
    SearchHistory,
    TrialCost,
    rank,
    remembered,
    shown_by,
)
from journeyman.stages.rank.memory import TABLE, table_number
from journeyman.stores.facts import decode
from journeyman.tasks import metric_of

ORDERS = 3
LATENCY = BuildSettings.latency


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


ALGORITHMS = load_parts("journeyman.algorithms")
Pick = Callable[[list[Trial], SearchHistory], tuple[Trial, list[Expectation]]]


def part_of(tried: Tried, rows: np.ndarray) -> Tried:
    """Return a task as it would be with some of its rows: the next job of the same table, or an earlier one."""
    metric = metric_of(tried.task)
    trials = []
    for trial in tried.trials:
        answers = trial.predictions[rows]
        trials.append(replace(trial, predictions=answers, score=float(metric.score(tried.y[rows], answers))))
    fewer = float(np.log10(len(rows) / len(tried.y)))
    context = {**tried.context, TABLE: table_of(tried), "log_rows": tried.context["log_rows"] + fewer}
    return replace(tried, y=tried.y[rows], trials=tuple(trials), context=context)


def table_of(tried: Tried) -> float | None:
    """Return a number that names the task; its columns' names are not in the cache."""
    return table_number([tried.table, repr(sorted(tried.context.items()))], tried.task.target, tried.task.kind)


def halves(tried: Tried, k: int) -> tuple[Tried, Tried]:
    """Return two jobs of a table, each with half of the rows, every class in both."""
    rng = np.random.default_rng([5, k, len(tried.y), *tried.table.encode()])
    order = rng.permutation(len(tried.y))
    if tried.task.labels:
        order = order[np.argsort(tried.y[order], kind="stable")]
    return part_of(tried, np.sort(order[::2])), part_of(tried, np.sort(order[1::2]))


def replay(
    tried: Tried, pick: Pick, known: Mapping[str, Mapping[str, float]] | None = None, most: int | None = None
) -> Replayed:
    """Search as ``pick`` chooses from the trials that wait, knowing what earlier jobs said of them; at most so many."""
    known = known or {}
    base = next((t.score for t in tried.trials if t.candidate.algorithm == "baseline"), None)
    metric = metric_of(tried.task)
    waiting, trials, outcomes = list(tried.trials), [], []
    replayed = Replayed([], [], [])
    best: Ensemble | None = None
    while waiting and (most is None or len(trials) < most):
        shown = shown_by(trials, outcomes, best, metric.greater_is_better)
        trial, stated = pick(waiting, shown)
        waiting = [t for t in waiting if t is not trial]
        own = known.get(trial.candidate.name, {})
        context = {**tried.context, **shown.of(trial.candidate.learner), **own}
        if preparation(trial.candidate) not in {preparation(t.candidate) for t in trials}:
            trial = replace(trial, seconds=trial.seconds + trial.preparing)
        trials.append(trial)
        before, best = best, ensemble(metric, trials, tried.y, tried.task, best, EnsembleLimits(LATENCY))
        outcome = TrialOutcome(False, 0.0) if best is None else lift(tried.y, before, best, tried.task)
        outcomes.append((bool(outcome[0]), float(outcome[1])))
        key = trial.candidate.key
        said = next((e for e in stated if e.candidate == key), Expectation(key, 0.5, 0.0, trial.seconds))
        name = trial.candidate.name
        solo = _relative(trial.score, base, metric.greater_is_better)
        row = Experience(context, trial.candidate.learner, name, said, *outcomes[-1], trial.seconds, solo)
        replayed.rows.append(row)
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

    def pick(waiting: list[Trial], shown: SearchHistory) -> tuple[Trial, list[Expectation]]:
        return next(t for t in order if any(t is w for w in waiting)), []

    return pick


def as_believed(
    tried: Tried, prior: Prior, per_second: bool, known: Mapping[str, Mapping[str, float]] | None = None
) -> Pick:
    """Pick by expected gain, per second as it is expected or not, as the search does."""
    cost_model, took = CostModel(prior), list[TrialCost]()

    def costs(waiting: list[Trial]) -> dict[str, Cost]:
        if not per_second:
            return {t.candidate.key: Cost(1.0, 1.0) for t in waiting}
        plain = [plain_seconds(tried, t) for t in waiting]
        # The simple model is chosen before it has shown anything; which of two comes first is not decided by seconds.
        seconds = cost_model.seconds([proposal(tried, t.candidate, took) for t in waiting], plain, took)
        return {t.candidate.key: Cost(s, p) for t, s, p in zip(waiting, seconds, plain, strict=True)}

    def pick(waiting: list[Trial], shown: SearchHistory) -> tuple[Trial, list[Expectation]]:
        ranked = rank([t.candidate for t in waiting], costs(waiting), tried.context, shown, prior, known or {})
        trial = next(t for t in waiting if t.candidate.key == ranked[0].candidate)
        if trial.candidate.algorithm != BASELINE:
            took.append(took_by(tried, trial, took))
        return trial, list(ranked)

    return pick


def proposal(tried: Tried, candidate: Candidate, took: Sequence[TrialCost]) -> Proposal:
    """Return a candidate in the context that its cost depends on."""
    same = sum(t.proposal.algorithm == candidate.learner for t in took)
    figures = {"simple": left_by_simple(tried) if took else 0.0, "same": float(np.log1p(same))}
    return Proposal(candidate.learner, candidate.name, {**tried.context, **figures})


def left_by_simple(tried: Tried) -> float:
    """Return what the simple models leave of the baseline's loss, as a search sees it after them."""
    simple = [t for t in tried.trials if t.candidate.algorithm in SIMPLE]
    better = metric_of(tried.task).greater_is_better
    return shown_by(simple, [(False, 0.0)] * len(simple), None, better).overall["simple"]


def took_by(tried: Tried, trial: Trial, took: Sequence[TrialCost]) -> TrialCost:
    """Return what a trial took after those before it; who comes first prepares the features."""
    asked = proposal(tried, trial.candidate, took)
    first = not any(preparation(trial.candidate) == preparation(t.proposal) for t in took)
    return TrialCost.of(asked, trial.seconds + first * trial.preparing, plain_seconds(tried, trial))


def plain_seconds(tried: Tried, trial: Trial) -> float:
    """Return what sizes alone promise of a trial whose folds are fitted in turn."""
    folds = len(trial.fold_scores)
    rows, columns = len(tried.y) * (folds - 1) // folds, round(10.0 ** tried.context["log_columns"])
    fits = trial.candidate.treatment.fits if trial.candidate.treatment is not None else 1
    return folds * fits * ALGORITHMS[trial.candidate.algorithm].seconds(trial.candidate, tried.task, rows, columns)


def preparation(of: Candidate | Proposal) -> str:
    """Return what a learner prepares, by its name: an algorithm's own, or the one that it is known by."""
    learner = of.learner if isinstance(of, Candidate) else of.algorithm
    return ALGORITHMS[learner].preparations[0] if learner in ALGORITHMS else learner.rpartition("_")[2]


def as_today(candidate: Candidate) -> Candidate:
    """Return a candidate of a cache, by the names of today (docs/decisions/0054)."""
    if candidate.algorithm != "lightgbm_crafted":
        return replace(candidate, preparation=preparation(candidate))
    return replace(candidate, algorithm="lightgbm", preparation="crafted", known_as="lightgbm_crafted")


def lines(place: str, tried: Tried) -> str:
    """Return replays in several orders as JSON lines, one a trial."""
    searches = [(f"{place}/{k}", replay(tried, in_random_order(tried, k))) for k in range(ORDERS)]
    searches += [(f"{place}/again {k}", again(tried, k)) for k in range(ORDERS)]
    found = [
        {**asdict(replace(row, job=job)), "table": tried.table, "task": place, "loss": loss}
        for job, done in searches
        for row, loss in zip(done.rows, done.losses, strict=True)
    ]
    return "".join(json.dumps(line) + "\n" for line in found)


def again(tried: Tried, k: int) -> Replayed:
    """Search on one half of the rows with the memory of an earlier job, which tried some candidates on the other."""
    earlier, later = halves(tried, k)
    rng = np.random.default_rng([6, k, len(tried.y), *tried.table.encode()])
    most = int(rng.integers(min(4, len(tried.trials)), len(tried.trials) + 1))
    job = replay(earlier, in_random_order(earlier, 100 + k), most=most)
    past = [replace(row, job="earlier") for row in job.rows]
    known = remembered(later.context, past)
    return replay(later, in_random_order(later, 200 + k), known)


def _relative(score: float | None, base: float | None, greater_is_better: bool) -> float | None:
    if score is None or base is None or not np.isfinite(score):
        return None
    loss, least = (1.0 - score, 1.0 - base) if greater_is_better else (score, base)
    return loss / least if least > 0 else None


def load(path: Path) -> Tried:
    """Return a task of the cache, each trial with the seconds that its preparation takes whoever asks for it first."""
    tried = decode(path.read_bytes(), Tried)
    tried = replace(tried, trials=tuple(replace(t, candidate=as_today(t.candidate)) for t in tried.trials))
    paid: dict[str, float] = {}
    for trial in tried.trials:
        name = preparation(trial.candidate)
        paid[name] = max(paid.get(name, 0.0), trial.preparing)
    return replace(tried, trials=tuple(replace(t, preparing=paid[preparation(t.candidate)]) for t in tried.trials))


def first_picks(losses: Sequence[float], simple: int, picks: int) -> float:
    """Return the share of the loss after the first picks that the later ones still took off."""
    after = losses[min(len(losses), simple + picks) - 1]
    return 1.0 - min(losses[-1] / after, 1.0)


def seconds_to(losses: Sequence[float], seconds: Sequence[float], goal: float) -> float:
    """Return when a loss as low as the goal was reached; the whole time where it never was."""
    ends = np.cumsum(seconds)
    return next((float(e) for e, v in zip(ends, losses, strict=True) if v <= goal * (1 + 1e-9)), float(ends[-1]))
