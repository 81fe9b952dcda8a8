"""The search: rank, train, combine, and stop when more is not worth it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from journeyman.entities.candidate import BASELINE, SIMPLE, Candidate
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import Choice, Search
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task, TaskKind
from journeyman.entities.trial import Ensemble, Trial
from journeyman.entities.weakness import Attempt
from journeyman.errors import InputError
from journeyman.interfaces import Metric, Run
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import ensemble, lift
from journeyman.stages.rank import Foresight, judge, meta_features, patience, rank, remembered, shown_by
from journeyman.stages.stop import choose_next, reason_to_stop
from journeyman.stages.train import Allowance, Terms, train
from journeyman.transformers.target_scale import SCALES, long_tailed
from journeyman.workflow.budget import expected_costs, seconds_to_start, timed, trial_seconds
from journeyman.workflow.iterate import Diagnosed, attempted, diagnosed, informed, untried
from journeyman.workflow.kit import Kit
from journeyman.workflow.pace import measured_work, slowness
from journeyman.workflow.shared_folds import SharedFolds

__all__ = ["propose", "search"]

_SIMPLE_SHARE = 0.2
"""Of the time left that the simple model may take."""

_LARGEST_SHARE = 0.5
"""Of the whole budget that one trial may take, so that another algorithm still gets its turn."""


@dataclass(frozen=True)
class _Plan:
    """What the search knows from the start."""

    table: Table
    task: Task
    split: Split
    metric: Metric
    settings: BuildSettings
    past: Sequence[Experience]


def search(
    kit: Kit,
    run: Run,
    table: Table,
    task: Task,
    split: Split,
    metric: Metric,
    settings: BuildSettings,
    past: Sequence[Experience],
) -> Search:
    """Try candidates in the order of their expected gain per second until a reason to stop comes up.

    Each choice and each trial is a step of the run, so that a resumed run goes the way it went before.
    """
    plan = _Plan(table, task, split, metric, settings, past)
    validated = np.concatenate([fold.validate for fold in split.folds])
    y, weights = target_values(table, task.target)[validated], table.weights_of(validated)
    folds = SharedFolds(kit, table, task, split, settings)
    waiting = folds.admit(propose(kit, table, task, split))
    context = meta_features(table, task)
    beliefs = judge(context, [(c.algorithm, c.name) for c in waiting], past)
    known, foresight = remembered(context, past), Foresight(beliefs, past)
    trials: list[Trial] = []
    expectations: list[Expectation] = []
    outcomes: list[tuple[bool, float]] = []
    scores: list[float] = []
    best: Ensemble | None = None
    baseline: float | None = None
    seen, attempts, rows = Diagnosed(), list[Attempt](), (table, split, task, settings.seed)
    paces: list[float] = []
    while True:
        shown = shown_by(trials, outcomes, best, metric.greater_is_better)
        foreseen = ({**context, **shown.overall}, foresight)
        costs = expected_costs(kit, table, task, split, settings, waiting, trials, foreseen)
        more = patience(costs, _left(settings, trials))
        ranked = informed(rank(waiting, costs, context, shown, beliefs, known, more), seen, more)
        choice = run.step(f"choose {len(trials) + 1}", partial(_choose, kit, run, plan, ranked, trials, best, paces))
        paces += [choice.work] if choice.work else []
        chosen = choice.expectation
        if chosen is None:
            break
        candidate = next(c for c in waiting if c.key == chosen.candidate)
        waiting.remove(candidate)
        kit.progress.trial(len(trials) + 1, candidate, _said(chosen))
        starting = seconds_to_start(kit.algorithms[candidate.algorithm], trials)
        trial = _try(kit, run, plan, candidate, len(trials) + 1, (choice.seconds, starting), folds, best)
        trials.append(replace(trial, started=choice.started))
        expectations.append(chosen)
        incumbent, best = best, ensemble(metric, trials, y, task, best, settings.latency, weights)
        if best is None:
            outcomes.append((False, 0.0))
            scores.append(float("nan"))
            continue
        outcomes.append(lift(y, incumbent, best, task, weights))
        scores.append(best.score)
        attempts += attempted(seen, candidate, (incumbent, best), outcomes[-1], rows, y)
        seen, treated = diagnosed(run, kit.algorithms, seen, rows, trials, waiting, best)
        waiting += treated
        if candidate.algorithm == BASELINE and trial.score is not None:
            baseline = trial.score
        kit.progress.best(best.score, baseline, len(best.members))
    if best is None:
        causes = "; ".join(f"{t.candidate.algorithm}: {t.cause}" for t in trials)
        raise InputError(f"no candidate could learn from this table ({causes})", hint="look at the columns' kinds")
    told = (tuple(trials), tuple(expectations), tuple(outcomes), tuple(scores), choice.reason, folds.limited)
    return Search(best, *told, seen.weaknesses, (*attempts, *untried(seen, waiting)), slowness(paces))


def _choose(
    kit: Kit,
    run: Run,
    plan: _Plan,
    ranked: Sequence[Expectation],
    trials: Sequence[Trial],
    best: Ensemble | None,
    paces: Sequence[float],
) -> Choice:
    """Choose the next candidate. A step of its own: it looks at the clock and at the user's wish to end."""
    left = None if plan.settings.trials is None else plan.settings.trials - len(trials)
    elapsed = run.elapsed()
    work = measured_work() if timed(plan.settings) else 0.0
    pace = slowness([*paces, work])
    seconds = trial_seconds(kit, plan.table, plan.split, plan.settings, elapsed, best, trials, pace)
    first = len(trials) < len(SIMPLE)
    reason = reason_to_stop(ranked, None if first else seconds, left, kit.interrupted() and best is not None)
    if reason:
        return Choice(None, None, reason, elapsed, work)
    if first and seconds is not None:
        # Something usable is worth a share of any budget; but the simple model may not eat up the time of the others.
        return Choice(ranked[0], max(1.0, seconds * _SIMPLE_SHARE), "", elapsed, work)
    most = None if plan.settings.budget is None else plan.settings.budget * _LARGEST_SHARE
    allowed = seconds if seconds is None or most is None else min(seconds, most)
    chosen = choose_next(ranked, allowed)
    return Choice(chosen, allowed, "" if chosen else "the budget is used", elapsed, work)


