"""The search: rank, train, combine, and stop when more is not worth it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import BASELINE, SIMPLE, Candidate, NotTried, Refusal, Turn, offered
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import Choice, Search
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Trial, TrialStatus
from journeyman.entities.weakness import Attempt
from journeyman.errors import InputError
from journeyman.interfaces import Algorithm, Metric, Run, minimises
from journeyman.pipelines.improve import Diagnosed, attempted, diagnosed, informed, untried
from journeyman.runtime.components import Components
from journeyman.runtime.fold_cache import SharedFolds
from journeyman.runtime.machine_speed import measured_work, slowdown
from journeyman.runtime.time_budget import (
    expected_costs,
    fit_limit,
    fit_seconds,
    members_of,
    seconds_after_search,
    seconds_to_start,
    timed,
    trial_seconds,
)
from journeyman.settings import BuildSettings
from journeyman.stages.ensemble import FitLimit, ensemble, fastest_alike, lift
from journeyman.stages.rank import (
    Cost,
    CostModel,
    meta_features,
    overhead_allowance,
    rank,
    remembered,
    shown_by,
    update_prior,
)
from journeyman.stages.stop import choose_next, fits_whole, must_stop, reason_to_stop, thin_search
from journeyman.stages.train import Allowance, Terms, train
from journeyman.tasks import task_type
from journeyman.transformers.target_scale import SCALES, long_tailed

__all__ = ["propose", "search"]

_SIMPLE_SHARE = 0.2
"""Of the time left that the simple model may take."""

_NO_TIME = "no remaining candidate that may help would fit"

_LONG = 2.0  # times as long as on usual tables
_GRAVE = 0.01
"""Share of the loss that a treatment is expected to bring back, its probability counted."""

_MUCH_WORSE = 1.1
"""Times the best loss: a trial that is worse than that is nothing to fall back on."""

_LARGEST_SHARE = 0.5
"""Of the whole budget that one trial may take, so that another algorithm still gets its turn."""

_NOTHING = Refusal("it proposed nothing, and did not say why")


@dataclass(frozen=True)
class _Plan:
    """What the search knows from the start."""

    table: Table
    task: Task
    split: Split
    metric: Metric
    settings: BuildSettings
    past: Sequence[Experience]


@dataclass(frozen=True)
class _Queue:
    """Expectations of the candidates that wait.

    Attributes
    ----------
    smooth, early : sequence of Expectation
        Those whose turn has come whatever is expected of them.
    ranked : sequence of Expectation
        All, the most promising first.
    """

    smooth: Sequence[Expectation]
    early: Sequence[Expectation]
    ranked: Sequence[Expectation]


def search(
    components: Components,
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
    folds = SharedFolds(components, table, task, split, settings)
    proposed, not_tried = propose(components, table, task, split)
    waiting = folds.admit(proposed)
    context = meta_features(table, task)
    prior = update_prior(context, [(c.learner, c.name) for c in waiting], past)
    known, cost_model = remembered(context, past), CostModel(prior, past)
    trials: list[Trial] = []
    expectations: list[Expectation] = []
    outcomes: list[tuple[bool, float]] = []
    scores: list[float] = []
    best: Ensemble | None = None
    baseline: float | None = None
    seen, attempts, rows = Diagnosed(), list[Attempt](), (table, split, task, settings.seed)
    work_seconds: list[float] = []
    while True:
        shown = shown_by(trials, outcomes, best, metric.optimum)
        foreseen = ({**context, **shown.overall}, cost_model)
        costs = expected_costs(components, table, task, split, settings, waiting, trials, foreseen)
        costs = _longer(costs, waiting, trials)
        more = overhead_allowance(costs, _seconds_left(settings, trials))
        ranked = informed(rank(waiting, costs, context, shown, prior, known, more), seen, more)
        queue = _queue(ranked, waiting, trials)
        choice = run.step(
            f"choose {len(trials) + 1}", partial(_choose, components, run, plan, queue, trials, best, work_seconds)
        )
        work_seconds += [choice.work] if choice.work else []
        chosen = choice.expectation
        if chosen is None:
            break
        candidate = next(c for c in waiting if c.key == chosen.candidate)
        waiting.remove(candidate)
        components.progress.trial(len(trials) + 1, candidate, _expectation_text(chosen))
        starting = seconds_to_start(components.algorithms[candidate.algorithm], trials)
        trial = _try(components, run, plan, candidate, len(trials) + 1, (choice.seconds, starting), folds, best)
        trials.append(replace(trial, started=choice.started))
        expectations.append(chosen)
        incumbent, best = best, ensemble(metric, trials, y, task, best, settings.latency, row_weights=weights)
        if best is None:
            outcomes.append((False, 0.0))
            scores.append(float("nan"))
            continue
        outcomes.append(lift(y, incumbent, best, task, weights))
        scores.append(best.score)
        attempts += attempted(seen, candidate, (incumbent, best), outcomes[-1], rows, y)
        seen, treated = diagnosed(run, components.algorithms, seen, rows, trials, waiting, best)
        waiting += treated
        if candidate.algorithm == BASELINE and trial.score is not None:
            baseline = trial.score
        components.progress.best(best.score, baseline, len(best.members))
    if best is None:
        causes = "; ".join(f"{t.candidate.learner}: {t.cause}" for t in trials)
        raise InputError(f"no candidate could learn from this table ({causes})", hint="look at the columns' kinds")
    told = (tuple(trials), tuple(expectations), tuple(outcomes), tuple(scores), choice.reason, folds.limited)
    slow, stopped = slowdown(work_seconds), choice.started if timed(settings) else 0.0
    found = Search(best, *told, seen.weaknesses, (*attempts, *untried(seen, waiting)), slow, stopped)
    found = replace(found, thin=_thin(components, plan, found, ranked), not_tried=not_tried)
    limit = run.step("time for final fits", partial(_fit_limit, components, run, plan, found))
    released = _released(plan, found, y, weights, limit)
    return replace(found, ensemble=released, scores=(*scores[:-1], released.score))


def _fit_limit(components: Components, run: Run, plan: _Plan, found: Search) -> FitLimit:
    """Return how long final fits may take. A step of its own: it looks at the clock."""
    return fit_limit(components, plan.table, plan.split, plan.settings, run.elapsed(), found)


def _released(
    plan: _Plan, found: Search, y: NDArray[np.float64], weights: NDArray[np.float64] | None, limit: FitLimit
) -> Ensemble:
    """Return the ensemble to release: the fastest one that is as good as the best that can be fitted in time."""
    best, metric, latency = found.ensemble, plan.metric, plan.settings.latency
    if sum(limit.of(t) for t in members_of(best, found.trials)) > limit.seconds:
        best = ensemble(metric, found.trials, y, plan.task, None, latency, limit, weights) or best
    return best if latency is not None else fastest_alike(metric, found.trials, y, plan.task, best, limit, weights)


def _thin(components: Components, plan: _Plan, found: Search, waiting: Sequence[Expectation]) -> str:
    """Say that a search which time has ended was thin; empty where it was not, or where it ended for another reason."""
    if not timed(plan.settings) or not found.stop_reason.startswith(_NO_TIME):
        return ""
    assert plan.settings.budget is not None  # timed
    worked = [t for t in found.trials if t.status in (TrialStatus.DONE, TrialStatus.STOPPED)]
    tried = sum(t.candidate.algorithm not in SIMPLE for t in worked)
    spent = plan.settings.budget - sum(t.seconds for t in found.trials)
    return thin_search(tried, waiting, plan.settings.budget, spent)


def _longer(costs: Mapping[str, Cost], waiting: Sequence[Candidate], trials: Sequence[Trial]) -> Mapping[str, Cost]:
    """Return costs that know that where one algorithm learned for long, another that boosts will do so too."""
    if not any(t.learned_long for t in trials):
        return costs
    tried = {t.candidate.learner for t in trials}
    new = {c.key for c in waiting if c.turn is Turn.EARLY and c.learner not in tried}
    return {k: replace(cost, seconds=_LONG * cost.seconds) if k in new else cost for k, cost in costs.items()}


def _queue(ranked: Sequence[Expectation], waiting: Sequence[Candidate], trials: Sequence[Trial]) -> _Queue:
    """Return who waits, and who of them comes next whatever is expected.

    Those that are strong without tuning, the quickest first, and what treats a weakness from which much of the loss is
    expected back, since it takes several fits and would else wait for what is quick and hardly helps. Before them, once
    a trial has learned for long or was still learning when its time was up, what suits functions without much noise.
    """
    turns = {c.key: c.turn for c in waiting if c.treatment is None and c.target_scale == "plain"}
    learners, tried = {c.key: c.learner for c in waiting}, {t.candidate.learner for t in trials}
    smooth = [e for e in ranked if turns.get(e.candidate) is Turn.SMOOTH and learners[e.candidate] not in tried]
    early = sorted((e for e in ranked if turns.get(e.candidate) is Turn.EARLY), key=lambda e: e.seconds)
    treatments = {c.key for c in waiting if c.treatment is not None}
    early += [e for e in ranked if e.candidate in treatments and e.probability * e.gain >= _GRAVE]
    learning = any(t.unfinished or t.learned_long for t in trials)
    return _Queue(smooth[:1] if learning else (), early, ranked)


def _choose(
    components: Components,
    run: Run,
    plan: _Plan,
    queue: _Queue,
    trials: Sequence[Trial],
    best: Ensemble | None,
    work_seconds: Sequence[float],
) -> Choice:
    """Choose the next candidate. A step of its own: it looks at the clock and at the user's wish to end."""
    left = None if plan.settings.trials is None else plan.settings.trials - len(trials)
    elapsed = run.elapsed()
    work = measured_work() if timed(plan.settings) else 0.0
    slowed = slowdown([*work_seconds, work])
    of_table = (components, plan.table, plan.split, plan.settings)
    members = members_of(best, trials)
    seconds = trial_seconds(*of_table, elapsed, members, trials, slowed)
    first = len(trials) < len(SIMPLE)
    interrupted = components.interrupted() and best is not None
    reason = must_stop(len(queue.ranked), left, interrupted)
    if reason:
        return Choice(None, None, reason, elapsed, work)
    if first and seconds is not None:
        # Something usable is worth a share of any budget; but the simple model may not eat up the time of the others.
        return Choice(queue.ranked[0], max(1.0, seconds * _SIMPLE_SHARE), "", elapsed, work)
    most = None if plan.settings.budget is None else plan.settings.budget * _LARGEST_SHARE
    # What is due may replace the ensemble, whose final fits are then not needed: those of a lean one must fit in.
    spare = _least(trial_seconds(*of_table, elapsed, _lean(plan, members, trials), trials, slowed), most)
    free = _least(trial_seconds(*of_table, elapsed, (), trials, slowed), most)
    # A fit that has learned for long can be cut short and is still worth most of what it was.
    half = spare if spare is None or free is None else (spare + free) / 2
    due = [(e, half) for e in queue.smooth if fits_whole(e, half, scheduled=True)]
    due += [(e, spare) for e in queue.early if fits_whole(e, spare)]
    if due and not first:
        return Choice(due[0][0], due[0][1], "", elapsed, work)
    reason = reason_to_stop(queue.ranked, None if first else seconds, left, interrupted)
    allowed = _least(seconds, most)
    chosen = choose_next(queue.ranked, allowed) if not reason else None
    # What time alone leaves without hope is told as such.
    if reason and (seconds is None or reason_to_stop(queue.ranked, None, left, interrupted)):
        return Choice(None, None, reason, elapsed, work)
    if chosen is None:
        assert plan.settings.budget is not None  # else every candidate fits
        kept = min(seconds_after_search(*of_table, members, trials, slowed), max(0.0, plan.settings.budget - elapsed))
        reason = f"{_NO_TIME}; {kept:.0f} s were kept for finishing"
    return Choice(chosen, allowed, reason, elapsed, work)