def _left(settings: BuildSettings, trials: Sequence[Trial]) -> float:
    """Return the seconds of the budget after the last trial, from what was written down of it; 0 where none is set."""
    if not timed(settings) or settings.budget is None:
        return 0.0
    return settings.budget - (trials[-1].started + trials[-1].seconds if trials else 0.0)


def _said(expectation: Expectation) -> str:
    """Say what is expected of a trial."""
    return f"about {expectation.seconds:.0f} s, {expectation.probability:.0%} likely to improve the score"


def propose(kit: Kit, table: Table, task: Task, split: Split) -> list[Candidate]:
    """Return what every algorithm proposes, the simple ones first."""
    names = [*(n for n in SIMPLE if n in kit.algorithms), *(n for n in kit.algorithms if n not in SIMPLE)]
    rows = max(len(fold.fit) for fold in split.folds)
    proposals = [kit.algorithms[name].candidates(task, rows, table.features) for name in names]
    if not table.features:
        return list(proposals[0])
    plain = [candidate for several in proposals for candidate in several]
    y = target_values(table, task.target)[split.train]
    if task.kind is not TaskKind.REGRESSION or not long_tailed(y):
        return plain
    return [*plain, *_rescaled(proposals[1:])]


def _rescaled(proposals: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Return the first candidates of each algorithm on scales on which a long tail of the target weighs less."""
    return [
        replace(candidate, target_scale=scale, reason=f"{candidate.reason}; the target has a long tail")
        for several in proposals
        for candidate in several[:2]
        for scale in SCALES
    ]


def _try(
    kit: Kit,
    run: Run,
    plan: _Plan,
    candidate: Candidate,
    number: int,
    seconds: tuple[float | None, float],
    folds: SharedFolds,
    best: Ensemble | None,
) -> Trial:
    """Run a trial; ``seconds`` are those that it may take, and those of them that its algorithm needs to start."""
    algorithm = kit.algorithms[candidate.algorithm]
    prepared, threads = folds.make_room(candidate)
    allowance = Allowance(kit.clock, kit.clock.monotonic(), *seconds)
    terms = Terms(plan.metric, allowance, threads, best.predictions if best is not None else None)
    function = partial(train, algorithm, prepared, terms)
    return run.step(f"trial {number}: {candidate.name}", function, candidate, plan.task, plan.settings.seed)