def _least(seconds: float | None, most: float | None) -> float | None:
    return seconds if seconds is None or most is None else min(seconds, most)


def _lean(plan: _Plan, members: Sequence[Trial], trials: Sequence[Trial]) -> Sequence[Trial]:
    """Return what a build can fall back on in half the time of an ensemble's final fits, where it is not much worse."""

    def seconds(trial: Trial) -> float:
        return fit_seconds(trial, plan.split, plan.settings.threads)

    def loss(trial: Trial) -> float:
        assert trial.score is not None  # only finished trials are asked
        return abs(plan.metric.optimum - trial.score)

    half = sum(map(seconds, members)) / 2
    done = [t for t in trials if t.score is not None and np.isfinite(t.score)]
    most = _MUCH_WORSE * min(map(loss, done), default=0.0)
    lean = [t for t in done if seconds(t) <= half and loss(t) <= most]
    return [min(lean, key=loss)] if lean else members


def _seconds_left(settings: BuildSettings, trials: Sequence[Trial]) -> float:
    """Return the seconds of the budget after the last trial, from what was written down of it; 0 where none is set."""
    if not timed(settings) or settings.budget is None:
        return 0.0
    return settings.budget - (trials[-1].started + trials[-1].seconds if trials else 0.0)


def _expectation_text(expectation: Expectation) -> str:
    """Say what is expected of a trial."""
    return f"about {expectation.seconds:.0f} s, {expectation.probability:.0%} likely to improve the score"


def propose(
    components: Components, table: Table, task: Task, split: Split
) -> tuple[list[Candidate], tuple[NotTried, ...]]:
    """Return what every algorithm proposes, the simple ones first, and which propose nothing, and why."""
    names = [*(n for n in SIMPLE if n in components.algorithms), *(n for n in components.algorithms if n not in SIMPLE)]
    rows = max(len(fold.fit) for fold in split.folds)
    refusals = {name: _wrong_loss(components.algorithms[name], task) for name in names}
    names = [name for name in names if refusals[name] is None]
    if not table.features:
        return list(offered(components.algorithms[names[0]].candidates(task, rows, ()))), ()
    answers = {name: components.algorithms[name].candidates(task, rows, table.features) for name in names}
    refusals |= {name: a if isinstance(a, Refusal) else _NOTHING for name, a in answers.items() if not offered(a)}
    not_tried = tuple(NotTried(name, refusal) for name, refusal in sorted(refusals.items()) if refusal is not None)
    plain = [candidate for answer in answers.values() for candidate in offered(answer)]
    y = target_values(table, task.target)[split.train]
    if not task_type(task).traits.rescaled or not long_tailed(y):
        return plain, not_tried
    return [*plain, *_rescaled([c for c in plain if c.algorithm != BASELINE])], not_tried


def _wrong_loss(algorithm: Algorithm, task: Task) -> Refusal | None:
    """Return why an algorithm cannot learn a task at all; None where it can."""
    return None if minimises(algorithm, task) else Refusal(f"it cannot minimise the {task.loss} loss")


def _rescaled(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the first candidates of each learner on scales on which a long tail of the target weighs less."""
    by_learner: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_learner.setdefault(candidate.learner, []).append(candidate)
    return [
        replace(candidate, target_scale=scale, reason=f"{candidate.reason}; the target has a long tail")
        for several in by_learner.values()
        for candidate in several[:2]
        for scale in SCALES
    ]


def _try(
    components: Components,
    run: Run,
    plan: _Plan,
    candidate: Candidate,
    number: int,
    seconds: tuple[float | None, float],
    folds: SharedFolds,
    best: Ensemble | None,
) -> Trial:
    """Run a trial; ``seconds`` are those that it may take, and those of them that its algorithm needs to start."""
    algorithm = components.algorithms[candidate.algorithm]
    prepared, threads = folds.make_room(candidate)
    allowance = Allowance(components.clock, components.clock.monotonic(), *seconds)
    terms = Terms(plan.metric, allowance, threads, best.predictions if best is not None else None)
    function = partial(train, algorithm, prepared, terms)
    return run.step(f"trial {number}: {candidate.name}", function, candidate, plan.task, plan.settings.seed)
